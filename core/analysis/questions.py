"""Networks of finished runs that are asked about single clips, kept at hand while the same ones are asked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.analysis.evidence import Box, Evidence, Method
from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.run_spec import DatasetChoice
from core.runs import RunFolder
from core.wings import WINGS
from core.workspace import Workspace

if TYPE_CHECKING:
    from torch import Tensor

    from core.analysis.cam import Explainer
    from core.caches import Caches
    from core.datasets.base import Dataset

NETWORKS = 4  # at hand: AlexNet takes 230 MB
MOST_BYTES = 256 << 20  # of maps and what they are of that are kept
Kept = TypeVar("Kept")
Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Explained:
    """What a network says of a clip, and where it found what speaks for some classes.

    Attributes:
        probabilities: (classes,) float32, of the view that is mapped: the first, where clips are tested in several.
        evidence: one for each class asked about.
        seen: what the network saw, by wing in order, in the computer's own memory.
        decibels: (mels, frames), the spectrogram among it, before standardising; None where the network is deaf.
    """

    probabilities: NDArray[np.float32]
    evidence: tuple[Evidence, ...]
    seen: tuple[Tensor, ...]
    decibels: NDArray[np.float32] | None

    @property
    def size(self) -> int:
        """Bytes."""
        maps = sum(of.nbytes for evidence in self.evidence for of in evidence.maps.values())
        return maps + sum(one.nbytes for one in self.seen)


class Questions:
    """Asks networks about clips as they were tested: the same crop, the same first view. For threads of a pool."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._networks: OrderedDict[Any, Explainer] = OrderedDict()
        self._explained: OrderedDict[Any, Explained] = OrderedDict()
        self._opened: tuple[DatasetChoice, Dataset, frozenset[str], dict[str, Caches]] | None = None
        self._lock = Lock()

    def explain(
        self,
        folder: RunFolder,
        choice: DatasetChoice,
        clip_id: str,
        labels: Sequence[int],
        method: Method,
        control: Control,
        report: Report,
    ) -> Explained:
        """Maps for some classes of one clip. What was explained before is at hand.

        Args:
            choice: the clips among which it is.

        Raises:
            UserError: the run or the clip is gone, or cannot be read; or clips would have to be decoded first, and the
                workspace is another program's.
            Cancelled: through `control`.
        """
        key = (folder.name, folder.predicted_ns, clip_id, tuple(labels), method)
        with self._lock:
            found = self._explained.get(key)
        if found is None:
            network = self._network(folder, control)
            seen = tuple(network.see(self._inputs(network, choice, clip_id, control, report)))
            control.checkpoint()
            found = Explained(
                network.answer(seen),
                tuple(network.evidence(seen, labels, method, control)),
                tuple(one.cpu() for one in seen),
                network.decibels(seen),
            )
        with self._lock:
            _keep(self._explained, key, found)
            while len(self._explained) > 1 and sum(one.size for one in self._explained.values()) > MOST_BYTES:
                self._explained.popitem(last=False)
        return found

    def ask_without(
        self, folder: RunFolder, seen: Sequence[Tensor], hidden: Sequence[Box], control: Control
    ) -> NDArray[np.float32]:
        """Class probabilities, (classes,), of what a network saw, with parts of it hidden.

        Raises:
            UserError, Cancelled: as `explain`.
        """
        return self._network(folder, control).answer(seen, hidden)

    def _network(self, folder: RunFolder, control: Control) -> Explainer:
        from core.analysis.cam import Explainer
        from core.training.device import choose_device, use_threads

        use_threads()  # acts on the thread that asks
        key = (folder.name, folder.predicted_ns)
        with self._lock:
            control.checkpoint()
            network = self._networks.get(key) or Explainer(folder, choose_device("auto"))
            _keep(self._networks, key, network)
            if len(self._networks) > NETWORKS:
                self._networks.popitem(last=False)
        return network

    def _inputs(
        self, network: Explainer, choice: DatasetChoice, clip_id: str, control: Control, report: Report
    ) -> dict[str, Any]:
        """Raw clips by wing, as `core.training.loaders` gathers them in testing."""
        from core.caches import Caches
        from core.chosen import open_chosen

        spec = network.spec
        with self._lock:
            if self._opened is None or self._opened[0] != choice or clip_id not in self._opened[2]:
                dataset = open_chosen(choice, self.workspace, control)
                self._opened = choice, dataset, frozenset(clip.id for clip in dataset.clips), {}
            _, dataset, there, opened = self._opened
            if clip_id not in there:
                raise UserError(f"{clip_id} is no longer in {dataset.root}.")
            if spec.recipe_hash not in opened:
                caches = Caches(dataset, self.workspace.cache)
                if not caches.are_there([spec]):
                    self.workspace.require_writable()
                opened[spec.recipe_hash] = caches.open([spec], control, report)
            caches = opened[spec.recipe_hash]
        return {
            wing: WINGS[wing].gather(caches.of(wing, spec.recipe), [clip_id], spec.recipe, None, 0)
            for wing in spec.modality.wings
        }


def _keep(kept: OrderedDict[Any, Kept], key: Any, value: Kept) -> None:
    """The latest at the end: what was not asked for longest stands first."""
    kept[key] = value
    kept.move_to_end(key)
