"""Training with the window open and its curves drawing, against a bare PyTorch loop; and how late the window is.

uv run pytest -s tests/benchmarks/bench_training.py        (under a real display or QT_QPA_PLATFORM=offscreen)
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
import soundfile
import torch
from PySide6.QtCore import QElapsedTimer, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from torch.nn import functional as F

import models
from core.events import EpochEnded, Event, StudyFinished
from core.recipe import AudioSettings, Recipe
from core.run_spec import DatasetChoice, Network
from core.study import Study
from core.training.device import use_threads
from core.training.schedule import make_optimizer
from gui.main_window import MainWindow
from gui.session import Collector, open_context

PAIRS = 11
BOUND = 0.95
CLIPS = 64  # of the training fold
BATCH = 16
LATE_MS = 50.0
CLICK_MS = 100.0
CLICK_EVERY_MS = 1000  # a person in a hurry
AUDIO = AudioSettings(rate=22050, seconds=5.0, n_fft=1024, hop=512, mels=64)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise in two folds: synthetic, and only good for timing."""
    root = tmp_path_factory.mktemp("noise")
    random = np.random.default_rng(0)
    rows = ["path,label,fold"]
    for number in range(CLIPS + 8):
        soundfile.write(root / f"{number}.wav", random.normal(0, 0.1, AUDIO.samples).astype(np.float32), AUDIO.rate)
        rows.append(f"{number}.wav,{'ab'[number % 2]},{1 if number < 8 else 2}")
    (root / "labels.csv").write_text("\n".join(rows))
    return root


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path):
    collector = Collector(qapp)  # as in a session: collected in the engine's thread, Qt's objects would crash
    made = MainWindow(open_context(tmp_path / "workspace"))
    made.resize(1280, 800)
    made.show()
    made.show_panel("train")
    loop = QEventLoop()
    made.context.libraries.arrived.connect(loop.quit)
    made.context.libraries.load(made.context.jobs)
    loop.exec()
    yield made
    made.context.engine.cancel()
    made.context.engine.join(60)
    made.close()
    collector.stop()


def study(sounds: Path, architecture: str, epochs: int, name: str) -> Study:
    return Study(
        name=name,
        dataset=DatasetChoice(name="labelled-folder", root=str(sounds)),
        folds=(1,),
        device="cpu",
        network=(Network(architecture=architecture),),
        recipe=Recipe(epochs=epochs, batch_size=BATCH, learning_rate=1e-4, audio=AUDIO),
    )


def run_window_until(window: MainWindow, kind: type[Event]) -> None:
    """Qt's own loop, as in the app, until the window has heard of an event: polling would cost what is measured."""
    loop = QEventLoop()

    def hear(event: Event) -> None:
        if isinstance(event, (kind, StudyFinished)):
            loop.quit()

    window.context.bridge.happened.connect(hear)
    loop.exec()
    window.context.bridge.happened.disconnect(hear)


class Bare:
    """The loop anyone would write: the same network, batch and optimiser, spectrograms ready in memory."""

    def __init__(self, architecture: str) -> None:
        torch.manual_seed(0)
        self.network = models.build(architecture, 2).to(memory_format=torch.channels_last).train()
        self.optimizer = make_optimizer(self.network.named_parameters(), frozenset(), Recipe(learning_rate=1e-4))
        self.inputs = torch.randn(CLIPS, 1, AUDIO.mels, AUDIO.frames)
        self.labels = torch.arange(CLIPS) % 2

    def epoch(self) -> float:
        """Clips a second."""
        start = time.perf_counter()
        for first in range(0, CLIPS, BATCH):
            logits = self.network(self.inputs[first : first + BATCH])
            loss = F.cross_entropy(logits, self.labels[first : first + BATCH])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return CLIPS / (time.perf_counter() - start)


@pytest.mark.parametrize("architecture", ["alexnet", "resnet50"])
def test_training_in_the_window_keeps_up_with_a_bare_loop(
    architecture: str, sounds: Path, window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    use_threads()
    bare, engine = Bare(architecture), window.context.engine
    bare.epoch()
    ours: list[float] = []
    theirs: list[float] = []

    def rest(event: Event) -> None:
        """Called in the engine's thread: it comes to rest before its next batch, so that the two train in turn."""
        if isinstance(event, EpochEnded):
            ours.append(event.clips_per_second)
            engine.pause()

    unsubscribe = engine.subscribe(rest)
    engine.start(study(sounds, architecture, PAIRS + 1, f"bench-{architecture}"))
    for _ in range(PAIRS + 1):
        run_window_until(window, EpochEnded)
        theirs.append(bare.epoch())
        engine.resume()
    run_window_until(window, StudyFinished)
    unsubscribe()
    ours, theirs = ours[1:], theirs[1:]  # the first epoch warms up
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    with capsys.disabled():
        print(
            f"\n{architecture}, batch {BATCH}, 1×{AUDIO.mels}×{AUDIO.frames}: window {statistics.median(ours):.1f} "
            f"clips/s, bare loop {statistics.median(theirs):.1f} clips/s, ratio {ratio:.3f} "
            f"({min(ratios):.3f} to {max(ratios):.3f}; median of {PAIRS} interleaved pairs, at least {BOUND})"
        )
    assert ratio >= BOUND


def test_the_window_is_quick_while_resnet_trains(
    sounds: Path, window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, panels = window.context.engine, ["data", "train", "compare", "errors"]
    for name in panels:
        window.show_panel(name)  # made once; a first visit is not a click's answer
    engine.start(study(sounds, "resnet50", 8, "bench-late"))
    run_window_until(window, EpochEnded)  # the libraries are loaded and the training is under way
    gaps: list[float] = []
    clock = QElapsedTimer()
    clock.start()
    timer = QTimer()
    timer.setInterval(10)
    timer.timeout.connect(lambda: (gaps.append(clock.nsecsElapsed() / 1e6 - 10), clock.restart()))
    timer.start()
    clicks: list[float] = []

    def click() -> None:
        start = time.perf_counter()
        window.show_panel(panels[len(clicks) % len(panels)])
        window.repaint()
        clicks.append((time.perf_counter() - start) * 1e3)

    clicking = QTimer()
    clicking.setInterval(CLICK_EVERY_MS)
    clicking.timeout.connect(click)
    clicking.start()
    run_window_until(window, StudyFinished)
    timer.stop()
    clicking.stop()
    late, answered = float(np.percentile(gaps, 99)), float(np.percentile(clicks, 99))
    with capsys.disabled():
        print(
            f"\nwhile ResNet-50 trains: event loop late by {late:.1f} ms (99th percentile of {len(gaps)}, "
            f"at most {LATE_MS:g}), a click on the rail answered in {answered:.1f} ms (at most {CLICK_MS:g})"
        )
    assert late <= LATE_MS
    assert answered <= CLICK_MS
