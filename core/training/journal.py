"""The journal of a run: what TensorBoard and W&B show of it. What goes wrong here is a warning, and costs no run."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.analysis.confusion import count
from core.analysis.evidence_picture import chosen_frames
from core.analysis.exported import SYNTHETIC
from core.analysis.log_pictures import Shown, confusion_picture, mistake_picture
from core.audio.pictures import MODEL_LEVELS
from core.audio.settings import AudioSettings
from core.datasets.base import Clip
from core.evaluation.metrics import score
from core.evaluation.predictions import Predictions
from core.events import Message
from core.readable import counted, figure
from core.run_records import LogRow
from core.run_spec import Network, RunSpec
from core.runs import RunFolder
from core.settings_file import as_toml
from core.training.loaders import Batches
from core.training.task import Task
from core.training.trackers import CLIPS, Setting, TensorBoard, Tracker, WeightsAndBiases
from core.training.workbench import Workbench

log = logging.getLogger(__name__)
MISTAKES = 8  # that are shown
CAPTURED = "captured"  # row of DATASETS: people in their rooms


class Journal:
    """Scalars after each epoch; at the end the scores on the test fold, the confusion matrix and the worst mistakes.

    log.csv has the truth: the journal of a resumed run is written anew from it, so that no epoch stands there twice.

    Args:
        spec: of the run.
        folder: where it is kept.
        bench: who is told of what goes wrong, and whether W&B is asked for.
    """

    def __init__(self, spec: RunSpec, folder: RunFolder, bench: Workbench) -> None:
        self._spec, self._folder, self._bench = spec, folder, bench
        self._trackers: list[Tracker] = []
        self._done = False

    def begin(self, rows: Sequence[LogRow]) -> None:
        """Open it with the epochs that a resumed run does not train again."""
        spec = without_places(self._spec)
        settings, study = flattened(spec), as_toml(spec)
        self._harmless(TensorBoard.title, lambda: self._open(TensorBoard(self._folder, settings, study)))
        network, mode = spec.network.label, self._bench.wandb
        private = self._bench.dataset.name == CAPTURED
        if mode != "off":
            self._harmless(
                WeightsAndBiases.title,
                lambda: self._open(WeightsAndBiases(self._folder, settings, study, network, mode, private)),
            )
        ended = time.time() - sum(row.seconds for row in rows)  # as if it had been trained in one go
        for row in rows:
            ended += row.seconds
            self.epoch(row, ended)

    def epoch(self, row: LogRow, when: float | None = None) -> None:
        """An epoch ended, now or then."""
        figures = {
            "train/loss": row.train_loss,
            "train/accuracy": row.train_accuracy,
            "train/learning_rate": row.learning_rate,
            "train/clips_per_second": row.clips_per_second,
            "train/seconds": row.seconds,
            "validation/loss": row.validation_loss,
            "validation/accuracy": row.validation_accuracy,
        }
        self._scalars(figures, row.epoch, when)

    def end(self, task: Task, testing: Batches, predictions: Predictions) -> None:
        """The run was tested.

        Args:
            task: in eval mode.
            testing: the test clips, in the order of the predictions.
            predictions: what was said of them.
        """
        status = self._folder.status
        epoch = len(self._folder.log())
        tested = {
            "tested_weights/epoch": status.epoch,
            "tested_weights/train_accuracy": status.train_accuracy,
            "tested_weights/validation_accuracy": status.validation_accuracy,
        }
        scores = {f"test/{name}": value for name, value in score(predictions).items()}
        self._scalars(scores | tested, epoch)

        def draw() -> None:
            dataset = self._bench.dataset
            licence = f"{dataset.title}. {dataset.licence}{' ' + SYNTHETIC if dataset.synthetic else ''}"
            self._tell(lambda tracker: tracker.licence(licence, epoch))
            for tag, pixels in _pictures(task, testing, predictions):
                self._tell(lambda tracker, tag=tag, pixels=pixels: tracker.picture(tag, pixels, epoch))  # type: ignore[misc]

        self._harmless("The pictures in the log", draw)
        self._done = True

    def close(self) -> None:
        """Write what is left."""
        self._tell(lambda tracker: tracker.close(self._done))

    def _open(self, tracker: Tracker) -> None:
        self._trackers.append(tracker)

    def _scalars(self, values: Mapping[str, float | None], epoch: int, when: float | None = None) -> None:
        known = {tag: float(value) for tag, value in values.items() if value is not None and math.isfinite(value)}
        at = time.time() if when is None else when
        self._tell(lambda tracker: tracker.scalars(known, epoch, at))

    def _tell(self, what: Callable[[Tracker], None]) -> None:
        """One that fails is told no more."""
        for tracker in tuple(self._trackers):
            if not self._harmless(tracker.title, lambda tracker=tracker: what(tracker)):  # type: ignore[misc]
                self._trackers.remove(tracker)

    def _harmless(self, what: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # full disks, no network, any library's fault
            log.warning("%s of %s", what, self._folder.id, exc_info=True)
            self._bench.emit(
                Message(f"{self._folder.id}: {what} is not complete ({error}). The run itself goes on.", "warning")
            )
            return False
        return True


def without_places(spec: RunSpec) -> RunSpec:
    """The spec without folders of this computer, which are nobody's business where the journal is read."""

    def plain(network: Network) -> Network:
        given = network.weights_path
        named = network.weights == "run" and len(Path(given).parts) <= 2 and not given.startswith(("/", "\\", "~", "."))
        return network.model_copy(update={"weights_path": given if named else Path(given).name})  # named: STUDY/RUN

    branches = tuple(branch.model_copy(update={"network": plain(branch.network)}) for branch in spec.branches)
    dataset = spec.dataset.model_copy(update={"root": ""})
    return spec.model_copy(update={"network": plain(spec.network), "branches": branches, "dataset": dataset})


