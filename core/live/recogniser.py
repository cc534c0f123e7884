"""The recogniser: a thread that asks finished runs about the newest window, again and again."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.errors import UserError
from core.live.live_run import Answer, LiveRun
from core.live.settings import LiveSettings
from core.live.windows import Moment, Senses, cut
from core.runs import RunFolder
from core.training.device import choose_device, use_threads

log = logging.getLogger(__name__)
MOST_ANSWERS = 1000  # that wait to be taken
PATIENCE = 0.5  # s that the end of a window is waited for: longer and the microphone has gone
LOOK = 0.004  # s between looks at whether it is there


@dataclass(frozen=True)
class RecogniserStatus:
    """A snapshot for the window.

    Attributes:
        loading: names of runs whose networks are being read.
        ready: names of the runs that are asked.
        troubles: a sentence for each run that cannot be asked.
        hop: seconds between the windows that are asked about now.
        asked: windows, and `skipped`: those that were passed over since the machine was too slow.
    """

    loading: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    hop: float = 0.0
    asked: int = 0
    skipped: int = 0


class Recogniser:
    """Started and stopped from one thread; networks are read and asked in its own.

    Args:
        senses: what is on now; called for every window.
    """

    def __init__(self, senses: Callable[[], Senses], settings: LiveSettings | None = None) -> None:
        self.settings = settings or LiveSettings()
        self.status = RecogniserStatus()
        self._senses = senses
        self._wanted: tuple[RunFolder, ...] = ()
        self._runs: list[LiveRun] = []
        self._took: dict[str, float] = {}  # s of a network's quickest answer, by run
        self._answers: deque[Answer] = deque(maxlen=MOST_ANSWERS)
        self._changed, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._ending: list[threading.Thread] = []  # were told to stop, and not waited for
        self._networks = threading.Lock()  # a thread that was not waited for may still be reading or asking one

    def choose(self, folders: Sequence[RunFolder]) -> None:
        """Ask these runs from now on; networks that are new are read in the background."""
        self._wanted = tuple(folders)
        self._changed.set()

    @property
    def longest(self) -> float:
        """Seconds that any of the networks is given; 0 where none has been read."""
        return max((max(run.seconds.values()) for run in self._runs), default=0.0)

    def take(self) -> list[Answer]:
        """The answers since the last call, the oldest first."""
        taken = []
        while self._answers:
            taken.append(self._answers.popleft())
        return taken

    def start(self) -> None:
        if self._thread is None:
            self._stop, self._answers = threading.Event(), deque(maxlen=MOST_ANSWERS)
            self.status = replace(self.status, asked=0, skipped=0)
            self._thread = threading.Thread(
                target=self._work, args=(self._stop, self._answers), name="live recogniser", daemon=True
            )
            self._thread.start()

    def stop(self, wait: bool = True) -> None:
        """Return when the last window is answered, without `wait` at once; networks stay in memory."""
        if self._thread is not None:
            self._ending.append(self._thread)
            self._thread = None
            self._stop.set()
        self._ending = [thread for thread in self._ending if thread.is_alive()]
        while wait and self._ending:
            self._ending.pop().join()

    def load(self) -> None:
        """Read the networks of the runs that were chosen, and let go of the others. A run that fails is said."""
        wanted = self._wanted
        there = {run.name: run for run in self._runs}
        runs: list[LiveRun] = []
        troubles: list[str] = []
        for folder in wanted:
            if folder.name not in there:
                missing = (other.name for other in wanted if other.name not in there)
                self.status = replace(self.status, loading=tuple(missing), troubles=tuple(troubles))
                try:
                    there[folder.name] = LiveRun(folder, choose_device("auto"), self.settings.sight)
                except UserError as error:
                    troubles.append(str(error))
                except Exception as error:
                    log.exception("%s cannot be read", folder.name)
                    troubles.append(f"{folder.name} cannot be asked ({type(error).__name__}: {error}).")
            if folder.name in there:
                runs.append(there[folder.name])
        self._runs = runs
        ready = tuple(run.name for run in runs)
        self.status = replace(self.status, loading=(), ready=ready, troubles=tuple(troubles))

    def answer(self, at: Moment, complete: float) -> list[Answer]:
        """Ask every run that was read about the window that ends at a moment; the quickest first: it waits for none.

        Args:
            complete: when all of the window was there.

        Raises:
            IndexError: its sound is not there yet, or no more.
        """
        senses, answers = self._senses(), []
        for run in sorted(self._runs, key=lambda run: self._took.get(run.name, 0.0)):
            run.sight, begun = self.settings.sight, time.perf_counter()
            window = cut(senses, at, run.seconds)
            lack = run.lacks(window, self.settings.silence)
            try:
                said = None if lack else run.ask(window)
            except Exception as error:  # the others are asked all the same
                self._tell(f"{run.name} could not be asked ({type(error).__name__}: {error}).")
                continue
            ready = time.perf_counter()
            if said is not None:
                self._took[run.name] = min(ready - begun, self._took.get(run.name, math.inf))
            answers.append(Answer(run.name, at, complete, ready, said, lack))
        return answers

    def _tell(self, trouble: str) -> None:
        """Once, however many windows it is true of."""
        if trouble not in self.status.troubles:
            log.exception(trouble)
            self.status = replace(self.status, troubles=(*self.status.troubles, trouble))

    def _work(self, stop: threading.Event, answers: deque[Answer]) -> None:
        use_threads()
        due = time.perf_counter()
        while not stop.is_set():
            if self._changed.is_set():
                self._changed.clear()
                with self._networks:
                    self.load()
                due = time.perf_counter()
            reached = self._reached(due, stop)
            if reached is None:
                return
            try:
                with self._networks:
                    answers.extend(self.answer(*reached))
            except IndexError:
                log.warning("the sound of a window was overwritten before it was asked about")
            except Exception:
                log.exception("a window could not be answered")
            due = self._next(due)

    def _reached(self, due: float, stop: threading.Event) -> tuple[Moment, float] | None:
        """Wait until all that was heard up to a time is there, and say since when it is; None = stopped.

        What is there at the first look came while an earlier window was answered: it has waited since it was due.
        """
        since = due
        while not stop.wait(max(0.0, due - time.perf_counter())):
            sound = self._senses().sound
            if sound is None or not sound.written:
                return Moment(due), since
            sample = sound.sample_at(due)
            if sample <= sound.written:
                return Moment(due, max(0, sample)), since
            if time.perf_counter() - due > PATIENCE:
                return Moment(due), since
            stop.wait(LOOK)
            since = time.perf_counter()
        return None

    def _next(self, due: float) -> float:
        """When the next window ends: one hop on, or as many as the machine was too slow for."""
        hop = self.settings.hop
        late = math.floor((time.perf_counter() - due) / hop)
        steps = max(1, late)
        self.status = replace(
            self.status, hop=steps * hop, asked=self.status.asked + 1, skipped=self.status.skipped + steps - 1
        )
        return due + steps * hop
