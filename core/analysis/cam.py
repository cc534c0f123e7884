"""What a network looked at or listened to: class activation maps, and answers to clips of which a part is hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from core.analysis.evidence import Box, Evidence, Method
from core.control import Control
from core.front_end import FrontEnd, Raw
from core.runs import RunFolder
from core.training.restore import restore
from models.base import Classifier

FINE = 8  # rows and columns that a map has at least: see the benchmark of maps for what coarser ones miss


class Explainer:
    """The network of a finished run, read from its files: never the one that is being trained, which hooks and eval
    mode would disturb. It may be asked from several threads, one at a time.

    Raises:
        UserError: the run is not finished, or its weights are not those of its network.
    """

    def __init__(self, folder: RunFolder, device: torch.device) -> None:
        self.spec = folder.spec
        self.task = restore(folder, device)
        self.task.requires_grad_(False)
        for module in self.task.modules():
            if isinstance(module, nn.RNNBase):  # cuDNN gives no gradient of one in eval mode; without dropout the
                module.train()  # answers are the same
                module.dropout = 0.0
        self._lock = Lock()
        self._layers: list[nn.Module] = []

    @property
    def network(self) -> Classifier:
        return self.task.network

    @torch.no_grad()
    def see(self, inputs: Mapping[str, Raw]) -> list[Tensor]:
        """Raw clips by wing, a batch of one, as the network sees them, in the order of its wings."""
        moved = {wing: tuple(part.to(self.task.device) for part in raw) for wing, raw in inputs.items()}
        return self.task.see(moved)

    @torch.no_grad()
    def decibels(self, seen: Sequence[Tensor]) -> NDArray[np.float32] | None:
        """The spectrogram of what is seen, (mels, frames) in dB, windows side by side; None where there is none."""
        for (wing, end), one in zip(self._front_ends(), seen, strict=True):
            if wing == "audio":
                levels = one * end.standardise.std + end.standardise.mean
                windows: NDArray[np.float32] = levels.flatten(0, -3).cpu().numpy()
                return np.concatenate(windows, axis=1)
        return None

    @torch.no_grad()
    def answer(self, seen: Sequence[Tensor], hidden: Sequence[Box] = ()) -> NDArray[np.float32]:
        """Class probabilities, (classes,), of what is seen, with boxes of it hidden behind what stands for nothing
        (silence, the mean colour, no motion).

        Occlusion as in Zeiler & Fergus 2014, “Visualizing and understanding convolutional networks” (ECCV).
        """
        here = [one.to(self.task.device) for one in seen]
        with self._lock:
            logits = self.network(*self._without(here, hidden))
        probabilities: NDArray[np.float32] = logits.float().softmax(1)[0].cpu().numpy()
        return probabilities

    def evidence(
        self, seen: Sequence[Tensor], labels: Sequence[int], method: Method, control: Control | None = None
    ) -> list[Evidence]:
        """Maps of what speaks for each of some classes, in one look of the network at a clip.

        With A_k the activations of the layer and g_k = ∂ logit / ∂ A_k at each place:
        LayerCAM: max(0, Σ_k max(0, g_k) A_k) (Jiang et al. 2021, IEEE TIP 30); Grad-CAM: max(0, Σ_k mean(g_k) A_k), the
        mean over places (Selvaraju et al. 2017, ICCV). The layer is the deepest whose map has FINE rows and columns.
        Maps are brought to the size of the input by (tri)linear interpolation. Nothing is flipped or scaled: reversed
        time is another sound.

        Args:
            seen: from `see`.
            labels: classes.

        Raises:
            Cancelled: through `control`.
        """
        control = control or Control()
        with self._lock:
            if not self._layers:
                self._layers = [self._fine_layer(part, seen) for part in self.network.parts]
            control.checkpoint()
            with torch.enable_grad(), _caught(self._layers, True) as caught:
                logits = self.network(*seen)[0]
                activations = [caught[layer] for layer in self._layers]
                found = []
                for label in labels:
                    control.checkpoint()
                    gradients = torch.autograd.grad(logits[label], activations, retain_graph=True, allow_unused=True)
                    found.append(self._mapped(label, seen, activations, gradients, method))
        return found

    def _mapped(
        self,
        label: int,
        seen: Sequence[Tensor],
        activations: Sequence[Tensor],
        gradients: Sequence[Tensor | None],
        method: Method,
    ) -> Evidence:
        formula, maps = _formula(method), {}
        for wing, one, layer, gradient in zip(self.task.front_ends, seen, activations, gradients, strict=True):
            g = torch.zeros_like(layer) if gradient is None else gradient
            image = formula.get_cam_image(None, None, None, layer.detach().cpu().numpy(), g.cpu().numpy(), False)
            mapped = _over(torch.from_numpy(np.maximum(image, 0)), one)
            maps[wing] = np.concatenate(mapped, axis=1) if wing == "audio" else mapped
        return Evidence(label, maps)

    def _front_ends(self) -> list[tuple[str, FrontEnd]]:
        return [(wing, cast(FrontEnd, end)) for wing, end in self.task.front_ends.items()]

    @torch.no_grad()
    def _fine_layer(self, part: Classifier, seen: Sequence[Tensor]) -> nn.Module:
        """The deepest layer with a map that is fine enough; else the finest there is."""
        with _caught(part.cam_layers, False) as caught:
            self.network(*seen)
        sizes = [min(caught[layer].shape[-2:]) for layer in part.cam_layers]
        fine = [layer for layer, size in zip(part.cam_layers, sizes, strict=True) if size >= FINE]
        return fine[0] if fine else part.cam_layers[-1]

    def _without(self, seen: Sequence[Tensor], hidden: Sequence[Box]) -> list[Tensor]:
        if not hidden:
            return list(seen)
        shown = []
        for (wing, end), one in zip(self._front_ends(), seen, strict=True):
            whole, nothing = one.clone(), end.nothing(one)
            for box in hidden:
                if box.wing == wing:
                    _hide(whole, nothing, box, wing)
            shown.append(whole)
        return shown


@cache
def _formula(method: Method) -> Any:
    """How the library makes a map of activations and gradients. It is not handed the network, which it would switch to
    another mode; nor its own way there, which brings every frame of a video to one scale."""
    from pytorch_grad_cam import GradCAM, LayerCAM

    return {Method.GRAD_CAM: GradCAM, Method.LAYER_CAM: LayerCAM}[method](nn.Linear(1, 1), [])


def _hide(whole: Tensor, nothing: Tensor, box: Box, wing: str) -> None:
    """A sound that is cut into windows, (1, windows, 1, mels, columns), is one picture with its windows side by side;
    of pictures, (1, frames, channels, rows, columns), each is one."""
    rows, columns = whole.shape[-2:]
    if wing == "video" or whole.ndim == 4:
        across, along = box.slices(rows, columns)
        whole[..., across, along] = nothing
        return
    across, along = box.slices(rows, columns * whole.shape[1])
    for window in range(whole.shape[1]):
        first = max(along.start - window * columns, 0)
        last = min(along.stop - window * columns, columns)
        if first < last:
            whole[:, window, :, across, first:last] = nothing[:, 0]


def _over(image: Tensor, one: Tensor) -> NDArray[np.float32]:
    """A raw map, of a layer's places, over the whole of one input: (frames or windows, rows, columns).

    Args:
        image: (1, rows, columns); (frames, rows, columns), one for each frame or window; (1, frames, rows, columns).
        one: what the network saw: (1, 1, mels, columns), (1, windows, 1, mels, columns) or
            (1, frames, channels, rows, columns).
    """
    size = one.shape[-2:]
    if image.ndim == 4:
        size = torch.Size((one.shape[1], *size))
        mapped = F.interpolate(image[None].float(), size=size, mode="trilinear", align_corners=False)[0, 0]
    else:
        mapped = F.interpolate(image[:, None].float(), size=size, mode="bilinear", align_corners=False)[:, 0]
        if one.ndim == 5 and len(mapped) == 1 < one.shape[1]:  # of the frame in the middle alone
            alone = torch.zeros(one.shape[1], *mapped.shape[1:])
            alone[one.shape[1] // 2] = mapped[0]
            mapped = alone
    found: NDArray[np.float32] = mapped.numpy()
    return found


@contextmanager
def _caught(layers: Sequence[nn.Module], apart: bool) -> Iterator[dict[nn.Module, Tensor]]:
    """What layers put out, while the network is asked. `apart`: gradients go back to there and no further."""
    caught: dict[nn.Module, Tensor] = {}

    def catch(layer: nn.Module, _: Any, output: Tensor) -> Tensor:
        caught[layer] = output.detach().requires_grad_(apart)
        return caught[layer].clone() if apart else output  # what follows may change its input in place

    with ExitStack() as hooks:
        for layer in layers:
            hooks.callback(layer.register_forward_hook(catch).remove)
        yield caught
