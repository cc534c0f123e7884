"""Adapting a run to where it is used: its last layer trained on captures, tested on sessions that were held out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.captures import CAPTURED, FILM, session_of
from core.datasets.base import Dataset, Modality
from core.datasets.splits import FOLDS, LEAVE_ONE_GROUP_OUT
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import Share, mcnemar, p_words
from core.live.shift import Shift
from core.readable import counted
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import DatasetChoice, Network
from core.runs import RunFolder
from core.study import Study

ADAPTED = "adapted"  # what names of such studies begin with
EPOCHS = 30
EACH_UP_TO = 10  # sessions: each is held out once; of more, several at a time
LONGEST = 48  # letters of the run's study in the name of the new one
ANOTHER_SESSION = (
    "Adapting is judged on sessions that were held out, and no class was captured in two sessions yet: switch Live off "
    "and on again, which begins another session, and capture the same classes once more. Of replays each file counts "
    "as one session, however often it was played: capture the same classes from other files."
)


def never_adapted(run: RunFolder) -> str:
    """Why a run cannot be adapted, whatever was captured; "" = it can."""
    if run.spec.never_again:
        return run.spec.never_again
    if run.spec.modality == Modality.AUDIO_VISUAL:
        return f"{run.name} joins a network on sound and one on sight: adapt those, and join them again."
    if run.spec.dataset.name == CAPTURED:
        return f"{run.name} was trained on captures already: adapt the run that its weights come from."
    return ""


def adapted_study(run: RunFolder, captured: Dataset) -> Study:
    """A study that trains the last layer of a run on captures, once for each session that is held out.

    The other layers keep their weights: a minute on a processor, and little to learn by heart from few clips. The last
    layer starts from the run's own where the captures are of its classes. The level of what the network is given (mean
    and deviation) is taken from the captures, as every training takes it from its own clips.

    Raises:
        UserError: the run joins branches, was trained on captures itself, sees where nothing was seen, or knows none
            of the classes; or no class was captured in two sessions.
    """
    spec, never = run.spec, never_adapted(run)
    if never:
        raise UserError(never)
    films = [clip for clip in captured.clips if clip.path.suffix == FILM]
    if spec.modality == Modality.VIDEO and not films:
        raise UserError(f"{run.name} is given pictures, and nothing was captured with the camera.")
    if not set(run.classes) & {captured.classes[clip.label] for clip in captured.clips}:
        raise UserError(f"{run.name} knows none of the classes that were captured: {', '.join(captured.classes)}.")
    clips = films if spec.modality == Modality.VIDEO else captured.clips
    sessions = {clip.group for clip in clips}
    of_class = Counter(label for label, _ in {(clip.label, clip.group) for clip in clips})
    if max(of_class.values()) < 2:
        raise UserError(ANOTHER_SESSION)
    network = Network(
        name=spec.network.label,
        architecture=spec.network.architecture,
        weights="run",
        weights_path=run.name,
        temporal=spec.network.temporal,
        freeze="all but head",
    )
    folds = LEAVE_ONE_GROUP_OUT if len(sessions) <= EACH_UP_TO else FOLDS
    return Study(
        name=_name(run, captured),
        answers="How much is won back by training the last layer on captures of other sessions?",
        modality=spec.modality,
        dataset=DatasetChoice(name=CAPTURED, folds=folds),
        network=(network,),
        recipe=_recipe(spec.recipe),
    )


def is_adapted(study: str) -> bool:
    """Whether a study of this name adapts a run: Live does not hold it up."""
    return study.startswith(f"{ADAPTED} ")


def _name(run: RunFolder, captured: Dataset) -> str:
    """Another one as soon as a capture is added, deleted or called something else: a study is of the same clips."""
    content = "\n".join(f"{clip.id}\t{captured.classes[clip.label]}" for clip in captured.clips)
    digest = hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()[:4]
    return f"{ADAPTED} {run.study[:LONGEST]} to {counted(len(captured.clips), 'capture')} {digest}"


def _recipe(recipe: Recipe) -> Recipe:
    """What is heard and seen, and how clips are augmented, stays; what trains a whole network does not suit a layer,
    which comes with weights where the classes are the same: it must learn at the full rate all the same."""
    kept = {"audio", "augmentation", "video", "video_augmentation", "precision"}
    return Recipe(epochs=EPOCHS, batch_size=8, learning_rate=1e-3, **{name: getattr(recipe, name) for name in kept})


@dataclass(frozen=True)
class Adapted:
    """A run and what became of it, on the same captures: each was held out when its network was adapted.

    Attributes:
        sessions: that the captures come from.
        won, lost: captures that are right only after, and only before.
        classes: how many it chose among before, and chooses among after.
    """

    run: RunFolder
    sessions: int
    before: Share
    after: Share
    won: int
    lost: int
    classes: tuple[int, int]

    @property
    def p(self) -> float:
        """Of McNemar's exact test, which takes captures as independent."""
        return mcnemar(self.won, self.lost)

    @property
    def sentence(self) -> str:
        of = f"{counted(self.before.of, 'capture')} of {counted(self.sessions, 'session')}"
        said = (
            f"{self.run.spec.network.label}: {100 * self.before.value:.1f} % of {of} were right before, "
            f"{100 * self.after.value:.1f} % are right after adapting to the others (right only after: "
            f"{self.won}, only before: {self.lost}; McNemar's exact test: {p_words(self.p)})."
        )
        before, after = self.classes
        if before != after:
            fewer = f" It chose among {before} classes before and among {after} after"
            said += f"{fewer}{', which is easier by itself' if after < before else ''}."
        return said


def compare_adapted(shift: Shift, runs: Sequence[RunFolder]) -> Adapted:
    """Beside what a run said of the captures, what its adapted runs said of those that each of them had not seen.

    Args:
        runs: of one study of `adapted_study`.

    Raises:
        UserError: none of them is finished, or the run was not asked about what they were tested on.
    """
    after: dict[tuple[str, str], bool] = {}
    classes = 0
    for folder in runs:
        if folder.status.phase is Phase.DONE and folder.spec.network.weights_path == shift.run.name:
            said = folder.predictions()
            classes = len(said.classes)
            after |= _correct(said)
    if not after:
        raise UserError(f"No run that was adapted from {shift.run.name} is finished.")
    before = _correct(shift.captured)
    shared = sorted(before.keys() & after.keys())
    if not shared:
        raise UserError(f"{shift.run.name} was asked about none of the captures that it was adapted to: ask again.")
    sessions = set(map(session_of, (name for name, _ in shared)))
    was, now = (np.array([said[one] for one in shared], dtype=bool) for said in (before, after))
    return Adapted(
        run=shift.run,
        sessions=len(sessions),
        before=Share(int(was.sum()), len(shared)),
        after=Share(int(now.sum()), len(shared)),
        won=int((now & ~was).sum()),
        lost=int((was & ~now).sum()),
        classes=(len(shift.tested.classes), classes),
    )


def _correct(said: Predictions) -> dict[tuple[str, str], bool]:
    """By id and true class: a capture that was called something else meanwhile is another."""
    labels = [said.classes[label] for label in said.labels]
    return dict(zip(zip(said.clip_ids.tolist(), labels, strict=True), said.correct.tolist(), strict=True))
