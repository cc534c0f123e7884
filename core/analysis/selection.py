"""Which records of a study the filters of the Errors panel let through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.analysis.clip_records import Rows
from core.analysis.confusion import Counts, count
from core.analysis.study_records import StudyRecords
from core.datasets.base import Modality

ANY = -1
SURE = 0.9  # probability from which on an answer counts as confident


class Which(StrEnum):
    """Which clips of the chosen runs."""

    ALL = "All clips"
    ERRORS = "Only errors"
    EVERYBODY = "Everybody wrong"
    CONFIDENT = "Confident and wrong"
    A_NOT_B = "A right, B wrong"
    SIGHT_NOT_SOUND = "Sight right, sound wrong"
    SOUND_NOT_SIGHT = "Sound right, sight wrong"
    FLIPS = "Flips between seeds"


# What several networks said decides, whatever cell a clip is in.
BY_SEVERAL = frozenset({Which.EVERYBODY, Which.A_NOT_B, Which.SIGHT_NOT_SOUND, Which.SOUND_NOT_SIGHT})
_RIGHT_AND_WRONG = {
    Which.SIGHT_NOT_SOUND: (Modality.VIDEO, Modality.AUDIO),
    Which.SOUND_NOT_SIGHT: (Modality.AUDIO, Modality.VIDEO),
}


@dataclass(frozen=True)
class Choice:
    """What the filters say.

    Attributes:
        network: place in `StudyRecords.networks`; ANY = no restriction, here and below.
        fold: of the runs.
        seed: of the runs.
        which: of their clips.
        right: A, a place in `StudyRecords.networks`.
        wrong: B, likewise.
        comparing: the answers of A and of B are set against each other, whatever network is chosen.
        label: true class of the clips.
        confidence: from which on an answer counts as confident.
        words: in the name of a clip or of a class.
    """

    network: int = ANY
    fold: int = ANY
    seed: int = ANY
    which: Which = Which.ALL
    right: int = 0
    wrong: int = 1
    comparing: bool = False
    label: int = ANY
    confidence: float = SURE
    words: str = ""

    @property
    def every_clip(self) -> bool:
        """Whether all test clips of the runs are let through."""
        return self.which is Which.ALL and self.label == ANY and not self.words and not self.comparing


def runs_shown(data: StudyRecords, choice: Choice) -> list[int]:
    """Places in `records.runs` of the runs whose answers are shown."""
    if choice.comparing:
        networks = {choice.right, choice.wrong}
    elif choice.which is Which.A_NOT_B:
        networks = {choice.wrong}
    elif choice.which in _RIGHT_AND_WRONG:
        networks = set(_of_modality(data, choice, _RIGHT_AND_WRONG[choice.which][1]))
    else:
        networks = set(range(len(data.networks))) if choice.network == ANY else {choice.network}
    labels = [data.networks[place].label for place in sorted(networks)]
    if not labels:  # to `runs_of` no label is any
        return []
    return data.records.runs_of(
        labels,
        [] if choice.fold == ANY else [choice.fold],
        [] if choice.seed == ANY else [choice.seed],
    )


def select(data: StudyRecords, choice: Choice) -> Rows:
    """The records that are let through.

    Where two networks are compared, those of both, of clips that both were tested on in the same fold with the same
    seed.
    """
    rows = data.records.of(runs_shown(data, choice))
    for found in _narrowed(data, choice):
        rows = rows[np.isin(rows, found)]
    return rows


def counts(data: StudyRecords, choice: Choice, rows: Rows) -> tuple[Counts, Counts | None]:
    """Of selected rows, (classes, classes) by true and predicted class; of A and of B where they are compared."""
    records = data.records

    def of(rows: Rows) -> Counts:
        true, predicted = records.true[rows].astype(np.int64), records.predicted[rows].astype(np.int64)
        return count(true, predicted, len(records.classes))

    if not choice.comparing:
        return of(rows), None
    of_a, of_b = (records.runs_of([data.networks[place].label]) for place in (choice.right, choice.wrong))
    return of(rows[np.isin(records.run[rows], of_a)]), of(rows[np.isin(records.run[rows], of_b)])


def unavailable(which: Which, data: StudyRecords) -> str:
    """Why there is nothing to be chosen by this in a study, as a sentence; empty where there is."""
    if which in _RIGHT_AND_WRONG:
        if not {Modality.AUDIO, Modality.VIDEO} <= data.modalities:
            return "This study has no networks on sound beside networks on sight."
    elif which in BY_SEVERAL and len(data.networks) < 2:
        return "This study has one network."
    elif which is Which.FLIPS and len(data.records.seeds) < 2:
        return "This study has one seed."
    return ""


def why_empty(data: StudyRecords, choice: Choice, among_chosen: bool) -> str:
    """Why nothing is shown, as a sentence.

    Args:
        among_chosen: whether cells or clips are chosen: `select` lets clips through, and none of them is there.
    """
    if not runs_shown(data, choice):
        return "No finished run has this network, this fold and this seed."
    if among_chosen:
        return "None of these clips is among those that are chosen. “Show all” (Esc) shows all of them."
    if choice.which is Which.A_NOT_B and choice.right == choice.wrong:
        return "A and B are the same network: choose two."
    if choice.words:
        return f"None of these clips has {quoted(choice.words)} in its name or its classes."
    if choice.label != ANY:
        return f"None of these clips is of the class “{data.records.classes[choice.label]}”."
    of_network = choice.network != ANY and choice.which is not Which.A_NOT_B and not choice.comparing
    narrowed = of_network or choice.fold != ANY or choice.seed != ANY
    none, each = ("None of these clips", "each of these clips") if narrowed else ("No clip", "every clip")
    together = "in the same fold with the same seed"
    if choice.which is Which.A_NOT_B:
        a, b = data.networks[choice.right].name, data.networks[choice.wrong].name
        return f"{none} was told right by {a} and wrong by {b}, {together}."
    return {
        Which.ALL: f"{none} was tested by both A and B, {together}.",  # else there are clips
        Which.ERRORS: f"There are no errors: {each} was recognised.",
        Which.EVERYBODY: f"{none} was told wrong by every network, {together}.",
        Which.CONFIDENT: f"{none} was told wrong with a confidence of {100 * choice.confidence:.0f} % or more.",
        Which.SIGHT_NOT_SOUND: f"{none} was told right by sight and wrong by sound, {together}.",
        Which.SOUND_NOT_SIGHT: f"{none} was told right by sound and wrong by sight, {together}.",
        Which.FLIPS: f"{none} was told differently with another seed.",
    }[choice.which]


def quoted(words: str) -> str:
    """Words that are looked for: “dog” and “rain”."""
    return " and ".join(f"“{word}”" for word in words.split())


def _narrowed(data: StudyRecords, choice: Choice) -> Iterator[Rows]:
    """Records that each of the filters alone lets through."""
    records, labels = data.records, [network.label for network in data.networks]
    if choice.comparing:
        yield records.both_tested(labels[choice.right], labels[choice.wrong])
    if choice.which is Which.ERRORS:
        yield np.flatnonzero(~records.correct)
    elif choice.which is Which.CONFIDENT:
        yield np.flatnonzero(~records.correct & (records.confidence >= choice.confidence))
    elif choice.which is Which.EVERYBODY:
        yield records.everybody_wrong()
    elif choice.which is Which.A_NOT_B:
        yield records.right_and_wrong([labels[choice.right]], [labels[choice.wrong]])
    elif choice.which in _RIGHT_AND_WRONG:
        right, wrong = (_of_modality(data, choice, modality) for modality in _RIGHT_AND_WRONG[choice.which])
        yield records.right_and_wrong([labels[k] for k in right], [labels[k] for k in wrong])
    elif choice.which is Which.FLIPS:
        yield records.flips()
    if choice.label != ANY:
        yield np.flatnonzero(records.true == choice.label)
    if choice.words:
        yield records.containing(choice.words)


def _of_modality(data: StudyRecords, choice: Choice, modality: Modality) -> list[int]:
    """Places of the networks on a modality; where a network is chosen, only of those of its architecture."""
    architecture = None if choice.network == ANY else data.networks[choice.network].architecture
    return [
        place
        for place, network in enumerate(data.networks)
        if network.modality is modality and architecture in (None, network.architecture)
    ]
