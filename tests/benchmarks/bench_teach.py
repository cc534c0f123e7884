"""Three classes taught by keys in the window, from recordings that are played to it, and then recognised.

uv run python tests/benchmarks/bench_teach.py microphone FOLDER esc10 DATASET --classes rain,chainsaw,crying_baby
uv run python tests/benchmarks/bench_teach.py camera FOLDER labelled-folder DATASET --classes wave2,jack,bend

FOLDER becomes a workspace; features of ImageNet are learned from where its `weights` hold them. Clips of one fold are
asked about, others are taught.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the repository is no package: its root comes first
import typer  # noqa: E402
from PySide6.QtCore import QEventLoop, Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from core.chosen import open_chosen  # noqa: E402
from core.control import Control  # noqa: E402
from core.datasets.base import Clip  # noqa: E402
from core.study import DatasetChoice  # noqa: E402
from core.video.decode import decode  # noqa: E402
from gui import theme  # noqa: E402
from gui.main_window import MainWindow  # noqa: E402
from gui.panels.live import LivePanel  # noqa: E402
from gui.panels.live_bar import CAMERA, MICROPHONE  # noqa: E402
from gui.session import open_context  # noqa: E402
from tests.core.live.mjpeg import NetworkCamera  # noqa: E402
from tests.virtual_microphone import virtual_microphone  # noqa: E402

HELD = 3.0  # s that a key is held
RATE = 25.0  # frames a second of the camera
Play = Callable[[Clip], None]
app = typer.Typer(add_completion=False, help=__doc__)
Names = Annotated[str, typer.Option(help="Three, with commas between.")]
Fold = Annotated[int, typer.Option(help="That is asked about.")]


@app.command()
def microphone(folder: Path, dataset: str, root: Path, classes: Names, fold: Fold = 1, presses: int = 4) -> None:
    """Through PulseAudio."""
    with virtual_microphone():

        def play(clip: Clip) -> None:
            subprocess.Popen(["paplay", "--latency-msec=50", str(clip.path)])

        teach(folder, DatasetChoice(name=dataset, root=str(root)), classes.split(","), fold, presses, MICROPHONE, play)


@app.command()
def camera(folder: Path, dataset: str, root: Path, classes: Names, fold: Fold = 1, presses: int = 4) -> None:
    """As an MJPEG stream on loopback."""
    with served() as (source, play):
        teach(folder, DatasetChoice(name=dataset, root=str(root)), classes.split(","), fold, presses, source, play)


@contextmanager
def served() -> Iterator[tuple[str, Play]]:
    camera = NetworkCamera([np.zeros((144, 180, 3), np.uint8)], RATE)

    def play(clip: Clip) -> None:
        pictures, _, _ = decode(clip.path)
        camera.show([picture[..., ::-1] for picture in pictures])

    try:
        yield camera.address, play
    finally:
        camera.close()


def pass_time(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def until(there: Callable[[], object], seconds: float = 300.0) -> None:
    begun = time.perf_counter()
    while not there():
        if time.perf_counter() - begun > seconds:
            raise TimeoutError
        pass_time(0.1)


def teach(
    folder: Path,
    choice: DatasetChoice,
    names: list[str],
    fold: int,
    presses: int,
    source: str,
    play: Play,
) -> None:
    """`source`: MICROPHONE, or the address of a camera."""
    qt = QApplication(sys.argv[:1])
    theme.apply(qt, dark=False)
    context = open_context(folder)
    dataset = open_chosen(choice, context.workspace, Control())

    def clips(name: str, *, taught: bool) -> list[Clip]:
        label = dataset.classes.index(name)
        return [clip for clip in dataset.clips if clip.label == label and (clip.fold != fold) == taught]

    window = MainWindow(context)
    window.resize(1280, 800)
    window.show()
    context.libraries.load(context.jobs)
    window.show_panel("live")
    panel = window.panels["live"]
    assert isinstance(panel, LivePanel)
    until(lambda: panel.live is not None)
    with ExitStack() as ends:
        ends.callback(window.close)
        panel.bar.teach.setChecked(True)
        panel.bar.sources.setCurrentIndex(panel.bar.sources.findData(MICROPHONE if source == MICROPHONE else CAMERA))
        if source != MICROPHONE:
            panel.bar.cameras.setEditText(source)
        panel.bar.sources.activated.emit(panel.bar.sources.currentIndex())
        form = panel.teach
        form.add.click()
        for row, name in zip(form.rows, names, strict=True):
            row.line.setText(name)
            row.line.editingFinished.emit()
        qt.setActiveWindow(window)  # no window manager may be there to do so
        panel.setFocus()
        panel.bar.switch.click()
        until(lambda: any(ring and ring.written for ring in vars(panel.live.sources.senses()).values()))
        for place, name in enumerate(names):
            taught = clips(name, taught=True)
            for number in range(presses):
                play(taught[number % len(taught)])
                pass_time(0.4)
                QTest.keyPress(panel, Qt.Key(Qt.Key.Key_1 + place))
                pass_time(HELD)
                QTest.keyRelease(panel.window().focusWidget() or form, Qt.Key(Qt.Key.Key_1 + place))
                pass_time(2.0)
        print(form.note.text(), "|", dict(form.lesson.presses()), dict(form.lesson.examples()))
        if not form.train.isEnabled():
            raise SystemExit(form.lacks.text())
        begun = time.perf_counter()
        form.train.click()
        until(form.progress.isHidden)
        if not panel.chosen:
            raise SystemExit(form.note.text())
        until(lambda: panel.live.recogniser.status.ready)
        print(f"trained and live after {time.perf_counter() - begun:.0f} s: {form.note.text()}")
        print(f"asked: {', '.join(card.network for card in panel.answers.cards)}")
        for name in names:
            said = []
            for clip in clips(name, taught=False)[: 2 * presses]:
                play(clip)
                pass_time(HELD)
                card = panel.answers.cards[0]
                best = "silence" if card.probabilities is None else card.classes[int(card.probabilities.argmax())]
                said.append(best)
                pass_time(2.5)
            print(f"{name}: right {said.count(name)} of {len(said)} ({', '.join(said)})")
        print(panel.status.text())


if __name__ == "__main__":
    app()
