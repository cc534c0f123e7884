"""What happens between batches and epochs: pause and cancel, the log, checkpoints, the best weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback, Checkpoint

from core.control import Control
from core.events import EpochEnded
from core.files import replace_synced
from core.run_records import LogRow
from core.runs import RunFolder
from core.training.loaders import Batches
from core.weights import write_tensors


class Steering(Callback):
    """Pause and cancel between batches, and draw each epoch's order of clips."""

    def __init__(self, batches: Batches, control: Control) -> None:
        self._batches, self._control = batches, control

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._batches.epoch = trainer.current_epoch

    def on_train_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        self._control.checkpoint()

    def on_validation_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        self._control.checkpoint()


class Log(Callback):
    """One row of log.csv and one event an epoch; `also` is told of the row, too."""

    def __init__(
        self,
        folder: RunFolder,
        clips: int,
        control: Control,
        emit: Callable[[EpochEnded], None],
        also: Callable[[LogRow], None] = lambda row: None,
    ) -> None:
        self._folder, self._clips, self._control, self._emit, self._also = folder, clips, control, emit, also
        self._rows: list[LogRow] = []
        self._started = 0.0
        self._validated = 0.0  # seconds of this epoch that went into validation

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        # After a crash the log may be ahead of the checkpoint: those epochs are done again.
        self._rows = [row for row in self._folder.log() if row.epoch <= trainer.current_epoch]

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._started, self._validated = self._now(), 0.0

    def on_validation_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._validated -= self._now()

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._validated += self._now()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        seconds = self._now() - self._started
        figures = {name: float(value) for name, value in trainer.callback_metrics.items()}
        row = LogRow(
            epoch=trainer.current_epoch + 1,
            train_loss=figures["train_loss"],
            train_accuracy=figures["train_accuracy"],
            validation_loss=figures.get("validation_loss"),
            validation_accuracy=figures.get("validation_accuracy"),
            learning_rate=float(trainer.optimizers[0].param_groups[-1]["lr"]),
            clips_per_second=self._clips / (seconds - self._validated),
            seconds=seconds,
        )
        self._rows.append(row)
        self._folder.write_log(self._rows)
        self._also(row)
        epochs = trainer.max_epochs or row.epoch
        recent = self._rows[-5:]
        self._emit(
            EpochEnded(
                run=self._folder.id,
                epoch=row.epoch,
                epochs=epochs,
                train_loss=row.train_loss,
                train_accuracy=row.train_accuracy,
                validation_loss=row.validation_loss,
                validation_accuracy=row.validation_accuracy,
                learning_rate=row.learning_rate,
                clips_per_second=row.clips_per_second,
                seconds_left=(epochs - row.epoch) * sum(r.seconds for r in recent) / len(recent),
            )
        )

    def _now(self) -> float:
        """Seconds on a clock that stands still while the study is paused."""
        return time.perf_counter() - self._control.waited


class LastCheckpoint(Checkpoint):
    """`last.ckpt` at the end of an epoch: what a killed process resumes from.

    At most one in `every` seconds: that of AlexNet with AdamW is 686 MB. As a Checkpoint it is called after all other
    callbacks, so that early stopping's count of this epoch is in it.
    """

    def __init__(self, folder: RunFolder, every: float) -> None:
        self._folder, self._every = folder, every
        self._saved = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        over = trainer.should_stop or trainer.current_epoch + 1 == trainer.max_epochs
        if not over and time.monotonic() - self._saved >= self._every:
            with replace_synced(self._folder.checkpoint) as aside:
                trainer.save_checkpoint(aside)
            self._folder.write_status(resumable=trainer.current_epoch + 1)
            self._saved = time.monotonic()


class BestWeights(Callback):
    """The weights of the epoch with the lowest validation loss, and nothing else of it.

    `last.ckpt` is older than they may be, and names the epoch that was best when it was written: its weights are kept
    as long, and a resumed training throws away those of epochs that it trains again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lowest = float("inf")
        self.epoch = 0
        self._resumable = 0  # the epoch that last.ckpt names

    @property
    def path(self) -> Path:
        return self._path(self.epoch)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._keep({self.epoch})

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        loss = float(trainer.callback_metrics["validation_loss"])
        if loss < self.lowest:
            self.lowest, self.epoch = loss, trainer.current_epoch + 1
            write_tensors(pl_module.state_dict(), self.path)
            self._keep({self.epoch, self._resumable})

    def state_dict(self) -> dict[str, Any]:
        self._resumable = self.epoch  # no file is deleted before this checkpoint is written
        return {"lowest": self.lowest, "epoch": self.epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.lowest, self.epoch = state_dict["lowest"], state_dict["epoch"]
        self._resumable = self.epoch

    def delete(self) -> None:
        """Remove the files; the run is done."""
        self._keep(set())

    def _path(self, epoch: int) -> Path:
        return self._folder / f"best-{epoch}.safetensors"

    def _keep(self, epochs: set[int]) -> None:
        kept = {self._path(epoch) for epoch in epochs}
        for path in self._folder.glob("best-*.safetensors"):
            if path not in kept:
                path.unlink()
