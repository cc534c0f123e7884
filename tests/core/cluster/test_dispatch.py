"""Home's side of a study on a cluster, with a Ray that does as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.cluster.dispatch import ATTEMPTS, Dispatch, _offer
from core.cluster.home import Attempt, Home, Mail, Wish
from core.cluster.node import Order, Parcel
from core.control import Control
from core.errors import Cancelled
from core.events import Event, Message, Outcome, RunFinished, RunStarted
from core.run_records import Phase
from core.run_spec import RunSpec
from core.runner import Work
from core.runs import run_folder
from core.study import Study
from core.workspace import Workspace
from tests.core.tones import only

errors = pytest.importorskip("ray.exceptions")
Task = Callable[[Order, Home], "Parcel | Exception | None"]  # what comes back; None = nothing ever does


class Reference:
    def __init__(self, result: Parcel | Exception | None) -> None:
        self.result = result


class Ray:
    """Tasks end as soon as they are sent."""

    exceptions = errors
    util = SimpleNamespace(
        scheduling_strategies=SimpleNamespace(NodeAffinitySchedulingStrategy=lambda node, soft: None)
    )

    def __init__(self, task: Task) -> None:
        self.home, self._task = Home(), task
        self.fault: Exception | None = None  # of the actor at home
        self.asked = 0

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(get_node_id=lambda: "here")

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0}

    def remote(self, what: Any) -> Any:
        def begin(job: Any, order: Order, home: Any) -> Reference:
            return Reference(self._task(order, self.home))

        made = (lambda: self) if what is Home else begin
        return SimpleNamespace(options=lambda **options: SimpleNamespace(remote=made))

    @property
    def offer(self) -> Any:
        return SimpleNamespace(remote=self.home.offer)

    @property
    def collect(self) -> Any:
        def collect(wish: Wish) -> list[Mail]:
            self.asked += 1
            if self.fault:
                raise self.fault
            return self.home.collect(wish)

        return SimpleNamespace(remote=collect)

    def put(self, content: Any) -> Any:
        return content

    def cancel(self, reference: Reference, force: bool) -> None:
        assert force, "a process that is interrupted in an import fails every later run"
        reference.result = errors.TaskCancelledError()

    def wait(self, references: list[Reference], num_returns: int, timeout: float) -> tuple[list[Reference], list[Any]]:
        return [reference for reference in references if reference.result is not None], []

    def get(self, answer: Any) -> Any:
        if not isinstance(answer, Reference):
            return answer
        if isinstance(answer.result, Exception):
            raise answer.result
        return answer.result


class Place:
    """A study of a few runs, and what is said of it."""

    def __init__(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        study = Study(name="S", device="cpu")
        self.specs: Sequence[RunSpec] = list(study.runs((1, 2, 3)))[:2]
        self.folders = [run_folder(workspace, spec) for spec in self.specs]
        for spec, folder in zip(self.specs, self.folders, strict=True):
            folder.create(spec)
            folder.write_status(phase=Phase.WAITING)
        self.control, self.events = Control(), list[Event]()
        caches = SimpleNamespace(unmapped=lambda: None)
        nothing = cast(Any, None)
        self.work = Work(
            study, workspace, nothing, cast(Any, caches), self.control, self.events.append, lambda batch: None
        )
        monkeypatch.setattr(Dispatch, "_order", self.order)

    def order(self, spec: RunSpec, number: int) -> Order:
        begun = tuple(map(_offer, run_folder(self.work.workspace, spec).resumable()))
        return Order(spec, Attempt(spec.id, number), begun, ())

    def train(self, ray: Ray) -> None:
        Dispatch(cast(Any, ray), 1, 0, self.work).train(self.specs)

    @property
    def ended(self) -> dict[str, Outcome]:
        finished = only(self.events, RunFinished)
        assert len({event.run for event in finished}) == len(finished)  # once each
        return {event.run: event.outcome for event in finished}

    @property
    def phases(self) -> list[Phase]:
        return [folder.status.phase for folder in self.folders]


@pytest.fixture
def place(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(workspace, monkeypatch)


def begin(order: Order, home: Home) -> None:
    started = RunStarted(order.spec.id, "", "", order.spec.fold, 0, 9, 0, 1, 1, 0, 1, 1)
    home.exchange(Mail(order.attempt, "bench-3", (started,)))


def parcel(order: Order, outcome: Outcome, **status: Any) -> Parcel:
    content = json.dumps({"phase": outcome.value, **status}).encode()
    files = {"status.json": content} | ({"last.ckpt": b"x"} if status else {})
    return Parcel(files, RunFinished(order.spec.id, outcome))


def raised(cause: Exception) -> Exception:
    """As Ray raises what a task raised."""
    return cast(Exception, errors.RayTaskError("train_on_node", "", cause).as_instanceof_cause())


def test_a_run_that_nobody_here_has_stopped_goes_on(place: Place) -> None:
    def task(order: Order, home: Home) -> Parcel:
        begin(order, home)
        if order.attempt.number == 1 and order.spec == place.specs[0]:
            return parcel(order, Outcome.CANCELLED, resumable=4)
        taken.append("last.ckpt" in [offer.path.name for offer in order.begun])
        return parcel(order, Outcome.DONE)

    taken: list[bool] = []
    place.train(Ray(task))
    assert place.phases == [Phase.DONE] * 2 and set(place.ended.values()) == {Outcome.DONE}
    assert sorted(taken) == [False, True]
    (said,) = (event.text for event in only(place.events, Message))
    assert "bench-3 could not reach this machine" in said and "goes on after epoch 4" in said


@pytest.mark.parametrize("cause", [Cancelled(), errors.RayActorError(), None])
def test_a_node_that_is_lost_again_and_again_fails_the_run(place: Place, cause: Exception | None) -> None:
    def task(order: Order, home: Home) -> Parcel | Exception:
        if order.spec == place.specs[1]:
            return parcel(order, Outcome.DONE)
        sent.append(order.attempt.number)
        return errors.NodeDiedError("") if cause is None else raised(cause)

    sent: list[int] = []
    place.train(Ray(task))
    assert sent == list(range(1, ATTEMPTS + 1)) and place.phases == [Phase.FAILED, Phase.DONE]
    assert f"lost {ATTEMPTS} times" in place.folders[0].status.reason


@pytest.mark.parametrize("back", [True, False])
def test_what_is_stopped_here_is_said_to_be_stopped(place: Place, back: bool) -> None:
    def task(order: Order, home: Home) -> Parcel | Exception:
        if order.spec == place.specs[1]:
            return raised(Cancelled())  # before it began
        begin(order, home)
        place.control.cancel()
        return parcel(order, Outcome.CANCELLED, resumable=4) if back else raised(ValueError())

    with pytest.raises(Cancelled):
        place.train(Ray(task))
    assert place.ended == {place.specs[0].id: Outcome.CANCELLED}
    assert place.phases == [Phase.CANCELLED, Phase.WAITING]


def test_a_run_that_cannot_be_sent_stops_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def order(dispatch: Dispatch, spec: RunSpec, number: int) -> Order:
        if spec == place.specs[0]:
            raise OSError("no such device")
        return place.order(spec, number)

    monkeypatch.setattr(Dispatch, "_order", order)
    place.train(Ray(lambda order, home: parcel(order, Outcome.DONE)))
    assert place.phases == [Phase.FAILED, Phase.DONE] and len(place.ended) == 2
    assert "OSError: no such device" in place.folders[0].status.reason


def test_news_that_cannot_be_kept_are_a_warning(place: Place) -> None:
    def task(order: Order, home: Home) -> Parcel:
        home.exchange(Mail(order.attempt, "bench-3", files={"../x": b""}))
        return parcel(order, Outcome.DONE)

    place.train(Ray(task))
    assert place.phases == [Phase.DONE] * 2
    assert len(only(place.events, Message)) == 2 and all(
        "'../x'" in event.text for event in only(place.events, Message)
    )


def test_what_is_under_way_when_something_unexpected_ends_the_study_is_said_to_have_failed(place: Place) -> None:
    def task(order: Order, home: Home) -> None:
        if order.spec == place.specs[0]:
            begin(order, home)

    ray = Ray(task)

    def emit(event: Event) -> None:
        place.events.append(event)
        if isinstance(event, RunStarted):
            ray.fault = errors.RayActorError()

    object.__setattr__(place.work, "emit", emit)
    with pytest.raises(errors.RayActorError):
        place.train(ray)
    assert place.ended == {place.specs[0].id: Outcome.FAILED}
    assert place.phases == [Phase.FAILED, Phase.WAITING]
    assert "Start the study again: the run is begun anew" in place.folders[0].status.reason


def test_a_paused_study_with_nothing_under_way_waits_without_asking(place: Place) -> None:
    ray = Ray(lambda order, home: parcel(order, Outcome.DONE))
    place.control.pause()
    thread = threading.Thread(target=place.train, args=(ray,), daemon=True)
    thread.start()
    time.sleep(0.3)
    assert ray.asked == 0 and thread.is_alive()
    place.control.resume()
    thread.join(10)
    assert place.phases == [Phase.DONE] * 2
