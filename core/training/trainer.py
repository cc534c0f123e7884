"""One run, from its spec to its predictions on disk."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from lightning.pytorch.plugins.environments import LightningEnvironment
from safetensors.torch import load_file

from core.datasets.base import Clip, Dataset
from core.datasets.splits import split
from core.errors import Cancelled, UserError
from core.evaluation.cost import multiply_adds, parameters
from core.evaluation.metrics import score
from core.evaluation.predictions import Predictions
from core.events import BatchEnded, Message, Outcome, RunFinished, RunStarted
from core.recipe import Recipe
from core.run_spec import RunSpec
from core.runs import Phase, RunFolder
from core.training.callbacks import BestWeights, LastCheckpoint, Log, Steering
from core.training.device import lightning_precision
from core.training.initial import initial_network
from core.training.journal import Journal
from core.training.loaders import Batches
from core.training.predict import predict, weigh
from core.training.task import Task, example
from core.training.workbench import Workbench
from core.weights import write_tensors
from models.fusion import Fusion

log = logging.getLogger(__name__)
LEVEL_CLIPS = 500  # training clips that set the spectrogram's mean and deviation


def train_run(spec: RunSpec, folder: RunFolder, bench: Workbench) -> None:
    """Train, test and write a run; the last event is RunFinished, unless the disk is too full to say so.

    Raises:
        Cancelled: after the run was marked so.
    """
    started = time.perf_counter()
    before, paused = folder.status.seconds, bench.control.waited

    def finish(phase: Phase, outcome: Outcome, reason: str = "", scores: dict[str, float] | None = None) -> None:
        seconds = before + time.perf_counter() - started - (bench.control.waited - paused)
        folder.write_status(phase=phase, reason=reason, seconds=seconds)
        bench.emit(RunFinished(folder.id, outcome, reason, scores or {}, seconds))

    try:
        predictions = _train_within_memory(spec, folder, bench)
    except Cancelled:
        _, epochs = _resume_point(folder, bench)
        whence = f"after epoch {epochs}" if epochs else "from its first epoch"
        finish(Phase.CANCELLED, Outcome.CANCELLED, f"stopped; it goes on {whence}")
        raise
    except UserError as error:
        finish(Phase.FAILED, Outcome.FAILED, str(error))
    except Exception as error:  # of any library below: it must not take the rest of the study with it
        log.exception("run %s failed", folder.id)
        remedy = (
            " If this comes back on resuming, delete the run to begin it anew." if folder.checkpoint.exists() else ""
        )
        finish(Phase.FAILED, Outcome.FAILED, f"{type(error).__name__}: {error}. The log has the details.{remedy}")
    else:
        folder.checkpoint.unlink(missing_ok=True)
        finish(Phase.DONE, Outcome.DONE, scores=score(predictions))


def _train_within_memory(spec: RunSpec, folder: RunFolder, bench: Workbench) -> Predictions:
    """Halve the batch and double the accumulation until it fits; the effective batch stays."""
    recipe = spec.recipe
    while True:
        try:
            return _train(spec, recipe, folder, bench)
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
        used = {"batch_size": recipe.batch_size, "accumulate": recipe.accumulate}
        folder.write_environment(folder.environment | {"after running out of memory": used})
        bench.emit(
            Message(
                f"{folder.id}: memory ran out; the batch is now {recipe.batch_size} clips, with gradients of "
                f"{recipe.accumulate} batches averaged, so that the effective batch stays.",
                "warning",
            )
        )


def _out_of_memory(error: RuntimeError) -> bool:
    """Torch has a class for CUDA; the CPU's allocator and MPS say it in words only."""
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in said or "can't allocate memory" in said


