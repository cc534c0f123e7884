"""What the filters let through, against slow loops over the same records."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from core.analysis.selection import ANY, Choice, Which, counts, runs_shown, select, unavailable, why_empty
from core.analysis.study_records import StudyRecords, read_study_records
from core.control import Control
from core.datasets.base import Modality
from core.workspace import Workspace
from tests.gui.make_runs import make_modalities, make_study, synthetic_clips

SOUND, SIGHT = Modality.AUDIO, Modality.VIDEO
DECIDED = (Which.A_NOT_B, Which.SIGHT_NOT_SOUND, Which.SOUND_NOT_SIGHT)  # whose answers are shown, whatever is chosen


def read(workspace: Workspace) -> StudyRecords:
    data = read_study_records(workspace, "fabricated-test-data", Control(), lambda progress: None)
    assert data is not None
    return data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> StudyRecords:
    """Two architectures on sound, on sight and on both; one run is missing."""
    workspace = Workspace(tmp_path_factory.mktemp("selection")).open()
    runs = make_modalities(workspace, synthetic_clips(4, per_class=40, folds=2), folds=(1, 2), seeds=(0, 1, 2))
    runs[4].delete()
    found = read(workspace)
    workspace.close()
    return found


class Slow:
    """The records as plain Python."""

    def __init__(self, data: StudyRecords) -> None:
        records = data.records
        by_label = {network.label: place for place, network in enumerate(data.networks)}
        self.modality = [network.modality for network in data.networks]
        self.architecture = [network.architecture for network in data.networks]
        self.rows = [
            (by_label[info.network], info.fold, info.seed, int(clip), int(true), int(said), float(sure))
            for info, clip, true, said, sure in zip(
                (records.runs[run] for run in records.run),
                records.clip, records.true, records.predicted, records.confidence, strict=True,
            )
        ]  # fmt: skip
        self.trials: dict[tuple, list[tuple[int, bool]]] = defaultdict(list)
        self.answers: dict[tuple, set[int]] = defaultdict(set)
        for network, fold, seed, clip, true, said, _ in self.rows:
            self.trials[fold, seed, clip].append((network, true == said))
            self.answers[network, fold, clip].add(said)

    def right(self, row: tuple, networks: list[int]) -> list[bool]:
        """Whether each of these networks was right about the same clip in the same fold with the same seed."""
        return [right for network, right in self.trials[row[1:4]] if network in networks]

    def of(self, modality: Modality, network: int) -> list[int]:
        alike = (None, self.architecture[network]) if network != ANY else (None, *self.architecture)
        return [k for k, m in enumerate(self.modality) if m is modality and self.architecture[k] in alike]

    def lets_through(self, row: tuple, choice: Choice) -> bool:
        network, fold, seed, clip, true, said, sure = row
        wrong = true != said
        if choice.fold not in (ANY, fold) or choice.seed not in (ANY, seed) or choice.label not in (ANY, true):
            return False
        if choice.comparing:
            both = self.right(row, [choice.right]) and self.right(row, [choice.wrong])
            if network not in (choice.right, choice.wrong) or not both:
                return False
        elif choice.which not in DECIDED and choice.network not in (ANY, network):
            return False
        if choice.which in (Which.SIGHT_NOT_SOUND, Which.SOUND_NOT_SIGHT):
            pair = (SIGHT, SOUND) if choice.which is Which.SIGHT_NOT_SOUND else (SOUND, SIGHT)
            ours, theirs = (self.of(modality, choice.network) for modality in pair)
            told = self.right(row, ours)
            return network in theirs and bool(told) and all(told) and not any(self.right(row, theirs))
        if choice.which is Which.A_NOT_B:
            told = self.right(row, [choice.right])
            return wrong and network == choice.wrong and bool(told) and all(told)
        return {
            Which.ALL: True,
            Which.ERRORS: wrong,
            Which.CONFIDENT: wrong and sure >= choice.confidence,
            Which.EVERYBODY: not any(self.right(row, list(range(len(self.modality))))),
            Which.FLIPS: len(self.answers[network, fold, clip]) > 1,
        }[choice.which]


CHOICES = [
    Choice(network=network, fold=fold, seed=seed, which=which, confidence=0.6)
    for which, (network, fold, seed) in product(Which, ((ANY, ANY, ANY), (3, 2, ANY), (1, ANY, 2)))
]


@pytest.mark.parametrize(
    "choice",
    [
        *CHOICES,
        Choice(which=Which.A_NOT_B, right=4, wrong=2),
        Choice(which=Which.CONFIDENT, confidence=0.5, network=1),
        Choice(which=Which.ERRORS, label=3),
        Choice(comparing=True, right=4, wrong=1),
        Choice(comparing=True, right=0, wrong=5, seed=1, which=Which.ERRORS, label=2),
    ],
    ids=str,
)
def test_exactly_the_records_of_a_slow_reading(data: StudyRecords, choice: Choice) -> None:
    slow = Slow(data)
    expected = [k for k, row in enumerate(slow.rows) if slow.lets_through(row, choice)]
    assert expected, "nothing would be tested"
    assert select(data, choice).tolist() == expected
    shown = runs_shown(data, choice)
    assert set(data.records.run[expected]) <= set(shown)


def test_words_and_a_class_narrow_further(data: StudyRecords) -> None:
    records, name = data.records, data.records.classes[1]
    rows = select(data, Choice(label=1, words=name.replace(" ", "_")))
    assert rows.tolist() == np.flatnonzero(records.true == 1).tolist()
    assert not len(select(data, Choice(label=1, words="no such clip")))


def test_counts_are_of_what_is_let_through_and_of_two_networks_apart(data: StudyRecords) -> None:
    slow = Slow(data)

    def table(rows: list[tuple]) -> list[list[int]]:
        made = [[0] * 4 for _ in range(4)]
        for row in rows:
            made[row[4]][row[5]] += 1
        return made

    errors = Choice(which=Which.ERRORS)
    all_of_them, none = counts(data, errors, select(data, errors))
    assert none is None and all_of_them.tolist() == table([row for row in slow.rows if row[4] != row[5]])
    two = Choice(comparing=True, right=1, wrong=4, fold=1)
    through = [row for row in slow.rows if slow.lets_through(row, two)]
    a, b = counts(data, two, select(data, two))
    assert b is not None and a.sum() == b.sum()  # of the same clips
    assert a.tolist() == table([row for row in through if row[0] == 1])
    assert b.tolist() == table([row for row in through if row[0] == 4])
    same = Choice(comparing=True, right=1, wrong=1)
    a, b = counts(data, same, select(data, same))
    assert b is not None and a.any() and (a == b).all()


def test_only_without_a_choice_of_clips_is_it_every_clip() -> None:
    assert Choice(network=1, fold=2, seed=0).every_clip
    assert not any(c.every_clip for c in (Choice(which=Which.FLIPS), Choice(label=0), Choice(words="e")))


def test_what_a_study_cannot_be_asked(data: StudyRecords, workspace: Workspace) -> None:
    assert not any(unavailable(which, data) for which in Which)
    make_study(workspace, synthetic_clips(3), folds=(1,))
    sound = read(workspace)
    said = {which: unavailable(which, sound) for which in Which}
    assert {which for which in Which if said[which]} == {Which.SIGHT_NOT_SOUND, Which.SOUND_NOT_SIGHT, Which.FLIPS}
    assert "one seed" in said[Which.FLIPS] and "sight" in said[Which.SIGHT_NOT_SOUND]


@pytest.mark.parametrize(
    ("choice", "among_chosen", "said"),
    [
        (Choice(fold=9), False, "No finished run"),
        (Choice(comparing=True, fold=9), False, "No finished run"),
        (Choice(), True, "among those that are chosen"),
        (Choice(which=Which.A_NOT_B, right=2, wrong=2), False, "same network"),
        (Choice(words="zebra", label=0), False, "“zebra”"),
        (Choice(label=2, which=Which.ERRORS), False, "None of these clips is of the class “kitchen rain”"),
        (Choice(which=Which.CONFIDENT, confidence=0.97), False, "No clip was told wrong with a confidence of 97 %"),
        (Choice(which=Which.ERRORS), False, "There are no errors: every clip was recognised."),
        (Choice(which=Which.ERRORS, network=1), False, "each of these clips was recognised."),
        (Choice(which=Which.SIGHT_NOT_SOUND, fold=1), False, "None of these clips was told right by sight"),
        (Choice(which=Which.SOUND_NOT_SIGHT), False, "No clip was told right by sound and wrong by sight"),
        (Choice(which=Which.FLIPS), False, "No clip was told differently with another seed."),
        (Choice(comparing=True), False, "No clip was tested by both A and B"),
    ],
)
def test_why_nothing_is_shown(data: StudyRecords, choice: Choice, among_chosen: bool, said: str) -> None:
    assert said in why_empty(data, choice, among_chosen)
