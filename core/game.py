"""The guessing game: a person against the networks of a study, on clips that none of these was trained on."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.study_records import Answer, NetworkName, StudyRecords
from core.errors import UserError
from core.evaluation.statistics import Share

SPARE = 1  # times that a class may come up more often than its share of the rounds


@dataclass(frozen=True)
class Round:
    """One clip, and what the networks said of it when it was in their test fold.

    Attributes:
        true: index of its class.
        answers: of the networks of the game, in their order.
    """

    clip_id: str
    true: int
    answers: tuple[Answer, ...]

    @property
    def said(self) -> tuple[int, ...]:
        """The class that each network takes it for."""
        return tuple(int(answer.probabilities.argmax()) for answer in self.answers)


@dataclass(frozen=True)
class Guess:
    """What a person took a clip for, and how long that took."""

    choice: int
    seconds: float


class Game:
    """The clips of one game, and what has been guessed of them so far. Everybody is scored on the same clips.

    Raises:
        ValueError: a clip would come twice, or there is none.
    """

    def __init__(self, classes: tuple[str, ...], networks: tuple[NetworkName, ...], rounds: Sequence[Round]) -> None:
        if not rounds or len({one.clip_id for one in rounds}) < len(rounds):
            raise ValueError("a game needs clips, each of them once")
        self.classes, self.networks = classes, networks
        self.rounds = list(rounds)
        self.guesses: list[Guess] = []

    @property
    def over(self) -> bool:
        return len(self.guesses) == len(self.rounds)

    @property
    def current(self) -> Round:
        """The round that waits for a guess."""
        return self.rounds[len(self.guesses)]

    @property
    def played(self) -> tuple[tuple[Round, Guess], ...]:
        """The rounds that have been guessed."""
        return tuple(zip(self.rounds, self.guesses, strict=False))

    def guess(self, choice: int, seconds: float) -> None:
        self.guesses.append(Guess(choice, seconds))

    def pass_over(self) -> None:
        """Leave out the round that waits: its clip cannot be played."""
        del self.rounds[len(self.guesses)]

    def person(self) -> Share:
        return Share(sum(guess.choice == asked.true for asked, guess in self.played), len(self.guesses))

    def scores(self) -> tuple[Share, ...]:
        """Of the networks, on the clips that have been guessed."""
        played = [asked for asked, _ in self.played]
        return tuple(
            Share(sum(asked.said[place] == asked.true for asked in played), len(played))
            for place in range(len(self.networks))
        )

    def unsolved(self) -> tuple[tuple[Round, Guess], ...]:
        """What neither the person nor any network got right."""
        return tuple((asked, guess) for asked, guess in self.played if asked.true not in (guess.choice, *asked.said))


def common_clips(data: StudyRecords, networks: Sequence[str], there: Collection[str]) -> dict[int, list[str]]:
    """By class, sorted: the clips that every one of the networks has tested.

    Args:
        networks: labels; of none nothing has been tested.
        there: ids of the clips that can be played.
    """
    records = data.records
    common = np.arange(len(records.clip_ids)) if networks else np.zeros(0, np.int64)
    for label in networks:
        common = np.intersect1d(common, records.clip[records.of_runs([label])])
    true = np.full(len(records.clip_ids), -1)
    true[records.clip] = records.true
    found: dict[int, list[str]] = {}
    for clip in common:  # in the order of their ids
        name = str(records.clip_ids[clip])
        if name in there:
            found.setdefault(int(true[clip]), []).append(name)
    return dict(sorted(found.items()))


def draw(data: StudyRecords, networks: Sequence[str], rounds: int, seed: int, there: Collection[str]) -> Game:
    """A game on clips that every one of the networks has tested, balanced over the classes they are of.

    Clips come out of a bag that holds as many of each class (as far as it has them): its share of the rounds and SPARE
    more. So every class is as likely as any other, however many clips it has, and none comes up much more often; but
    whoever was told the truth of the earlier clips cannot tell the last one by elimination, as with equal numbers.

    Args:
        networks: labels.
        rounds: as many as there are clips, at most.
        seed: the same draws the same clips in the same order.
        there: ids of the clips that can be played.

    Raises:
        UserError: there is no such clip.
    """
    by_class = common_clips(data, networks, there)
    if not by_class:
        raise UserError("No clip has been tested by all of these networks: choose fewer of them, or train more folds.")
    random = np.random.default_rng(seed)
    shuffled = [[clips[place] for place in random.permutation(len(clips))] for clips in by_class.values()]
    each, most = math.ceil(rounds / len(shuffled)) + SPARE, max(map(len, shuffled))
    while sum(len(clips[:each]) for clips in shuffled) < rounds and each < most:
        each += 1  # some classes have too few clips for their share
    bag = [clip for clips in shuffled for clip in clips[:each]]
    chosen = [bag[place] for place in random.permutation(len(bag))[:rounds]]
    game_networks = tuple(network for network in data.networks if network.label in networks)
    return Game(data.records.classes, game_networks, [_round(data, networks, clip) for clip in chosen])


def _round(data: StudyRecords, networks: Sequence[str], clip_id: str) -> Round:
    """What the networks said, each with the lowest seed there is of any of them: a mean over seeds would be better
    than the network that one has."""
    records = data.records
    of_clip = np.flatnonzero(records.clip == np.searchsorted(records.clip_ids, clip_id))
    theirs = [int(i) for i in of_clip if records.runs[records.run[i]].network in networks]
    record = min(theirs, key=lambda i: records.runs[records.run[i]].seed)
    told = zip(data.networks, data.answers(record), strict=True)
    answers = [answer for network, answer in told if network.label in networks and answer is not None]
    return Round(clip_id, int(records.true[record]), tuple(answers))
