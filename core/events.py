"""What the engine says while it works: frozen, picklable records, each a rare fact.

Frequent ones (the loss of every batch) are polled from `Engine.drain_batches()` instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.search.trials import Trial


class Outcome(StrEnum):
    """How a run or a study ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class Event:
    """Base of everything the engine says."""


@dataclass(frozen=True)
class Message(Event):
    """A sentence for the log and, from `warning` on, for the banner."""

    text: str
    level: str = "info"  # info | warning | error


@dataclass(frozen=True)
class Progress(Event):
    """A step that takes a while outside training: decoding, downloading, checking."""

    what: str
    done: int
    total: int  # 0 = unknown
    unit: str = "clips"
    detail: str = ""  # what else is worth showing: speed, time left, a restart


@dataclass(frozen=True)
class Started(Event):
    """The engine has begun to work at something, and will be busy until it says Finished."""


@dataclass(frozen=True)
class Finished(Event):
    """Always the last event, after success, cancel and failure alike."""


@dataclass(frozen=True)
class StudyStarted(Started):
    study: str
    runs: tuple[str, ...]  # ids of the runs still to be done, in order
    finished: tuple[str, ...] = ()  # ids of the runs found finished already
    device: str = "cpu"


@dataclass(frozen=True)
class RunStarted(Event):
    run: str
    network: str
    architecture: str
    fold: int
    seed: int
    epochs: int
    first_epoch: int  # > 0 after a resume
    batches_per_epoch: int
    train_clips: int
    validation_clips: int
    test_clips: int
    parameters: int
    trial: bool = False  # of a search: nothing is tested, and TrialEnded stands in place of RunFinished


@dataclass(frozen=True)
class EpochEnded(Event):
    run: str
    epoch: int  # 1-based count of finished epochs
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    clips_per_second: float
    seconds_left: float  # of this run


@dataclass(frozen=True)
class BatchEnded:
    """One training batch; kept in a bounded buffer and polled."""

    run: str
    step: int  # batches since the start of the run
    loss: float
    clips_per_second: float


@dataclass(frozen=True)
class RunFinished(Event):
    run: str
    outcome: Outcome
    reason: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class StudyFinished(Finished):
    study: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class SearchStarted(Started):
    """Its trials say RunStarted (`trial`) and EpochEnded as runs do, and TrialEnded in place of RunFinished."""

    search: str  # its title
    folder: str  # its name in the workspace
    trials: int  # asked for
    done: tuple[Trial, ...] = ()  # found finished already
    device: str = "cpu"


@dataclass(frozen=True)
class TrialEnded(Event):
    trial: Trial


@dataclass(frozen=True)
class SearchFinished(Finished):
    search: str
    folder: str
    outcome: Outcome
    reason: str = ""
