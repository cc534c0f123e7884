"""What a node of a cluster does: one run, in a scratch folder, with the trainer that every run has."""

from __future__ import annotations

import contextlib
import logging
import platform
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.caches import Caches
from core.cluster.fetch import BLOCK, decoded_here, fetch
from core.cluster.home import Attempt, Mail, Offer, Wish
from core.control import Control
from core.datasets.base import Dataset
from core.errors import Cancelled
from core.events import BatchEnded, Event, Message, RunFinished
from core.run_spec import RunSpec
from core.runs import RunFolder, run_folder
from core.training.workbench import WeightsFile, Workbench
from core.workspace import Workspace

log = logging.getLogger(__name__)
EVERY = 0.5  # seconds between two mails
TRIES = 5  # to reach home, before a run is given up
ALOUD = ("environment.json", "initial_weights.txt", "set_aside.json", "log.csv")  # sent home as they are written


@dataclass(frozen=True)
class Job:
    """What all runs of a study share."""

    dataset: Dataset
    caches: Caches  # unmapped
    device: str  # as the study has it
    threads: int
    checkpoint_every: float
    commit: str  # of the programme: what reaches the node is no checkout
    packages: Mapping[str, str]  # versions at home
    wandb: str  # as the study has it


@dataclass(frozen=True)
class Order:
    """One run, and the files at home that it starts from."""

    spec: RunSpec
    attempt: Attempt
    begun: tuple[Offer, ...]  # of its folder, where it was begun before
    weights: tuple[tuple[Offer, WeightsFile], ...]

    @property
    def offers(self) -> tuple[Offer, ...]:
        return self.begun + tuple(offer for offer, _ in self.weights)


@dataclass(frozen=True)
class Parcel:
    """The folder of a run that has ended, one way or another."""

    files: dict[str, bytes]  # by path within the folder
    finished: RunFinished


def train_on_node(job: Job, order: Order, home: Any) -> Parcel:
    """Train a run and return its folder; a Ray task.

    Raises:
        UserError: something that it needs cannot be brought here.
        Cancelled: before it began.
    """
    from core.environment import environment
    from core.training.device import choose_device, use_threads
    from core.training.trainer import train_run

    device, threads = choose_device(job.device), use_threads(job.threads)
    with tempfile.TemporaryDirectory(prefix="sensorium-run-") as scratch:
        workspace = Workspace(Path(scratch))
        folder = run_folder(workspace, order.spec)
        folder.create(order.spec)
        control = Control()
        with _Line(home, order.attempt, folder, control) as line:
            for file in order.begun:
                fetch(file, folder.path / file.path.name, line.blocks, control)
            weights = tuple(_brought(*pair, workspace, line) for pair in order.weights)
            caches = job.caches.mapped(order.spec, lambda file: decoded_here(file, line.blocks, control))
            surroundings = environment(str(device), threads, job.dataset, caches)
            folder.write_environment(surroundings | {"commit": job.commit, "node": platform.node()})
            if others := _others(surroundings["packages"], job.packages):
                line.emit(Message(f"The node {platform.node()} has {others}: its results may differ.", "warning"))
            bench = Workbench(
                workspace, job.dataset, caches, device, job.checkpoint_every,
                control, line.emit, line.on_batch, brought=weights, wandb=job.wandb,
            )  # fmt: skip
            with contextlib.suppress(Cancelled):  # the folder says so
                train_run(order.spec, folder, bench)
        assert line.finished is not None  # train_run ends with it
        return Parcel(_content(folder.path), line.finished)


def _brought(offer: Offer, file: WeightsFile, workspace: Workspace, line: _Line) -> WeightsFile:
    """A copy of weights, which goes by the name of what it is a copy of."""
    place = workspace.weights / f"{len(list(workspace.weights.glob('*')))}-{offer.path.name}"
    fetch(offer, place, line.blocks, line.control)
    return replace(file, path=place, origin=str(file))


def _others(here: Mapping[str, str], at_home: Mapping[str, str]) -> str:
    """Which versions differ."""
    differing = (name for name in here if here[name] != at_home.get(name))
    return ", ".join(f"{name} {here[name]} (here {at_home.get(name)})" for name in differing)


def _content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class _Line:
    """The line home, while it is entered: says what happens every half second, and hears what is wished."""

    def __init__(self, home: Any, attempt: Attempt, folder: RunFolder, control: Control) -> None:
        self.control = control
        self.finished: RunFinished | None = None  # not said: the files come home first
        self._home, self._attempt, self._folder = home, attempt, folder
        self._events: deque[Event] = deque()
        self._batches: deque[BatchEnded] = deque(maxlen=2000)
        self._sent: dict[str, int] = {}  # when what was sent had been written
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_in_touch, name="line", daemon=True)

    def __enter__(self) -> _Line:
        self._exchange()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._reached()  # what is not heard now is in the run's folder, too, which follows

    def emit(self, event: Event) -> None:
        if isinstance(event, RunFinished):
            self.finished = event
        else:
            self._events.append(event)

    def on_batch(self, batch: BatchEnded) -> None:
        self._batches.append(batch)

    def blocks(self, file: Offer) -> Iterator[bytes]:
        """The content of a file at home; one block is on its way while another is written."""
        import ray

        coming: deque[Any] = deque()
        for start in range(0, file.size, BLOCK):
            coming.append(self._home.read.remote(file.path, start, BLOCK))
            if len(coming) > 1:
                yield ray.get(coming.popleft())
        yield from map(ray.get, coming)

    def _keep_in_touch(self) -> None:
        try:
            while not self._over.wait(EVERY) and self._reached():
                pass
        finally:
            if not self._over.is_set():  # nobody is at home any more, or hears: nobody wants the run
                self.control.cancel()

    def _reached(self) -> bool:
        """Exchange; after a few vain tries False."""
        from ray.exceptions import RayError

        for tried in range(TRIES):
            if tried:
                time.sleep(EVERY)
            try:
                self._exchange()
            except (RayError, OSError) as error:  # of the network; of a file that is being replaced
                log.warning("%s: home was not reached: %s", self._attempt.run, error)
            else:
                return True
        return False

    def _exchange(self) -> None:
        """Say what is new. What home does not answer is said again: rather twice than never."""
        import ray

        events, (news, written) = tuple(self._events), self._news()
        batches = tuple(self._batches.popleft() for _ in range(len(self._batches)))
        mail = Mail(self._attempt, platform.node(), events, batches, news)
        wish = ray.get(self._home.exchange.remote(mail))
        for _ in events:
            self._events.popleft()
        self._sent |= written
        if wish is Wish.CANCEL:
            self.control.cancel()
        elif wish is Wish.PAUSE:
            self.control.pause()
        else:
            self.control.resume()

    def _news(self) -> tuple[dict[str, bytes], dict[str, int]]:
        """Files that home has not seen as they are, and when they were written."""
        files, written = {}, {}
        for name in ALOUD:
            path = self._folder.path / name
            at = path.stat().st_mtime_ns if path.exists() else 0
            if at != self._sent.get(name, 0):
                files[name], written[name] = path.read_bytes(), at
        return files, written
