"""Games for tests: networks that say what they are told to, and games of people that were kept."""

from __future__ import annotations

from datetime import date

import numpy as np

from core.analysis.study_records import Answer, NetworkName
from core.datasets.base import Modality
from core.game import Game, Round
from core.game_results import Guessed, KeptGame, PlayedClips, results_file
from core.workspace import Workspace

CLASSES = ("dog", "rain", "sea waves")


def network(name: str, modality: Modality = Modality.AUDIO) -> NetworkName:
    return NetworkName(name, "baseline_cnn", modality, name, name)


def asked(clip: str, true: int, *said: int) -> Round:
    """A round in which each network takes the clip for a class."""
    return Round(clip, true, tuple(Answer(np.eye(len(CLASSES), dtype=np.float32)[one]) for one in said))


def game(*rounds: Round) -> Game:
    names = [network(f"network {place}") for place in range(len(rounds[0].answers))]
    return Game(CLASSES, tuple(names), rounds)


def played(right: int, of: int) -> Game:
    """A game that is over: so many of so many clips right."""
    made = game(*(asked(f"{place}.wav", 0, 0) for place in range(of)))
    for place in range(of):
        made.guess(0 if place < right else 1, 1.0)
    return made


def kept(number: int, right: int, of: int, clips: PlayedClips, given: Modality = Modality.AUDIO) -> KeptGame:
    """A game of somebody: so many of so many clips right."""
    return KeptGame(
        game=f"game{number}",
        day=date(2025, 1, 2),
        clips=clips,
        given=given,
        classes=len(CLASSES),
        guesses=tuple(
            Guessed(clip=f"{place}.wav", true="dog", choice="dog" if place < right else "rain", seconds=2.5)
            for place in range(of)
        ),
    )


def write_games(workspace: Workspace, *games: KeptGame) -> None:
    lines = "".join(game.model_dump_json() + "\n" for game in games)
    results_file(workspace).write_text(lines, encoding="utf-8")
