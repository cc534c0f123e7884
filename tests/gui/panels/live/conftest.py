"""A Live panel on sources that are played by the test, and networks that answer at once."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.live import recogniser
from core.live.live_run import Lack
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.session import Sources
from core.live.source import Source, SourceState, SourceStatus
from gui.panels.live import LivePanel
from gui.panels.live_sources import LiveSources
from tests.gui.make_runs import make_modalities, synthetic_clips

RATE = 16000
CLASSES = 4


class QuickRun:
    """Stands for the network of a run: sure of the class whose number is written on the window's last frame, or of the
    first where it is only heard."""

    def __init__(self, folder, device, seconds) -> None:
        self.folder, self.spec, self.name = folder, folder.spec, folder.name
        self.classes = folder.classes
        self.seconds = dict.fromkeys(folder.spec.modality.wings, 0.2)

    def lacks(self, window, silence):
        if "audio" in self.seconds and window.sound is None:
            return Lack.NO_SOUND
        if "audio" in self.seconds and "video" not in self.seconds and window.loudness < silence:
            return Lack.SILENCE
        return Lack.NOTHING if "video" not in self.seconds or window.seen else Lack.NO_PICTURE

    def ask(self, window):
        said = int(window.frames[-1][1][0, 0, 0]) if window.seen else 0
        probabilities = np.full(len(self.classes), 0.1 / (len(self.classes) - 1), np.float32)
        probabilities[said] = 0.9
        return probabilities


class Played(Source):
    """A source without a thread: the test says what is heard and seen."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.ring = SoundRing(RATE, 20.0) if name == "microphone" else FrameRing(20.0, 10**9)
        self.overflows = 0
        self.starts = self.stops = 0

    def start(self) -> None:
        self.starts += 1
        self.status = SourceStatus(SourceState.ON, "played by a test")

    def stop(self, wait: bool = True) -> None:
        self.stops += 1
        self.status = SourceStatus()

    def _open(self) -> str:
        raise NotImplementedError

    def _read(self) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError


class World:
    """What is heard and seen now: call it again and again."""

    def __init__(self) -> None:
        self.microphone, self.camera = Played("microphone"), Played("camera")
        self.shown = 0  # class whose number is on the picture; −1 = the camera gives nothing
        self.loudness = 0.5
        self._heard = 0.0

    def __call__(self) -> None:
        """Up to now."""
        now = time.perf_counter()
        if self.shown >= 0:
            self.camera.ring.append(np.full((12, 16, 3), self.shown, np.uint8), now)
        count = min(RATE, int((now - self._heard) * RATE))
        self.microphone.ring.append(np.full(count, self.loudness, np.float32), now)
        self._heard = now

    def both(self) -> Sources:
        return Sources(self.microphone, self.camera)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def runs(context):
    """Of two architectures on sound, sight and both."""
    made = make_modalities(context.workspace, synthetic_clips(CLASSES, per_class=8), folds=(1,))
    for run in made:
        run.weights.write_bytes(b"not read by these tests")
    return made


@pytest.fixture
def opened(qtbot, show_panel, world, monkeypatch):
    """The panel with the networks that it asks at first, switched off."""
    monkeypatch.setattr(recogniser, "LiveRun", QuickRun)
    monkeypatch.setattr(LiveSources, "make", lambda sources: world.both())
    monkeypatch.setattr(LiveSources, "list_devices", lambda sources: None)

    def open_panel():
        panel = show_panel(LivePanel)
        qtbot.waitUntil(lambda: bool(panel.choices) and panel.live is not None, timeout=20_000)
        return panel

    return open_panel


@pytest.fixture
def on(qtbot, opened, runs, world):
    """Switched on, with every network that was chosen asked once."""
    panel = opened()
    panel.bar.switch.click()
    wait_for_words(qtbot, panel, world)
    return panel


def wait_for_words(qtbot, panel, world, wanted=None):
    """Until every card says something, or all that see say a word."""

    def said() -> bool:
        world()
        words = [card.word for card in panel.answers.cards if wanted is None or "video" in card.modality.wings]
        return bool(words) and all(word == wanted if wanted else not word.endswith("…") for word in words)

    qtbot.waitUntil(said, timeout=20_000)


def wait_for_rows(qtbot, panel, count):
    """Until so many captures and recordings are listed."""
    qtbot.waitUntil(lambda: panel.captures.tree.topLevelItemCount() == count)
