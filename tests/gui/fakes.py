"""An engine that trains nothing: tests tell it what to say."""

from __future__ import annotations

from core.engine import Engine, EngineStatus, Event, State, Training
from core.events import BatchEnded, EpochEnded, Outcome, RunFinished, RunStarted, StudyFinished, StudyStarted
from core.run_spec import RunSpec
from core.runner import OpenRunner, in_turn
from core.study import Study


class FakeEngine(Engine):
    """Same interface and status as the real one; no thread. `say` plays the part of the engine's thread."""

    def __init__(self, workspace) -> None:
        super().__init__(workspace)
        self.started: list[Study] = []
        self.begun: list[str] = []
        self.cancels = 0

    def start(self, study: Study, runner: OpenRunner = in_turn) -> None:
        self.workspace.require_writable()
        self.started.append(study)
        self.runner = runner
        self._status = EngineStatus(State.RUNNING, study.name)

    def begin(self, name: str, work: Training) -> None:
        self.workspace.require_writable()
        self.begun.append(name)
        self._status = EngineStatus(State.RUNNING, name)

    def cancel(self) -> None:
        self.cancels += 1
        super().cancel()

    def say(self, *events: Event) -> None:
        for event in events:
            self._emit(event)

    def batch(self, run: str, step: int, loss: float) -> None:
        self._batches.append(BatchEnded(run, step, loss, 30.0))

    def finish(self, outcome: Outcome = Outcome.DONE, reason: str = "") -> None:
        self.say(StudyFinished(self._status.study, outcome, reason))


def study_started(study: Study, specs: list[RunSpec]) -> StudyStarted:
    return StudyStarted(study.name, tuple(spec.id for spec in specs), (), "CPU")


def run_started(spec: RunSpec, epochs: int = 10, batches: int = 5) -> RunStarted:
    return RunStarted(
        run=spec.id,
        network=spec.network.label,
        architecture=spec.network.architecture,
        fold=spec.fold,
        seed=spec.seed,
        epochs=epochs,
        first_epoch=0,
        batches_per_epoch=batches,
        train_clips=128,
        validation_clips=0,
        test_clips=32,
        parameters=900_000,
    )


def epoch_ended(spec: RunSpec, epoch: int, epochs: int = 10) -> EpochEnded:
    return EpochEnded(
        run=spec.id,
        epoch=epoch,
        epochs=epochs,
        train_loss=2.0 / epoch,
        train_accuracy=1 - 0.8 / epoch,
        validation_loss=None,
        validation_accuracy=None,
        learning_rate=1e-3,
        clips_per_second=33.0,
        seconds_left=float(epochs - epoch),
    )


def run_finished(spec: RunSpec, outcome: Outcome = Outcome.DONE, reason: str = "") -> RunFinished:
    return RunFinished(spec.id, outcome, reason, {"accuracy": 0.8} if outcome is Outcome.DONE else {}, 12.0)
