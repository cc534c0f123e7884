"""Task: one network learning one recipe, as Lightning's module."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.errors import UserError
from core.front_end import Raw
from core.recipe import Recipe
from core.training.loaders import Batch, seed_of
from core.training.mixing import between_class, kl_loss, mixup
from core.training.schedule import make_optimizer, make_schedule
from core.wings import WINGS
from models.base import Classifier


class DivergedError(UserError):
    """The loss is no longer a number."""


class Task(lightning.LightningModule):
    """Raw clips → augmentation → mixing → front end → network → loss.

    Every random number of a step comes from (seed, epoch, batch): a resumed training is equal to an uninterrupted
    one. Augmentation and mixing act in training only.

    Args:
        network: in the state in which training starts; takes what the front ends give, in the order of `wings`.
        recipe: how it is trained.
        wings: rows of WINGS that the clips go through.
        classes: number of classes.
        seed: of the run.
        pretrained: names of the network's parameters that came with weights.
        on_batch: told (loss, clips) after every batch.
    """

    def __init__(
        self,
        network: Classifier,
        recipe: Recipe,
        wings: Sequence[str],
        classes: int,
        seed: int,
        pretrained: frozenset[str] = frozenset(),
        on_batch: Callable[[float, int], None] | None = None,
    ) -> None:
        super().__init__()
        self.recipe, self.classes, self.seed = recipe, classes, seed
        self.front_ends = nn.ModuleDict({wing: WINGS[wing].front_end(recipe) for wing in wings})
        self.network = fastest_layout(network)
        self._pretrained = pretrained
        self._on_batch = on_batch
        self._generator = torch.Generator()

    def forward(self, inputs: Mapping[str, Raw]) -> Tensor:
        """Raw clips by wing → logits (batch, classes)."""
        logits: Tensor = self.network(*self.see(inputs))
        return logits

    def see(self, inputs: Mapping[str, Raw]) -> list[Tensor]:
        """Raw clips by wing → what the network takes, when nothing is random: mean 0, deviation 1."""
        return [front_end(inputs[wing]) for wing, front_end in self.front_ends.items()]

    def fit_levels(self, batches: Iterable[Batch]) -> None:
        """Take mean and deviation of what the network sees, from the training clips only."""
        for wing, front_end in self.front_ends.items():
            front_end.fit(batch.to(self.device).inputs[wing] for batch in batches)  # type: ignore[operator]

    def loss(self, batch: Batch, epoch: int, index: int) -> tuple[Tensor, Tensor]:
        """Loss, and share of clips whose (heavier) label was predicted, of one augmented and mixed batch."""
        # Reseeded here rather than once a run: dropout draws from the global state, the rest from our generator.
        torch.manual_seed(seed_of(self.seed, epoch, index, 0))
        self._generator.manual_seed(seed_of(self.seed, epoch, index, 1))
        with torch.no_grad():
            inputs, targets = self._augmented(batch)
        logits = self.network(*inputs)
        heaviest = targets.argmax(1) if targets.ndim > 1 else targets
        return self._divergence(logits, targets), (logits.detach().argmax(1) == heaviest).float().mean()

    def on_train_epoch_start(self) -> None:
        self.train()  # Lightning trains in whatever mode it finds: without it, no augmentation, dropout or batch norms

    def training_step(self, batch: Batch, index: int) -> Tensor:
        loss, accuracy = self.loss(batch, self.current_epoch, index)
        value = float(loss.detach())
        self._check(value, f"batch {index + 1}")
        figures = {"train_loss": loss.detach(), "train_accuracy": accuracy}
        self.log_dict(figures, on_step=False, on_epoch=True, batch_size=len(batch))
        if self._on_batch:
            self._on_batch(value, len(batch))
        return loss

    def validation_step(self, batch: Batch, index: int) -> None:
        logits = self(batch.inputs)
        loss = F.cross_entropy(logits, batch.labels)
        self._check(float(loss), f"validation batch {index + 1}")
        self.log_dict(
            {
                "validation_loss": loss,
                "validation_accuracy": (logits.argmax(1) == batch.labels).float().mean(),
            },
            batch_size=len(batch),
        )

    def configure_optimizers(self) -> Any:
        optimizer = make_optimizer(self.network.named_parameters(), self._pretrained, self.recipe)
        schedule = make_schedule(optimizer, self.recipe, int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return batch.to(device)

    def _check(self, loss: float, where: str) -> None:
        if not math.isfinite(loss):
            rate = self.trainer.optimizers[0].param_groups[0]["lr"]
            raise DivergedError(
                f"The loss became {loss} in epoch {self.current_epoch + 1}, {where}, at learning rate {rate:.3g}. "
                "Lower the learning rate or clip the gradient (clip_norm)."
            )

    def _augmented(self, batch: Batch) -> tuple[list[Tensor], Tensor]:
        """What the network sees in training, and its labels: (batch,) plain or (batch, classes) mixed.

        Between-class learning adds sounds, mixup adds pictures of them; masks come last, on both.
        """
        front_ends: list[Any] = list(self.front_ends.values())
        clips = [
            front_end.augment(raw, self._generator)
            for front_end, raw in zip(front_ends, batch.inputs.values(), strict=True)
        ]
        targets = batch.labels
        if self.recipe.mixing == "between-class":
            rate = self.recipe.audio.rate
            clips[0], targets = between_class(clips[0], targets, self.classes, rate, self._generator)
        seen = [front_end.see(clip) for front_end, clip in zip(front_ends, clips, strict=True)]
        if self.recipe.mixing == "mixup":
            seen, targets = mixup(seen, targets, self.classes, self.recipe.mixup_alpha, self._generator)
        masked = [front_end.mask(one, self._generator) for front_end, one in zip(front_ends, seen, strict=True)]
        return masked, targets

    def _divergence(self, logits: Tensor, targets: Tensor) -> Tensor:
        """KL divergence to mixed labels, cross-entropy to plain ones; smoothing serves both."""
        smoothing = self.recipe.label_smoothing
        if targets.ndim == 1:
            return F.cross_entropy(logits, targets, label_smoothing=smoothing)
        return kl_loss(logits, targets * (1 - smoothing) + smoothing / self.classes)


def fastest_layout(network: Classifier) -> Classifier:
    """Channels-last, which the convolution kernels of CPUs and GPUs are fastest with, in two or three dimensions."""
    layouts = {4: torch.channels_last, 5: torch.channels_last_3d}
    for parameter in network.parameters():
        if parameter.ndim in layouts:
            parameter.data = parameter.data.contiguous(memory_format=layouts[parameter.ndim])
    return network


@torch.no_grad()
def example(task: Task, batch: int = 1) -> list[Tensor]:
    """Made-up clips as the network sees them, for measuring what it costs. The task's mode is restored afterwards."""
    mode = task.training
    task.eval()
    try:
        return task.see(made_up(task, batch).inputs)
    finally:
        task.train(mode)


def made_up(task: Task, batch: int) -> Batch:
    """A batch of made-up raw clips on the task's device."""
    front_ends: dict[str, Any] = dict(task.front_ends.items())
    inputs = {wing: front_end.example(batch) for wing, front_end in front_ends.items()}
    return Batch(inputs, torch.arange(batch) % task.classes, tuple(range(batch))).to(task.device)
