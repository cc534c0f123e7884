"""Trials of a search: what each was, and the journal that they are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

Settings = Mapping[str, float]  # what is searched, by name: learning_rate, weight_decay, batch_size, augmentation

DIGITS = 3  # significant, of what is drawn
NAME = "search"  # of the one study in a journal
ENDING, REASON, SECONDS = "ending", "reason", "seconds"  # a trial's attributes …
LOSS, EPOCH, ACCURACY = "loss", "epoch", "accuracy"  # … and what judges it


class Ending(StrEnum):
    """How a trial ended."""

    TRAINED = "trained"  # to its last epoch
    PRUNED = "stopped early"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # by a stop or a crash: its settings are tried again
    UNDER_WAY = "training"

    @property
    def counts(self) -> bool:
        """Whether it is one of the trials that were asked for."""
        return self not in (Ending.INTERRUPTED, Ending.UNDER_WAY)


@dataclass(frozen=True)
class Trial:
    """One set of settings and what came of it.

    Attributes:
        number: counted from 1, interrupted ones included.
        loss: the lowest validation loss of its epochs so far, or that of the last where the study tests its last epoch
            (`Plan.judged_last`): cross-entropy in nats; None = no epoch ended.
        epoch: in which that was.
        accuracy: validation accuracy of that epoch, 0 to 1.
    """

    number: int
    ending: Ending
    settings: Settings
    loss: float | None = None
    epoch: int = 0
    accuracy: float | None = None
    seconds: float = 0.0
    reason: str = ""

    @property
    def name(self) -> str:
        return f"trial-{self.number}"


def readable(value: float) -> float:
    """With so few digits that a person can read it; a trial is trained with what is shown of it."""
    return float(f"{value:.{DIGITS}g}")


def open_journal(file: Path) -> optuna.storages.BaseStorage:
    """The storage of a search: one line of JSON for each change, synced to disk as it is written."""
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    class Ours(JournalFileOpenLock):
        """A workspace has one writer: there is nobody to wait for, and no lock that a killed process left."""

        def acquire(self) -> bool:
            return True

        def release(self) -> None:
            pass

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # what it would say is said by our events
    return optuna.storages.JournalStorage(JournalFileBackend(str(file), lock_obj=Ours(str(file))))


def read_trials(study: optuna.Study) -> tuple[Trial, ...]:
    """All that were begun, in order."""
    from optuna.trial import TrialState

    return tuple(trial_of(t) for t in study.get_trials(deepcopy=False) if t.state is not TrialState.WAITING)


def trial_of(found: optuna.trial.FrozenTrial) -> Trial:
    said: Mapping[str, Any] = found.user_attrs
    losses = found.intermediate_values  # in journals from before LOSS and EPOCH were kept: the lowest counts
    lowest = min(losses, key=lambda epoch: losses[epoch]) if losses else 0
    return Trial(
        number=found.number + 1,
        ending=_ending(found),
        settings={name: readable(value) for name, value in found.params.items()},
        loss=said.get(LOSS, losses.get(lowest)),
        epoch=said.get(EPOCH, lowest),
        accuracy=said.get(ACCURACY),
        seconds=said.get(SECONDS, 0.0),
        reason=said.get(REASON, ""),
    )


def _ending(found: optuna.trial.FrozenTrial) -> Ending:
    from optuna.trial import TrialState

    if not found.state.is_finished():
        return Ending.UNDER_WAY
    said = Ending(found.user_attrs.get(ENDING, Ending.INTERRUPTED))
    # Killed after its ending was noted and before it was told, it came to no figure that counts.
    return Ending.INTERRUPTED if found.state is TrialState.FAIL and said is not Ending.FAILED else said


def mend(file: Path) -> None:
    """Cut off the half line that a process left which was killed while it wrote: the change was not made."""
    if not file.exists():
        return
    content = file.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with file.open("rb+") as torn:
            torn.truncate(whole)