def _train(spec: RunSpec, recipe: Recipe, folder: RunFolder, bench: Workbench) -> Predictions:
    parts = split(bench.dataset, spec.fold, recipe.validation_share, spec.seed, bench.caches.digests())
    training, validation, testing = (
        _clips(bench.dataset, part) for part in (parts.train, parts.validation, parts.test)
    )
    network, initial = initial_network(spec, bench, parts)
    unstacked = training
    learned = training + validation if spec.stacked or spec.late else training  # by the branches and by what joins them
    if spec.stacked and not spec.late:
        training, validation = validation, []
    wings = spec.modality.wings
    caches = {wing: bench.caches.of(wing, recipe) for wing in wings}
    steps = 0
    last = time.perf_counter()

    def on_batch(loss: float, clips: int) -> None:
        nonlocal steps, last
        steps, now = steps + 1, time.perf_counter()
        bench.on_batch(BatchEnded(folder.id, steps, loss, clips / max(now - last, 1e-9)))
        last = now

    def batches(clips: Sequence[Clip], for_training: bool = False) -> Batches:
        return Batches(clips, caches, recipe, spec.seed, for_training)

    task = Task(
        network, recipe, wings, len(bench.dataset.classes), spec.seed,
        initial.pretrained, on_batch,
    ).to(bench.device)  # fmt: skip
    if initial.front_ends:
        task.load_state_dict(initial.front_ends, strict=False)
    else:
        task.fit_levels(batches(unstacked[:: -(-len(unstacked) // LEVEL_CLIPS)]))
    train_batches = batches(training, for_training=True)
    best = BestWeights(folder.path) if validation else None
    journal = Journal(spec, folder, bench)
    callbacks: list[Callback] = [
        Steering(train_batches, bench.control),
        Log(folder, len(training), bench.control, bench.emit, journal),
        LastCheckpoint(folder.checkpoint, bench.checkpoint_every),
    ]
    if best:
        callbacks.append(best)
    if recipe.patience and validation:
        callbacks.append(EarlyStopping("validation_loss", patience=recipe.patience, mode="min"))
    per_step = min(recipe.accumulate, len(train_batches))  # Lightning divides by it, however few there are
    trainer = make_trainer(recipe, per_step, bench.device, callbacks)
    if spec.frozen_stages(len(network.stages)):  # else what Lightning says of it would be a fault of ours
        warnings.filterwarnings("ignore", r"Found \d+ module\(s\) in eval mode")
    checkpoint, epochs_done = _resume_point(folder, bench)
    if not checkpoint:
        folder.write_log([])
    steps = epochs_done * len(train_batches)
    folder.write_initial_weights(initial.lines)
    folder.write_set_aside([] if spec.late else [clip.id for clip in validation])
    folder.write_status(
        phase=Phase.RUNNING,
        parameters=parameters(network),
        multiply_adds=multiply_adds(network, *example(task)),
        train_clips=len(learned),
    )
    bench.emit(
        RunStarted(
            run=folder.id,
            network=spec.network.label,
            architecture=spec.network.architecture,
            fold=spec.fold,
            seed=spec.seed,
            epochs=recipe.epochs,
            first_epoch=epochs_done,
            batches_per_epoch=len(train_batches),
            train_clips=len(training),
            validation_clips=len(validation),
            test_clips=len(testing),
            parameters=parameters(network),
        )
    )
    journal.begin(folder.log()[:epochs_done])
    try:
        if not spec.late:
            heldout = batches(validation) if validation else None
            trainer.fit(task, train_batches, heldout, ckpt_path=checkpoint, weights_only=True)
            if best:
                task.load_state_dict(load_file(best.path))
        task.to(bench.device).eval()
        if isinstance(network, Fusion) and spec.late:
            weigh(task, network, batches(validation), bench.control)
        write_tensors(task.state_dict(), folder.weights)
        # The test fold is touched here, once, after every choice has been made.
        tested = batches(testing)
        predictions = predict(task, tested, bench.dataset.classes, bench.control)
        predictions.save(folder.predictions_file)
        rows = folder.log()
        folder.write_status(
            epoch=best.epoch if best else len(rows),
            clips_per_second=float(np.median([row.clips_per_second for row in rows])) if rows else 0.0,
            train_accuracy=_accuracy(task, batches(training), bench),
            validation_accuracy=_accuracy(task, batches(validation), bench) if validation else None,
        )
        journal.end(task, tested, predictions)
    finally:
        journal.close()
        _release(trainer, task)
    if best:
        best.delete()
    return predictions


def _release(trainer: lightning.Trainer, task: Task) -> None:
    """Give the memory back now: Lightning's objects point at one another in circles, and until the collector comes by
    the weights, gradients and moments of every run of a study would stay (AlexNet: 0.9 GB each)."""
    for optimizer in trainer.optimizers:
        optimizer.zero_grad()
        optimizer.state.clear()
        optimizer.param_groups.clear()
    task.to("meta")


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
        enable_checkpointing=True,  # LastCheckpoint, so Lightning adds none of its own
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


def _accuracy(task: Task, batches: Batches, bench: Workbench) -> float:
    return float(predict(task, batches, bench.dataset.classes, bench.control).correct.mean())


def _clips(dataset: Dataset, positions: Sequence[int]) -> list[Clip]:
    return [dataset.clips[i] for i in positions]


def _resume_point(folder: RunFolder, bench: Workbench) -> tuple[Path | None, int]:
    """last.ckpt and the epochs it has seen, if it can be read without running code; else it is set aside."""
    if not folder.checkpoint.exists():
        return None, 0
    try:
        content = torch.load(folder.checkpoint, map_location="cpu", weights_only=True, mmap=True)
        return folder.checkpoint, int(content["epoch"]) + 1
    except Exception as error:  # torn zips, foreign pickles and forbidden classes raise many kinds
        log.warning("%s cannot be read: %s", folder.checkpoint, error)  # torch's advice is not fit for a user
        aside = folder.checkpoint.with_suffix(".refused")
        folder.checkpoint.replace(aside)
        bench.emit(
            Message(
                f"{folder.id}: {folder.checkpoint.name} is truncated or not one of Sensorium's; nothing in it was "
                f"run, it is kept as {aside.name}, and the run starts again from its first epoch.",
                "warning",
            )
        )
        return None, 0
