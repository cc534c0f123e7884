"""What is written down of a run: where it stands, its epochs, how quick its network is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.readable import counted


class Phase(StrEnum):
    """Where a run stands. What is left `running` after a crash is taken up again, and shown as `interrupted`."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # never on disk: it says that it runs, and nobody trains it

    @property
    def word(self) -> str:
        """What a person reads, wherever a run is listed."""
        return {Phase.RUNNING: "training", Phase.CANCELLED: "stopped"}.get(self, self.value)


REPEATED = "at most the epoch under way and a minute before it are trained again"  # LastCheckpoint says why
INTERRUPTED = f"Sensorium ended while it was trained. Resume goes on with it: {REPEATED}."
OUTDATED = (
    "An earlier version, which trained otherwise, began it: nothing goes on with it. Delete it; the study has another."
)


@dataclass(frozen=True)
class RunStatus:
    """Content of status.json."""

    phase: Phase = Phase.WAITING
    epoch: int = 0
    resumable: int = 0  # epochs that the last checkpoint has seen; 0 = not recorded
    reason: str = ""
    seconds: float = 0.0  # of training, over all sittings
    clips_per_second: float = 0.0
    parameters: int = 0
    multiply_adds: int = 0  # of one clip through the network
    train_clips: int = 0
    spare_clips: int = 0  # of the other folds, that nothing was learned from as fewer clips were asked for
    train_accuracy: float | None = None  # of the tested weights, on unaugmented clips: for the gap
    validation_accuracy: float | None = None

    @property
    def pool(self) -> int:
        """Clips of the other folds that training could draw from; 0 = not recorded. The pools of two folds overlap as
        the training parts of a cross-validation do, however few clips are learned from."""
        return self.train_clips + self.spare_clips


@dataclass(frozen=True)
class Latency:
    """Content of latency.json: how long the run's network took over one clip, and where; see
    `core.robustness.latency`. Figures that were taken elsewhere are not to be compared."""

    p50: float  # seconds: half of the clips took no longer
    p95: float
    clips: int  # that were timed
    machine: str
    device: str
    threads: int
    torch: str  # its version
    at: float  # seconds since 1970

    @property
    def bench(self) -> tuple[str, str, int, str]:
        """What has to be equal where two figures are compared."""
        return self.machine, self.device, self.threads, self.torch

    @property
    def where(self) -> str:
        """`on bench-3: CPU, 2 threads, PyTorch 2.14.1`."""
        version = self.torch.partition("+")[0]
        return f"on {self.machine}: {self.device}, {counted(self.threads, 'thread')}, PyTorch {version}"

    @property
    def disturbed(self) -> bool:
        """Whether so many clips took so much longer than the others that something else must have been running."""
        return self.p95 > 1.5 * self.p50


@dataclass(frozen=True)
class LogRow:
    """One line of log.csv: an epoch."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    clips_per_second: float
    seconds: float
