"""What a study's networks score while their test clips get worse: means, differences, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.datasets.base import Modality
from core.evaluation.statistics import Difference, Mean, Scores, difference, folds_alike, mean_over_folds
from core.robustness import CORRUPTIONS, Corruption, Level


@dataclass(frozen=True)
class SweptNetwork:
    """What the finished runs of one network said of clean and of corrupted clips.

    Attributes:
        label: of the network.
        architecture: row of ARCHITECTURES.
        modality: what it is given.
        branches: labels of what an audio-visual network is compared with, sound and sight; () = nothing is there.
        scores: level → (fold, seed) → accuracy, of the runs that were asked; of a network that does not look at what
            gets worse, the clean one at every level.
        tested: (fold, seed) → ids of the clips.
        train_clips: that a run could draw from, in the mean.
        sound_shares: level → how much the sound counts beside the sight, from 0 to 1, in the mean over all clips of all
            runs asked; nothing where they are not weighed.
    """

    label: str
    architecture: str
    modality: Modality
    branches: tuple[str, ...]
    scores: Mapping[Level, Scores]
    tested: Mapping[tuple[int, int], tuple[str, ...]]
    train_clips: float
    sound_shares: Mapping[Level, float] = field(default_factory=dict)

    @property
    def test_clips(self) -> float:
        """Of a run, in the mean."""
        return float(np.mean([len(ids) for ids in self.tested.values()]))

    def missing(self, level: Level) -> int:
        """Finished runs that have not been asked at a level."""
        return len(self.scores[None].keys() - self.scores.get(level, {}).keys())


@dataclass(frozen=True)
class Sweep:
    """Scores of every network on clean and on corrupted clips, from predictions as everywhere.

    Attributes:
        study: name of its folder.
        dataset: title.
        corruption: row of CORRUPTIONS.
        levels: None stands for clean clips, first; then from the mildest to the worst.
        networks: by label, in the order of the table of architectures; of each sound, sight, both.
        classes: how many there are.
        problems: a sentence for each file that cannot be read.
        left_out: labels of the networks that cannot be asked again.
    """

    study: str
    dataset: str
    corruption: str
    levels: tuple[Level, ...]
    networks: Mapping[str, SweptNetwork]
    classes: int
    problems: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def row(self) -> Corruption:
        return CORRUPTIONS[self.corruption]

    @property
    def chance(self) -> float:
        """Accuracy of guessing every class as often: 1 / classes, however the clips are spread over them."""
        return 1 / self.classes

    @property
    def affected(self) -> tuple[str, ...]:
        """The networks that are given what gets worse."""
        return tuple(label for label, n in self.networks.items() if self.row.wing in n.modality.wings)

    def at(self, levels: Sequence[float]) -> Sweep:
        """The same at other levels, whether or not they have been asked.

        Raises:
            UserError: one is out of bounds.
        """
        asked = self.row.in_order(levels)
        blind = self.networks.keys() - set(self.affected)
        return replace(
            self,
            levels=(None, *asked),
            networks={
                label: replace(n, scores=dict.fromkeys((None, *asked), n.scores[None])) if label in blind else n
                for label, n in self.networks.items()
            },
        )

    def missing(self, level: Level) -> int:
        """Runs that have still to be asked at a level."""
        return sum(network.missing(level) for network in self.networks.values())

    def mean(self, network: str, level: Level) -> Mean | None:
        """Over the folds, with its interval; None until every finished run of the network has been asked."""
        found = self.networks[network]
        if found.missing(level):
            return None
        mean = mean_over_folds(found.scores[level], n_train=found.train_clips, n_test=found.test_clips)
        return mean.within(0.0, 1.0)

    def difference(self, network: str, other: str, level: Level) -> Difference | None:
        """Of two networks at a level, paired by the folds in which both were tested on the same clips; None where
        there is no such fold, or until every finished run of both has been asked."""
        return _paired(self.networks[network], self.networks[other], level, level)

    def change(self, network: str, level: Level) -> Difference | None:
        """Of a network from clean clips to a level, paired by fold; None until all its runs have been asked."""
        return _paired(self.networks[network], self.networks[network], level, None)


def not_asked(labels: Sequence[str]) -> str:
    """Why these networks are not tested, as a sentence; nothing of none."""
    if not labels:
        return ""
    return (
        f"Left out: {', '.join(labels)}. What was fitted to MFCC statistics is not kept, and cannot be asked about "
        "worse clips."
    )


def _paired(a: SweptNetwork, b: SweptNetwork, level: Level, other: Level) -> Difference | None:
    if a.missing(level) or b.missing(other):
        return None
    same = folds_alike(a.tested, b.tested)
    if not same:
        return None
    of_a, of_b = ({run: v for run, v in n.scores[at].items() if run[0] in same} for n, at in ((a, level), (b, other)))
    runs = [n for n in (a, b) for _ in n.tested]  # a mean over the runs of both, as Compare takes it
    train, test = (float(np.mean(sizes)) for sizes in zip(*((n.train_clips, n.test_clips) for n in runs), strict=True))
    return difference(of_a, of_b, train, test)
