"""Fitting: a network and the clips it is fitted to. Of the test fold, the leakage guard looks at the ids alone."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import lightning
import torch
from lightning.pytorch.callbacks import Callback, Checkpoint, EarlyStopping
from lightning.pytorch.plugins.environments import LightningEnvironment

from core.datasets.base import Clip
from core.datasets.splits import Split
from core.errors import UserError
from core.events import BatchEnded, Message
from core.recipe import Recipe
from core.run_spec import RunSpec
from core.training.callbacks import Steering
from core.training.device import lightning_precision
from core.training.initial import initial_network
from core.training.loaders import Batches
from core.training.task import Task
from core.training.workbench import Workbench

LEVEL_CLIPS = 500  # training clips that set the spectrogram's mean and deviation
Result = TypeVar("Result")


class Fitting:
    """A network as it stands before its first step, with what it learns from and what it is watched on.

    Args:
        spec: which network, and from which weights it starts.
        recipe: how it is trained: the spec's own, or one with smaller batches where memory ran out.
        parts: of the dataset; `test` is not touched.
        run: what its batches are called in events.

    Attributes:
        training: the clips of each epoch. A fusion whose branches have learned from the rest has the validation part.
        validation: the clips that tell which epoch is best; none of them is learned from.
        learned: all clips that anything in the network learns from, its branches included.
        steps: batches so far; set it where a training is resumed.

    Raises:
        UserError: see `initial_network`.
    """

    def __init__(self, spec: RunSpec, recipe: Recipe, parts: Split, bench: Workbench, run: str) -> None:
        self.spec, self.recipe, self.steps = spec, recipe, 0
        self._bench, self._run, self._last = bench, run, time.perf_counter()
        self._trainer: lightning.Trainer | None = None
        clips = bench.dataset.clips
        self.training, self.validation = ([clips[i] for i in part] for part in (parts.train, parts.validation))
        self.network, self.initial = initial_network(spec, bench, parts)
        unstacked = self.training
        self.learned = self.training + self.validation if spec.stacked or spec.late else self.training
        if spec.stacked and not spec.late:
            self.training, self.validation = self.validation, []
        self._caches = {wing: bench.caches.of(wing, recipe) for wing in spec.modality.wings}
        self.task = Task(
            self.network, recipe, spec.modality.wings, len(bench.dataset.classes), spec.seed,
            self.initial.pretrained, self._batch_ended,
        ).to(bench.device)  # fmt: skip
        if self.initial.front_ends:
            self.task.load_state_dict(self.initial.front_ends, strict=False)
        else:
            self.task.fit_levels(self.batches(unstacked[:: -(-len(unstacked) // LEVEL_CLIPS)]))
        self.train_batches = self.batches(self.training, for_training=True)

    def batches(self, clips: Sequence[Clip], for_training: bool = False) -> Batches:
        return Batches(clips, self._caches, self.recipe, self.spec.seed, for_training)

    def fit(self, callbacks: Sequence[Callback], checkpoint: Path | None = None) -> None:
        """Train to the last epoch, or until early stopping or a callback ends it.

        Args:
            callbacks: besides pause, cancel and early stopping.
            checkpoint: what to go on from.

        Raises:
            Cancelled: between batches, through the bench's control.
        """
        recipe, bench = self.recipe, self._bench
        every = [Steering(self.train_batches, bench.control), *callbacks]
        if recipe.patience and self.validation:
            every.append(EarlyStopping("validation_loss", patience=recipe.patience, mode="min"))
        per_step = min(recipe.accumulate, len(self.train_batches))  # Lightning divides by it, however few there are
        self._trainer = make_trainer(recipe, per_step, bench.device, every)
        if self.spec.frozen_stages(len(self.network.stages)):  # else what Lightning says of it would be a fault of ours
            warnings.filterwarnings("ignore", r"Found \d+ module\(s\) in eval mode")
        heldout = self.batches(self.validation) if self.validation else None
        self._trainer.fit(self.task, self.train_batches, heldout, ckpt_path=checkpoint, weights_only=True)

    def release(self) -> None:
        """Give the memory back now: Lightning's objects point at one another in circles, and until the collector comes
        by the weights, gradients and moments of every run of a study would stay (AlexNet: 0.9 GB each)."""
        for optimizer in self._trainer.optimizers if self._trainer else ():
            optimizer.zero_grad()
            optimizer.state.clear()
            optimizer.param_groups.clear()
        self.task.to("meta")

    def _batch_ended(self, loss: float, clips: int) -> None:
        now = time.perf_counter()
        self.steps += 1
        self._bench.on_batch(BatchEnded(self._run, self.steps, loss, clips / max(now - self._last, 1e-9)))
        self._last = now


def make_trainer(recipe: Recipe, per_step: int, device: torch.device, callbacks: list[Callback]) -> lightning.Trainer:
    """Lightning's trainer, quiet, on one device, without its own checkpoints and progress bar.

    `per_step` batches' gradients are averaged before each step of the optimiser.
    """
    # What it would say is said by our events, or is about choices made here on purpose.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", "You defined a `validation_step`")
    warnings.filterwarnings("ignore", ".*isinstance.treespec, LeafSpec.*")
    return lightning.Trainer(
        accelerator={"cuda": "gpu", "mps": "mps", "cpu": "cpu"}[device.type],
        devices=1,
        precision=lightning_precision(recipe.precision, device),  # type: ignore[arg-type]
        max_epochs=recipe.epochs,
        accumulate_grad_batches=per_step,
        gradient_clip_val=recipe.clip_norm or None,
        logger=False,  # the journal tells more
        callbacks=callbacks,
        plugins=[LightningEnvironment()],  # never guess a cluster from the environment
        # Lightning adds one of its own to a trainer that has none and may have one.
        enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


def within_memory(
    run: str, spec: RunSpec, bench: Workbench, attempt: Callable[[Recipe], Result], smaller: Callable[[Recipe], None]
) -> Result:
    """`attempt` with the spec's recipe, or with ever smaller batches until it fits; the effective batch stays.

    Args:
        smaller: told of each recipe that is tried instead.

    Raises:
        UserError: not even one clip fits.
    """
    recipe = spec.recipe
    while True:
        try:
            return attempt(recipe)
        except RuntimeError as error:
            if not _out_of_memory(error):
                raise
        # Outside the handler: the traceback holds on to what filled the memory.
        if recipe.batch_size == 1:
            raise UserError(
                f"Not even one clip of {spec.network.label} fits into the memory of {bench.device}. "
                "Choose a smaller network or input, or the CPU."
            )
        if bench.device.type == "cuda":
            torch.cuda.empty_cache()
        # Half, or what is below half and divides the effective batch: the schedule must count the same steps.
        effective, half = recipe.batch_size * recipe.accumulate, recipe.batch_size // 2
        batch = next(size for size in range(half, 0, -1) if effective % size == 0)
        recipe = recipe.model_copy(update={"batch_size": batch, "accumulate": effective // batch})
        smaller(recipe)
        bench.emit(
            Message(
                f"{run}: memory ran out; the batch is now {recipe.batch_size} clips, with gradients of "
                f"{recipe.accumulate} batches averaged, so that the effective batch stays.",
                "warning",
            )
        )


def _out_of_memory(error: RuntimeError) -> bool:
    """Torch has a class for CUDA; the CPU's allocator and MPS say it in words only."""
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in said or "can't allocate memory" in said
