"""Kept games: how well people do on a dataset, without who they were. One line of JSON a game, in one file."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from core.datasets import DATASETS
from core.datasets.base import Modality
from core.environment import recorded_fingerprints
from core.errors import UserError
from core.evaluation.statistics import Mean, mean_over_folds
from core.evaluation.tables import dataset_title
from core.files import write_atomically, write_error
from core.game import Game
from core.runs import RunFolder
from core.settings import Settings, what_is_wrong
from core.workspace import Workspace

FILE = "games.jsonl"


class PlayedClips(Settings):
    """Which clips a game drew from, without saying where they lie: a path may hold a name.

    Attributes:
        dataset: row of DATASETS.
        title: in words.
        fingerprints: by wing, as the runs recorded them.
    """

    dataset: str
    title: str
    fingerprints: dict[str, str]

    @classmethod
    def of_run(cls, run: RunFolder) -> PlayedClips:
        """Those that a run was tested on.

        Raises:
            UserError: its study.toml cannot be read.
        """
        choice = run.spec.dataset
        return cls(
            dataset=choice.name,
            title=dataset_title(choice),
            fingerprints=recorded_fingerprints(run.environment),
        )

    def same_as(self, other: PlayedClips) -> bool:
        """A dataset with a place of its own is known by its name, a person's own folder by what it holds."""
        if self.dataset != other.dataset or self.dataset not in DATASETS:
            return False
        shared = self.fingerprints.keys() & other.fingerprints.keys()
        alike = any(self.fingerprints[wing] == other.fingerprints[wing] for wing in shared)
        return bool(DATASETS[self.dataset].folder) or alike


class Guessed(Settings):
    """One clip of a kept game; classes by name."""

    clip: str
    true: str
    choice: str
    seconds: float = Field(ge=0, allow_inf_nan=False)


class KeptGame(Settings):
    """A complete game of somebody: no name, no time of day, a number drawn by chance.

    Attributes:
        given: what the person was given of each clip.
        classes: how many there were to choose from.
    """

    game: str
    day: date
    clips: PlayedClips
    given: Modality
    classes: int = Field(ge=1)
    guesses: tuple[Guessed, ...] = Field(min_length=1)

    @field_validator("guesses")
    @classmethod
    def _each_once(cls, guesses: tuple[Guessed, ...]) -> tuple[Guessed, ...]:
        if len({guess.clip for guess in guesses}) < len(guesses):
            raise ValueError("a clip was guessed twice")
        return guesses

    @property
    def accuracy(self) -> float:
        return sum(guess.choice == guess.true for guess in self.guesses) / len(self.guesses)


@dataclass(frozen=True)
class HumanBaseline:
    """How people did in the games on a dataset.

    Attributes:
        given: what they were given of each clip.
        accuracies: of each game.
        clips: that were guessed, in all games together.
        mean: over the games, with Student's interval; `n_folds` counts games. One game has no interval.
    """

    given: Modality
    accuracies: tuple[float, ...]
    clips: int
    mean: Mean

    @property
    def games(self) -> int:
        return len(self.accuracies)


def results_file(workspace: Workspace) -> Path:
    return workspace.root / FILE


def keep_game(workspace: Workspace, game: Game, clips: PlayedClips, given: Modality) -> KeptGame:
    """Add a game that is over to the file.

    Raises:
        UserError: the file cannot be read or written.
        ValueError: the game is not over.
    """
    if not game.over:
        raise ValueError("only complete games are kept")
    workspace.require_writable()
    guesses = [
        Guessed(
            clip=asked.clip_id,
            true=game.classes[asked.true],
            choice=game.classes[guess.choice],
            seconds=round(guess.seconds, 2),
        )
        for asked, guess in game.played
    ]
    kept = KeptGame(
        game=secrets.token_hex(8),
        day=date.today(),
        clips=clips,
        given=given,
        classes=len(game.classes),
        guesses=tuple(guesses),
    )
    before = _content(workspace)
    torn = bool(before) and not before.endswith(b"\n")  # what was written by hand may not end as a line does
    line = kept.model_dump_json().encode() + b"\n"
    write_atomically(results_file(workspace), before + (b"\n" if torn else b"") + line)
    return kept


def read_games(workspace: Workspace) -> tuple[tuple[KeptGame, ...], tuple[str, ...]]:
    """All kept games, the oldest first, and a sentence for each line that cannot be read: it stays in the file.

    Raises:
        UserError: the file is there and cannot be read.
    """
    games: dict[str, KeptGame] = {}
    problems: list[str] = []
    for number, line in enumerate(_content(workspace).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = KeptGame.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            reason = f"{where}: {what_is_wrong(first)}" if where else what_is_wrong(first)
            problems.append(_skipped(workspace, number, reason))
            continue
        if found.game in games:
            problems.append(_skipped(workspace, number, "the game stands in it already"))
        else:
            games[found.game] = found
    return tuple(games.values()), tuple(problems)


def delete_game(workspace: Workspace, game: str) -> None:
    """Delete one game for good; every other line stays as it is.

    Raises:
        UserError: the file cannot be read or written.
    """
    workspace.require_writable()

    def is_it(line: bytes) -> bool:
        try:
            return KeptGame.model_validate_json(line).game == game
        except ValidationError:
            return False

    lines = _content(workspace).splitlines(keepends=True)
    write_atomically(results_file(workspace), b"".join(line for line in lines if not is_it(line)))


def delete_games(workspace: Workspace) -> None:
    """Delete all games for good, with what cannot be read.

    Raises:
        UserError: the file cannot be deleted.
    """
    workspace.require_writable()
    path = results_file(workspace)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(path, error) from error


def baselines(games: Iterable[KeptGame]) -> tuple[HumanBaseline, ...]:
    """One for each modality that people were given: sound, sight, both."""
    games = list(games)
    made = []
    for given in Modality:
        chosen = [game for game in games if game.given == given]
        accuracies = tuple(game.accuracy for game in chosen)
        if chosen:
            mean = mean_over_folds({(place, 0): value for place, value in enumerate(accuracies)})
            clips = sum(len(game.guesses) for game in chosen)
            made.append(HumanBaseline(given, accuracies, clips, mean.within(0.0, 1.0)))
    return tuple(made)


def human_baselines(
    workspace: Workspace, runs: Iterable[RunFolder]
) -> tuple[tuple[HumanBaseline, ...], tuple[str, ...]]:
    """How people did on the clips that runs were tested on, and a sentence for what cannot be read.

    Raises:
        UserError: a run's study.toml cannot be read.
    """
    try:
        games, problems = read_games(workspace)
    except UserError as error:
        return (), (str(error),)
    if not games:
        return (), problems
    tested = [PlayedClips.of_run(run) for run in runs]
    return baselines(game for game in games if any(game.clips.same_as(clips) for clips in tested)), problems


def _content(workspace: Workspace) -> bytes:
    path = results_file(workspace)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}. Check its permissions; nothing was changed in it."
        ) from None


def _skipped(workspace: Workspace, number: int, reason: str) -> str:
    return (
        f"Line {number} of {results_file(workspace)} is no kept game ({reason}): it is passed over and stays in the "
        "file. Mend or delete the line."
    )