def flattened(spec: RunSpec) -> dict[str, Setting]:
    """Everything that decides a run, one name a setting (`recipe.audio.mels`), the same names for every run."""
    content = spec.model_dump(mode="json", include={"modality", "fold", "seed", "recipe", "network"})
    del content["network"]["recipe"]  # resolved into the recipe already
    content["network"]["name"] = spec.network.label
    return dict(_flat(content))


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Setting]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", ", ".join(map(str, value)) if isinstance(value, list) else value


def _pictures(task: Task, testing: Batches, predictions: Predictions) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    classes = predictions.classes
    yield "confusion_matrix", confusion_picture(count(predictions.labels, predictions.predicted, len(classes)), classes)
    wrong = np.flatnonzero(~predictions.correct)
    worst = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:MISTAKES]
    for number, place in enumerate(worst, 1):
        clip = testing.clips[place]
        true, predicted = int(predictions.labels[place]), int(predictions.predicted[place])
        title = classes[true], classes[predicted], float(predictions.confidence[place])
        detail = f"{clip.id} · {classes[true]} was given {100 * predictions.probabilities[place, true]:.1f} %"
        yield f"{CLIPS}/{number}", mistake_picture(title, detail, given(task, testing, clip))


@torch.no_grad()
def given(task: Task, like: Batches, clip: Clip) -> dict[str, Shown]:
    """By wing, what a network in eval mode is given of a clip: its spectrogram with windows side by side, and some of
    its frames.

    Of a difference the second frame is shown; of optical flow without pictures the mean of both directions, in grey.
    """
    batch = next(iter(Batches([clip], like.caches, like.recipe, like.seed))).to(task.device)
    found = {}
    for wing, front_end in task.front_ends.items():
        shown = front_end.augment(batch.inputs[wing], torch.Generator())  # type: ignore[operator]
        if wing == "audio":
            windows = front_end.levels(shown).flatten(0, -3)  # type: ignore[operator]
            found[wing] = Shown(np.concatenate(list(windows.cpu().numpy()), axis=1), _scale(like.recipe.audio))
            continue
        settings = like.recipe.video
        seen = shown[0, settings.taken - settings.frames :]
        some = seen[torch.from_numpy(chosen_frames(len(seen))).to(seen.device)]
        colours = some[:, :3] if some.shape[1] >= 3 else some.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
        pixels = (255 * colours.clamp(0, 1)).round().byte().movedim(1, -1).cpu().numpy()
        found[wing] = Shown(pixels, f"{len(pixels)} of {counted(settings.frames, 'frame')}, {settings.input}")
    return found


def _scale(settings: AudioSettings) -> str:
    """What the axes and the colours of a spectrogram are."""
    low, high = (figure(level) for level in MODEL_LEVELS)
    top = settings.f_max or settings.rate / 2
    return (
        f"{settings.seconds:g} s → · {settings.f_min:g} to {top:g} Hz ↑, {settings.mels} mel bands · {low} to {high} dB"
    )
