"""Task: one network learning one recipe, as Lightning's module."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import functional as F

from core.audio.augment import AugmentWaveform, SpecAugment
from core.audio.frontend import LogMel, Standardise
from core.errors import UserError
from core.recipe import Recipe
from core.training.loaders import Batch, seed_of
from core.training.mixing import between_class, kl_loss, mixup
from core.training.schedule import make_optimizer, make_schedule
from models.base import Classifier


class DivergedError(UserError):
    """The loss is no longer a number."""


class Task(lightning.LightningModule):
    """Raw clips → augmentation → mixing → front end → network → loss.

    Every random number of a step comes from (seed, epoch, batch): a resumed training is equal to an uninterrupted
    one. Augmentation and mixing act in training only.

    Args:
        network: in the state in which training starts.
        recipe: how it is trained.
        classes: number of classes.
        seed: of the run.
        pretrained: names of the network's parameters that came with weights.
        on_batch: told (loss, clips) after every batch.
    """

    def __init__(
        self,
        network: Classifier,
        recipe: Recipe,
        classes: int,
        seed: int,
        pretrained: frozenset[str] = frozenset(),
        on_batch: Callable[[float, int], None] | None = None,
    ) -> None:
        super().__init__()
        self.recipe, self.classes, self.seed = recipe, classes, seed
        self.augment = AugmentWaveform(recipe.augmentation, recipe.audio.rate)
        self.logmel, self.standardise = LogMel(recipe.audio), Standardise()
        self.mask = SpecAugment(recipe.augmentation)
        # Channels-last is what the CPU's and the GPU's convolution kernels are fastest with.
        self.network = network.to(memory_format=torch.channels_last)
        self._pretrained = pretrained
        self._on_batch = on_batch
        self._generator = torch.Generator()

    def forward(self, inputs: Tensor) -> Tensor:
        """Raw clips (batch, samples) → logits (batch, classes)."""
        logits: Tensor = self.network(self.frontend(inputs))
        return logits

    def frontend(self, inputs: Tensor) -> Tensor:
        """Raw clips (batch, samples) → what the network sees: (batch, 1, mels, frames), mean 0, deviation 1."""
        seen: Tensor = self.standardise(self.logmel(inputs))
        return seen

    def fit_levels(self, batches: Iterable[Batch]) -> None:
        """Take mean and deviation of the training clips' spectrograms, from the training clips only."""
        self.standardise.fit(self.logmel(batch.inputs.to(self.device)) for batch in batches)

    def loss(self, batch: Batch, epoch: int, index: int) -> tuple[Tensor, Tensor]:
        """Loss, and share of clips whose (heavier) label was predicted, of one augmented and mixed batch."""
        # Reseeded here rather than once a run: dropout draws from the global state, the rest from our generator.
        torch.manual_seed(seed_of(self.seed, epoch, index, 0))
        self._generator.manual_seed(seed_of(self.seed, epoch, index, 1))
        with torch.no_grad():
            inputs, targets = self._augmented(batch)
        logits = self.network(inputs)
        heaviest = targets.argmax(1) if targets.ndim > 1 else targets
        return self._divergence(logits, targets), (logits.detach().argmax(1) == heaviest).float().mean()

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
        return Batch(batch.inputs.to(device), batch.labels.to(device), batch.positions)

    def _check(self, loss: float, where: str) -> None:
        if not math.isfinite(loss):
            rate = self.trainer.optimizers[0].param_groups[0]["lr"]
            raise DivergedError(
                f"The loss became {loss} in epoch {self.current_epoch + 1}, {where}, at learning rate {rate:.3g}. "
                "Lower the learning rate or clip the gradient (clip_norm)."
            )

    def _augmented(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the network sees in training, and its labels: (batch,) plain or (batch, classes) mixed.

        Between-class learning adds sounds, mixup adds pictures of them; masks come last, on both.
        """
        inputs, targets = self.augment(batch.inputs, self._generator), batch.labels
        if self.recipe.mixing == "between-class":
            rate = self.recipe.audio.rate
            inputs, targets = between_class(inputs, targets, self.classes, rate, self._generator)
        inputs = self.frontend(inputs)
        if self.recipe.mixing == "mixup":
            inputs, targets = mixup(inputs, targets, self.classes, self.recipe.mixup_alpha, self._generator)
        return self.mask(inputs, self._generator), targets

    def _divergence(self, logits: Tensor, targets: Tensor) -> Tensor:
        """KL divergence to mixed labels, cross-entropy to plain ones; smoothing serves both."""
        smoothing = self.recipe.label_smoothing
        if targets.ndim == 1:
            return F.cross_entropy(logits, targets, label_smoothing=smoothing)
        return kl_loss(logits, targets * (1 - smoothing) + smoothing / self.classes)
