"""Domain shift: how well finished runs do on what was captured, beside their test clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.captures import CAPTURED, REPLAY, read_captures, session_of
from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Clip, Dataset, Modality
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import Share
from core.events import Event, Message, Progress
from core.runs import RunFolder
from core.workspace import Workspace


@dataclass(frozen=True)
class Shift:
    """One run on both.

    Attributes:
        tested: its predictions of its test clips, and `captured` of the captures that it was asked about.
        sessions: that those come from: clips of one session are much alike.
        unfit: captures that it cannot hear, or see; they were not asked about, nor were
        unknown: those of classes that it does not know, and
        learned: those that it, or a run that its weights come from, may have learned from.
    """

    run: RunFolder
    tested: Predictions
    captured: Predictions
    sessions: int
    unfit: int = 0
    unknown: int = 0
    learned: int = 0

    @property
    def test(self) -> Share:
        return _right(self.tested)

    @property
    def capture(self) -> Share:
        return _right(self.captured)


@dataclass(frozen=True)
class Shifts:
    """Several runs on both.

    Attributes:
        unnamed: captures of which nobody has said yet what they are.
        replayed: captures that were not recorded but replayed: a network may have been trained on those clips.
        problems: a sentence for each run that cannot be asked, and for what is not known of one.
    """

    shifts: tuple[Shift, ...]
    unnamed: int = 0
    replayed: int = 0
    problems: tuple[str, ...] = ()


def captured(workspace: Workspace, control: Control) -> Dataset:
    """The captures of a workspace whose class is known.

    Raises:
        UserError: nothing was kept, or no two classes were named.
    """
    return DATASETS[CAPTURED].open(workspace.dataset_root(CAPTURED), control)


def shifts(
    runs: Sequence[RunFolder], workspace: Workspace, control: Control, report: Callable[[Progress], None]
) -> Shifts:
    """Ask runs about every capture whose true class is known, that they know, and that they have not learned from.

    Raises:
        UserError: there are no captures, no run can be asked, or the workspace cannot be written to.
        Cancelled: through `control`.
    """
    from core.training.device import use_threads

    use_threads()
    workspace.require_writable()
    dataset = captured(workspace, control)
    found: list[Shift] = []
    problems: list[str] = []

    def say(event: Event) -> None:
        if isinstance(event, Message):
            problems.append(event.text)

    for done, run in enumerate(runs):
        report(Progress("Asking about captures", done, len(runs), "runs"))
        try:
            found.append(_shift(run, dataset, workspace, control, report, say))
        except UserError as error:  # the others are asked all the same
            problems.append(f"{run.name}: {error}")
    if not found:
        raise UserError(" ".join(problems) or "There is no finished run to be asked about captures: train one first.")
    kept, _ = read_captures(dataset.root)
    replayed = sum(REPLAY in capture.sources for capture in kept if capture.label)
    return Shifts(tuple(found), len(dataset.excluded), replayed, tuple(problems))


def _shift(
    run: RunFolder,
    dataset: Dataset,
    workspace: Workspace,
    control: Control,
    report: Callable[[Progress], None],
    say: Callable[[Event], None],
) -> Shift:
    from core.caches import Caches
    from core.training.device import choose_device
    from core.training.loaders import Batches
    from core.training.predict import predict
    from core.training.restore import restore

    spec, tested = run.spec, run.predictions()
    needs_sound = spec.modality == Modality.AUDIO  # others can go by the pictures
    caches = Caches(dataset, workspace.cache, needs_sound).open([spec], control, report)
    fit = caches.usable(dataset).clips
    known = [clip for clip in fit if dataset.classes[clip.label] in tested.classes]
    learned = _learned(run, dataset, workspace, say)
    asked = [
        replace(clip, label=tested.classes.index(dataset.classes[clip.label]))
        for clip in known
        if clip.id not in learned
    ]
    said = _nothing(tested.classes)
    if asked:
        of_wings = {wing: caches.of(wing, spec.recipe) for wing in spec.modality.wings}
        batches = Batches(asked, of_wings, spec.recipe, spec.seed)
        said = predict(restore(run, choose_device("auto")), batches, tested.classes, control)
    return Shift(
        run,
        tested,
        said,
        sessions=len({session_of(clip.id) for clip in asked}),
        unfit=len(dataset.clips) - len(fit),
        unknown=len(fit) - len(known),
        learned=len(known) - len(asked),
    )


def _learned(run: RunFolder, dataset: Dataset, workspace: Workspace, say: Callable[[Event], None]) -> frozenset[str]:
    """Ids of the captures that a run, or one that its weights come from, may have learned from: all that there were
    when it was tested, but those that it was tested on."""
    from core.training.earlier import lineage, same_place

    learned: set[str] = set()
    for one in lineage(run, say):
        if same_place(one.spec.dataset, dataset, workspace):
            there = {clip.id for clip in dataset.clips if _written_ns(clip) <= one.predicted_ns}
            learned |= there.difference(one.predictions().clip_ids.tolist())
    return frozenset(learned)


def _written_ns(clip: Clip) -> int:
    return clip.path.stat().st_mtime_ns


def _right(said: Predictions) -> Share:
    return Share(int(said.correct.sum()), len(said))


def _nothing(classes: tuple[str, ...]) -> Predictions:
    """What a run says that is asked about no clip."""
    return Predictions(
        classes,
        np.zeros(0, np.str_),
        np.zeros(0, np.int64),
        np.zeros((0, len(classes)), np.float32),
        np.zeros((0, 0), np.float16),
    )
