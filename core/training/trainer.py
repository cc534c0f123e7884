"""One run, from its spec to its predictions on disk."""

from __future__ import annotations

import logging
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from safetensors.torch import load_file

from core.errors import Cancelled, UserError
from core.evaluation.cost import multiply_adds, parameters
from core.evaluation.metrics import score
from core.evaluation.predictions import Predictions
from core.events import Message, Outcome, RunFinished, RunStarted
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import RunSpec
from core.runs import RunFolder
from core.training.callbacks import BestWeights, LastCheckpoint, Log
from core.training.classical_run import fit_run
from core.training.fitting import Fitting, within_memory
from core.training.journal import Journal
from core.training.loaders import Batches
from core.training.predict import predict, weigh
from core.training.task import Task, example
from core.training.workbench import Workbench
from core.weights import write_tensors
from models.fusion import Fusion

log = logging.getLogger(__name__)


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

    def smaller(recipe: Recipe) -> None:
        used = {"batch_size": recipe.batch_size, "accumulate": recipe.accumulate}
        folder.write_environment(folder.environment | {"after running out of memory": used})

    try:
        if spec.classical:
            predictions = fit_run(spec, folder, bench)
        else:
            attempt = partial(_train, spec, folder, bench)
            predictions = within_memory(folder.id, spec, bench, attempt, smaller)
    except Cancelled:
        _, epochs = _resume_point(folder, bench)
        whence = (
            f"after epoch {epochs}" if epochs else "from its beginning" if spec.classical else "from its first epoch"
        )
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


def _train(spec: RunSpec, folder: RunFolder, bench: Workbench, recipe: Recipe) -> Predictions:
    parts = bench.parts(spec)
    fitting = Fitting(spec, recipe, parts, bench, folder.id)
    task, network, validation = fitting.task, fitting.network, fitting.validation
    testing, spare = ([bench.dataset.clips[i] for i in part] for part in (parts.test, parts.spare))
    best = BestWeights(folder.path) if validation else None
    journal = Journal(spec, folder, bench)
    callbacks: list[Callback] = [
        Log(folder, len(fitting.training), bench.control, bench.emit, journal.epoch),
        LastCheckpoint(folder, bench.checkpoint_every),
    ]
    if best:
        callbacks.append(best)
    checkpoint, epochs_done = _resume_point(folder, bench)
    if not checkpoint:
        folder.write_log([])
    fitting.steps = epochs_done * len(fitting.train_batches)
    folder.write_initial_weights(fitting.initial.lines)
    folder.write_set_aside([clip.id for clip in (spare if spec.late else validation + spare)])
    folder.write_status(
        phase=Phase.RUNNING,
        parameters=parameters(network),
        multiply_adds=multiply_adds(network, *example(task)),
        train_clips=len(fitting.learned),
        spare_clips=len(spare),
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
            batches_per_epoch=len(fitting.train_batches),
            train_clips=len(fitting.training),
            validation_clips=len(validation),
            test_clips=len(testing),
            parameters=parameters(network),
        )
    )
    journal.begin(folder.log()[:epochs_done])
    try:
        if not spec.late:
            fitting.fit(callbacks, checkpoint)
            if best:
                task.load_state_dict(load_file(best.path))
        task.to(bench.device).eval()
        if isinstance(network, Fusion) and spec.late:
            weigh(task, network, fitting.batches(validation), bench.control)
        write_tensors(task.state_dict(), folder.weights)
        # The test fold is touched here, once, after every choice has been made.
        tested = fitting.batches(testing)
        predictions = _predict(task, tested, bench)
        predictions.save(folder.predictions_file)
        rows = folder.log()
        validated = _predict(task, fitting.batches(validation), bench) if validation else None
        if validated is not None and not spec.late:  # a score average has learned its weight there
            folder.write_validation(validated)
        folder.write_status(
            epoch=best.epoch if best else len(rows),
            clips_per_second=float(np.median([row.clips_per_second for row in rows])) if rows else 0.0,
            train_accuracy=float(_predict(task, fitting.batches(fitting.training), bench).correct.mean()),
            validation_accuracy=None if validated is None else float(validated.correct.mean()),
        )
        journal.end(task, tested, predictions)
    finally:
        journal.close()
        fitting.release()
    if best:
        best.delete()
    return predictions


def _predict(task: Task, batches: Batches, bench: Workbench) -> Predictions:
    return predict(task, batches, bench.dataset.classes, bench.control)


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
