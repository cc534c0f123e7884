"""Live: what is on, who is asked, what was said last, and what of it is kept."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from core.captures import RECORDING, REPLAY, Capture, Said
from core.engine import Engine, State
from core.errors import UserError
from core.live.adapt import is_adapted
from core.live.capture import Stretch, write_capture
from core.live.decision import Decider, Decision
from core.live.live_run import Answer
from core.live.microphone import Microphone
from core.live.recogniser import Recogniser
from core.live.recording import Recorder
from core.live.replay import Replay
from core.live.settings import LiveSettings
from core.live.source import Source
from core.live.teach import is_taught
from core.live.webcam import Webcam
from core.live.windows import Senses
from core.runs import RunFolder

REMEMBERED = 600  # decisions of each network
LEAST = 1.0  # s of a clip that is replayed
UNASKED = 5.0  # s that a capture keeps where no network says how much it is given
MOST_ENDING = 8  # sources that are waited for in the end
MEASURED = 400  # answers over which latencies are told


@dataclass(frozen=True)
class Sources:
    """What is listened to and looked at; a replay is both."""

    microphone: Microphone | None = None
    camera: Webcam | None = None
    replay: Replay | None = None

    def all(self) -> tuple[Source, ...]:
        return tuple(source for source in (self.microphone, self.camera, self.replay) if source is not None)

    def senses(self) -> Senses:
        """The rings as they are now: a microphone has none before it was on."""
        sound = self.microphone.ring if self.microphone else self.replay.sound if self.replay else None
        sight = self.camera.ring if self.camera else self.replay.sight if self.replay else None
        return Senses(sound, sight)

    def facts(self) -> dict[str, str]:
        """What each gives, in words, by its name; of a replay the path of what it plays."""
        facts = {source.name: source.status.facts for source in self.all()}
        if self.replay is not None and self.replay.played is not None:
            facts[REPLAY] = str(self.replay.played.path.absolute())
        return facts


@dataclass
class Asked:
    """One network that is asked, and what it said.

    Attributes:
        latencies: of its last answers in s, from the end of a window to its answer.
    """

    folder: RunFolder
    label: str
    classes: tuple[str, ...]
    decider: Decider
    decisions: deque[Decision] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=MEASURED))

    @property
    def now(self) -> Decision | None:
        return self.decisions[-1] if self.decisions else None

    def take(self, answer: Answer) -> None:
        self.decisions.append(self.decider.take(answer))
        if answer.probabilities is not None:
            self.latencies.append(answer.ready - answer.at.when)

    def said(self) -> Said:
        """What is shown of it now, to be kept with a capture."""
        now = self.now
        if now is None or now.probabilities is None:
            return Said(self.folder.name, self.label, {}, now.lack if now else "")
        shown = zip(self.classes, now.probabilities.tolist(), strict=True)
        return Said(self.folder.name, self.label, dict(shown))


class Live:
    """Switched on and off, and polled, from one thread.

    A training on this machine's processor is paused while anything is on, and goes on afterwards; that of a lesson or
    of captures is not: it was asked for here, and takes minutes.

    Args:
        captures: where sessions are kept.
        engine: whose training is paused.
    """

    def __init__(self, captures: Path, engine: Engine, settings: LiveSettings | None = None) -> None:
        self.captures, self.engine = captures, engine
        self.settings = settings or LiveSettings()
        self.sources = Sources()
        self.session = ""  # of the last time that it was switched on
        self.asked: dict[str, Asked] = {}
        self.recogniser = Recogniser(self._senses, self.settings)
        self.recorder: Recorder | None = None
        self._ending: list[Source] = []  # were switched off, and perhaps not waited for
        self._held = ""  # study that was paused for this
        self._let = ""  # one that was set going again by hand: whoever does so has decided

    @property
    def on(self) -> bool:
        return bool(self.sources.all())

    @property
    def holds_training(self) -> bool:
        """Whether a training is paused since this is on."""
        status = self.engine.status
        return bool(self._held) and status.study == self._held and status.state is State.PAUSED

    def switch_on(self, sources: Sources) -> None:
        """Open the sources and begin to ask. What was on before is closed without waiting for it."""
        self.switch_off(wait=False)
        self.sources = sources
        self.session = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
        self._hold_training()
        for source in sources.all():
            source.start()
        for asked in self.asked.values():
            asked.decider = self._decider()
            asked.decisions.clear()
            asked.latencies.clear()
        self.recogniser.start()

    def switch_off(self, wait: bool = True) -> None:
        """Close everything; a recording that was under way is ended.

        Args:
            wait: for drivers, and for the window that is being answered; also for those of earlier times that were
                not waited for: a program that ends while they are at work would be torn down. Without, they end by
                themselves.
        """
        self.stop_recording()
        self.recogniser.stop(wait)
        self._ending += self.sources.all()
        for source in self._ending:
            source.stop(wait)
        self._ending = [] if wait else self._ending[-MOST_ENDING:]
        self.sources = Sources()
        self.recogniser.take()
        if self.holds_training:
            self.engine.resume()
        self._held = self._let = ""

    def choose(self, folders: Sequence[tuple[RunFolder, str]]) -> None:
        """Ask these runs, each with the label it is shown under.

        Raises:
            UserError: one cannot be read; the others are asked all the same.
        """
        chosen, troubles = {}, []
        for folder, label in folders:
            there = self.asked.get(folder.name)
            try:
                chosen[folder.name] = there or Asked(folder, label, folder.classes, self._decider())
            except UserError as error:
                troubles.append(str(error))
        self.asked = chosen
        self.recogniser.choose([asked.folder for asked in chosen.values()])
        if troubles:
            raise UserError(" ".join(troubles))

    def set(self, settings: LiveSettings) -> None:
        """Other settings, from the next window on."""
        self.settings = self.recogniser.settings = settings
        for asked in self.asked.values():
            asked.decider = self._decider()

    def poll(self) -> list[Answer]:
        """Take what was said since the last call: `asked` then tells it. A training that was begun since is paused."""
        if self.on:
            self._hold_training()
        answers = self.recogniser.take()
        for answer in answers:
            if answer.run in self.asked:
                self.asked[answer.run].take(answer)
        if self.recorder is not None:
            self.recorder.note(answers)
        return answers

    @property
    def span(self) -> float:
        """Seconds that the networks speak of."""
        return self.recogniser.longest or UNASKED

    def truth(self, start: float, end: float) -> str:
        """The class of what was replayed for most of the time from `start` to `end`; "" = nobody knows."""
        replay = self.sources.replay
        playing = replay.playing if replay is not None else None
        if replay is None or playing is None or end - replay.since <= (end - start) / 2:
            return ""
        return playing.label

    def keep(self, label: str = "") -> Callable[[], Capture]:
        """Take the last seconds, and what everybody says of them; of a replay, of the clip that is played now.

        Args:
            label: what it really is; "" = nobody has said, but a replay may know.

        Returns:
            what writes the capture, in any thread; as `core.live.capture.write_capture`.
        """
        end, replay = time.perf_counter(), self.sources.replay
        start = end - (self.settings.kept or self.span)
        label, session, facts = label or self.truth(start, end), self.session, self.sources.facts()
        begun = replay.since if replay is not None else -math.inf
        stretch = Stretch.of(self._senses(), max(start, begun), end)
        said = tuple(asked.said() for asked in self.asked.values())

        def write() -> Capture:
            if end - begun < LEAST:
                raise UserError("The clip that is replayed has just begun: wait a second before you keep it.")
            return write_capture(
                self.captures, stretch.cut_out(), session=session, label=label, sources=facts, said=said
            )

        return write

    def start_recording(self) -> None:
        """Keep everything from now on, without loss.

        Raises:
            UserError: nothing is heard or seen yet, or the folder cannot be made.
        """
        if not self._senses().begun:
            raise UserError("There is nothing to record yet: no sound and no picture has come.")
        if self.recorder is None:
            name = datetime.now().strftime(f"{RECORDING} %H-%M-%S-%f")[:-3]
            folder, since = self.captures / self.session / name, time.perf_counter()
            recorder = Recorder(folder, self.sources.senses, self.settings.sight, since)
            recorder.start()
            self.recorder = recorder

    def stop_recording(self) -> Recorder | None:
        """End the recording that is under way; the `stop` of what is returned waits until all of it is written."""
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            recorder.end()
        return recorder

    def _hold_training(self) -> None:
        """Pause what is trained on this machine's processor, unless it was begun here."""
        status = self.engine.status
        if status.state is State.IDLE:
            self._held = self._let = ""
        if status.state is not State.RUNNING or status.device != "CPU":
            return
        if status.study == self._held:
            self._held, self._let = "", status.study
        elif status.study != self._let and not (is_taught(status.study) or is_adapted(status.study)):
            self.engine.pause()
            self._held = status.study

    def _senses(self) -> Senses:
        return self.sources.senses()

    def _decider(self) -> Decider:
        return Decider(self.settings.smoothing, self.settings.threshold)
