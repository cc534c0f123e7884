"""Live answers against offline ones: test clips played through a virtual microphone, or shown by a network camera.

uv run python tests/benchmarks/bench_live.py microphone WORKSPACE STUDY --fold 1
uv run python tests/benchmarks/bench_live.py camera WORKSPACE STUDY --fold 1 --fold 2
uv run python tests/benchmarks/bench_live.py endurance WORKSPACE STUDY --minutes 60

Every finished run of the study on the fold is asked, side by side, through the same code as in the window: devices,
rings, recogniser. Agreement is the share of clips whose likeliest class is that of the run's own test predictions.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the repository is no package: its root comes first
import psutil  # noqa: E402
import soundfile  # noqa: E402
import typer  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from core.audio.decode import decode  # noqa: E402
from core.chosen import open_chosen  # noqa: E402
from core.control import Control  # noqa: E402
from core.datasets.base import Clip, Dataset, Modality  # noqa: E402
from core.engine import Engine  # noqa: E402
from core.live.live_run import Answer  # noqa: E402
from core.live.microphone import Microphone  # noqa: E402
from core.live.offered import first_choice, live_choices  # noqa: E402
from core.live.session import Live, Sources  # noqa: E402
from core.live.settings import LiveSettings  # noqa: E402
from core.live.source import SourceState  # noqa: E402
from core.live.webcam import Webcam  # noqa: E402
from core.live.windows import lengths  # noqa: E402
from core.run_records import Phase  # noqa: E402
from core.runs import RunFolder, list_runs  # noqa: E402
from core.video.decode import decode as look  # noqa: E402
from core.workspace import Workspace  # noqa: E402
from gui.panels.live_bar import BOTH, DATASET, MICROPHONE  # noqa: E402
from tests.core.live.mjpeg import NetworkCamera  # noqa: E402
from tests.virtual_microphone import missing, virtual_microphone  # noqa: E402

RATE = 44100  # Hz of what is played
PAUSE = 0.5  # s of silence after each clip
LEAD = 1.0  # s of silence on either side of the mark
HOP = 0.25  # s between windows
NEAR = 0.2  # s: an answer this near to the end of a clip speaks of it
TEN = 10  # minutes
WARM = 120.0  # s until networks are read and rings are full
COMES = 0.1  # s that a frame may take from the camera into the ring
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass
class Heard:
    """What one run said live, clip by clip."""

    agreed: list[bool] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    offline_right: list[bool] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)  # s from a window that is complete to its answer

    def add(self, said: NDArray[np.float32], offline: NDArray[np.float32], label: int) -> None:
        self.agreed.append(bool(said.argmax() == offline.argmax()))
        self.right.append(bool(said.argmax() == label))
        self.offline_right.append(bool(offline.argmax() == label))

    def sentence(self, name: str) -> str:
        p50, p95 = np.percentile(self.waits, (50, 95)) * 1000
        return (
            f"{name}: {len(self.agreed)} clips, agreement {100 * np.mean(self.agreed):.1f} %, "
            f"right live {100 * np.mean(self.right):.1f} %, offline {100 * np.mean(self.offline_right):.1f} %, "
            f"window complete → prediction p50 {p50:.0f} ms, p95 {p95:.0f} ms"
        )


@app.command()
def microphone(
    workspace: Annotated[Path, typer.Argument(help="With finished runs on sound.")],
    study: Annotated[str, typer.Argument()],
    fold: Annotated[int, typer.Option(help="Its test clips are played.")] = 1,
    clips: Annotated[int, typer.Option(help="At most.")] = 1000,
) -> None:
    """Play the test clips through PulseAudio into the real microphone path."""
    if missing():
        raise typer.BadParameter(missing())
    there = Workspace(workspace)
    runs = finished(there, study, fold, Modality.AUDIO)
    dataset = dataset_of(runs[0], there)
    played = [clip for clip in dataset.clips if clip.fold == fold][:clips]
    with virtual_microphone():
        live = Live(there.captures, Engine(there), LiveSettings(silence=-100.0, hop=HOP))
        live.choose([(run, run.spec.network.label) for run in runs])
        live.recogniser.load()
        heard = Microphone(seconds=60.0)
        live.switch_on(Sources(microphone=heard))
        try:
            answers, ends = listen(live, heard, played, there.root / "played.wav")
        finally:
            live.switch_off()
    for run in runs:
        print(told(run, played, answers, ends).sentence(run.spec.network.label))
    print(f"overflows {heard.overflows}, windows passed over {live.recogniser.status.skipped}")


def listen(live: Live, heard: Microphone, played: Sequence[Clip], file: Path) -> tuple[list[Answer], list[int]]:
    """Everything that was said, and the sample of the ring at which each clip ended."""
    mark = np.random.default_rng(0).normal(0, 0.2, RATE // 4).astype(np.float32)
    quiet = np.zeros(round(LEAD * RATE), np.float32)
    parts, ends = [quiet, mark, quiet], []
    place = sum(map(len, parts))
    for clip in played:
        samples, _ = decode(clip.path, RATE)
        parts += [samples, np.zeros(round(PAUSE * RATE), np.float32)]
        ends.append(place + len(samples))
        place += len(parts[-2]) + len(parts[-1])
    soundfile.write(file, np.concatenate(parts), RATE, subtype="FLOAT")
    while heard.ring is None or not heard.ring.written:
        time.sleep(0.1)
    player = subprocess.Popen(["paplay", "--latency-msec=50", str(file)])
    answers: list[Answer] = []
    begun, origin = time.perf_counter(), -1
    while player.poll() is None or time.perf_counter() - begun < place / RATE + 2:
        time.sleep(0.2)
        answers += live.poll()
        if origin < 0 and time.perf_counter() - begun > 2 * LEAD + 1:
            origin = found(mark, heard.ring.read(heard.ring.oldest, heard.ring.written), heard.ring.rate)
            origin += heard.ring.oldest - round(LEAD * heard.ring.rate)
    file.unlink()
    return answers, [origin + round(end * heard.ring.rate / RATE) for end in ends]


def found(mark: NDArray[np.float32], samples: NDArray[np.float32], rate: int) -> int:
    """The sample at which the mark begins."""
    import soxr
    from scipy.signal import fftconvolve

    wanted = mark if rate == RATE else soxr.resample(mark, RATE, rate)
    return int(np.argmax(fftconvolve(samples, wanted[::-1], mode="valid")))


def told(run: RunFolder, played: Sequence[Clip], answers: Sequence[Answer], ends: Sequence[int]) -> Heard:
    """Of each clip the answer to the window that ended nearest to its end."""
    offline = run.predictions()
    rows = {name: row for row, name in enumerate(offline.clip_ids.tolist())}
    mine = [answer for answer in answers if answer.run == run.name and answer.probabilities is not None]
    places = np.array([answer.at.sample or 0 for answer in mine])
    heard = Heard(waits=[answer.ready - answer.complete for answer in mine])
    for clip, end in zip(played, ends, strict=True):
        nearest = int(np.abs(places - end).argmin())
        said = mine[nearest].probabilities
        if abs(int(places[nearest]) - end) > NEAR * RATE or said is None:
            print(f"{clip.id}: no window ended near its end")
            continue
        heard.add(said, offline.probabilities[rows[clip.id]], int(offline.labels[rows[clip.id]]))
    return heard


@app.command()
def camera(
    workspace: Annotated[Path, typer.Argument(help="With finished runs on videos.")],
    study: Annotated[str, typer.Argument()],
    fold: Annotated[list[int] | None, typer.Option(help="Its test clips are shown.")] = None,
) -> None:
    """Show the test clips as an MJPEG stream on loopback to the real camera path; cut it once and mend it."""
    there = Workspace(workspace)
    seen: dict[str, Heard] = {}
    for number in fold or [1]:
        runs = finished(there, study, number, Modality.VIDEO)
        dataset = dataset_of(runs[0], there)
        for name, heard in watched(there, runs, [clip for clip in dataset.clips if clip.fold == number]):
            kept = seen.setdefault(name, Heard())
            for part in ("agreed", "right", "offline_right", "waits"):
                getattr(kept, part).extend(getattr(heard, part))
    for name, heard in seen.items():
        print(heard.sentence(name))


def watched(there: Workspace, runs: Sequence[RunFolder], shown: Sequence[Clip]) -> Iterator[tuple[str, Heard]]:
    """What each run said of each clip: the mean over the windows that lie in it whole."""
    live = Live(there.captures, Engine(there), LiveSettings(hop=HOP))
    live.choose([(run, run.spec.network.label) for run in runs])
    live.recogniser.load()
    heard = {run.name: Heard() for run in runs}
    for number, clip in enumerate(shown):
        pictures, times, _ = look(clip.path)
        served = NetworkCamera([picture[..., ::-1] for picture in pictures], (len(times) - 1) / (times[-1] - times[0]))
        webcam = Webcam(served.address)
        answers: list[Answer] = []
        try:
            live.switch_on(Sources(camera=webcam))
            while len(served.sent) < len(pictures) or time.perf_counter() < served.sent[len(pictures) - 1][0] + 1.0:
                time.sleep(0.02)
                answers += live.poll()
            if number == 0:
                print(cut_and_mended(served, webcam))
        finally:
            live.switch_off()
            served.close()
        first, last = served.sent[0][0] + COMES, served.sent[len(pictures) - 1][0] + COMES
        for run in runs:
            needed = lengths(run.spec.recipe, run.spec.modality.wings, live.settings.sight)["video"]
            mine = [answer for answer in answers if answer.run == run.name]
            inside = [answer for answer in mine if first + needed <= answer.at.when <= last]
            take(heard[run.name], run, clip, inside)
    for run in runs:
        yield run.spec.network.label, heard[run.name]


def take(heard: Heard, run: RunFolder, clip: Clip, answers: Sequence[Answer]) -> None:
    said = [answer.probabilities for answer in answers if answer.probabilities is not None]
    if not said:
        print(f"{clip.id}: {run.spec.network.label} was asked about no window that lies in it whole")
        return
    offline = run.predictions()
    row = offline.clip_ids.tolist().index(clip.id)
    heard.add(np.mean(said, axis=0), offline.probabilities[row], int(offline.labels[row]))
    heard.waits += [answer.ready - answer.complete for answer in answers]


def cut_and_mended(served: NetworkCamera, webcam: Webcam) -> str:
    """How long it takes until a cut stream is said, and until its picture is back."""
    begun = time.perf_counter()
    served.cut()
    wait(lambda: webcam.status.state is SourceState.LOST)
    said, reason = time.perf_counter() - begun, webcam.status.reason
    time.sleep(1.0)
    written, begun = webcam.ring.written, time.perf_counter()
    served.mend()
    wait(lambda: webcam.ring.written > written)
    return f"stream cut: said after {said:.2f} s (“{reason}”); picture back {time.perf_counter() - begun:.2f} s later"


def wait(there: Callable[[], bool]) -> None:
    begun = time.perf_counter()
    while not there():
        if time.perf_counter() - begun > 30:
            raise TimeoutError
        time.sleep(0.01)


@app.command()
def endurance(
    workspace: Annotated[Path, typer.Argument(help="With a finished study.")],
    study: Annotated[str, typer.Argument(help="Its clips are played, and its networks asked.")],
    minutes: Annotated[float, typer.Option()] = 60.0,
    devices: Annotated[bool, typer.Option(help="Through PulseAudio and a network camera; else replayed.")] = False,
) -> None:
    """The window for a long time: memory, threads, samples that are lost, latencies to prediction and screen."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from gui import theme
    from gui.main_window import MainWindow
    from gui.panels.live import LivePanel
    from gui.session import open_context

    def pass_time(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    with ExitStack() as ends:
        if devices:
            ends.enter_context(virtual_microphone())
        qt = QApplication(sys.argv[:1])
        theme.apply(qt, dark=True)
        context = open_context(workspace)
        choices = [choice for choice in live_choices(context.workspace, Control()) if choice.folder.study == study]
        chosen = first_choice(choices)
        runs = [choice.folder for choice in choices if choice.name in chosen]
        dataset = dataset_of(runs[0], context.workspace)
        context.set_dataset(runs[0].spec.dataset, dataset)
        context.settings.setValue("live/runs", "\n".join(chosen))
        window = MainWindow(context)
        window.show()
        context.libraries.load(context.jobs)
        window.show_panel("live")
        panel = window.panels["live"]
        assert isinstance(panel, LivePanel)
        while panel.live is None or not panel.choices:
            pass_time(0.1)
        if devices:
            seen = any("video" in run.spec.modality.wings for run in runs)
            panel.bar.sources.setCurrentIndex(panel.bar.sources.findData(BOTH if seen else MICROPHONE))
            if seen:
                panel.bar.cameras.setEditText(ends.enter_context(shown_on(dataset.clips)))
            ends.enter_context(played_on(dataset.clips, context.workspace.root / "played.wav"))
        else:
            panel.bar.choose_replay(DATASET)
        threads = threading.active_count()
        panel.bar.switch.click()
        pass_time(WARM)
        begun, process = time.perf_counter(), psutil.Process()
        memories: list[float] = []  # MB, one a minute: frames and sounds come and go between two looks
        while (passed := time.perf_counter() - begun) < 60 * minutes:
            pass_time(60.0)
            ring = panel.live.sources.senses().sound
            assert ring is not None
            behind = ring.sample_at(time.perf_counter()) - ring.written
            memories.append(process.memory_info().rss / 1e6)
            cards = "; ".join(f"{card.network} {card.figures}" for card in panel.answers.cards)
            print(
                f"{passed / 60:4.0f} min: {memories[-1]:.0f} MB, "
                f"{1000 * behind / ring.rate:.0f} ms of sound behind; {panel.status.text()}; {cards}",
                flush=True,
            )
        panel.bar.switch.click()
        pass_time(2.0)
        first, last = np.median(memories[:TEN]), np.median(memories[-TEN:])
        print(f"median of the first ten minutes {first:.0f} MB, of the last ten {last:.0f} MB ({last - first:+.1f})")
        print(f"threads before {threads}, after {threading.active_count()}")
        window.close()


@contextmanager
def shown_on(clips: Sequence[Clip]) -> Iterator[str]:
    """Some clips as an MJPEG stream, over and over again; yields its address."""
    decoded = [look(clip.path) for clip in clips[:10]]
    pictures = [picture[..., ::-1] for shown, _, _ in decoded for picture in shown]
    _, times, _ = decoded[0]
    served = NetworkCamera(pictures, (len(times) - 1) / (times[-1] - times[0]))
    try:
        yield served.address
    finally:
        served.close()


@contextmanager
def played_on(clips: Sequence[Clip], file: Path) -> Iterator[None]:
    """Clips played through PulseAudio, one after the other and over again."""
    parts = [decode(clip.path, RATE)[0] for clip in clips]
    soundfile.write(file, np.concatenate(parts), RATE, subtype="FLOAT")
    player = subprocess.Popen(["sh", "-c", f"while paplay --latency-msec=50 '{file}'; do :; done"], process_group=0)
    try:
        yield
    finally:
        os.killpg(player.pid, signal.SIGTERM)
        player.wait()
        file.unlink()


def finished(there: Workspace, study: str, fold: int, modality: Modality) -> list[RunFolder]:
    runs = [
        run
        for run in list_runs(there)
        if run.study == study
        and run.status.phase is Phase.DONE
        and run.spec.fold == fold
        and run.spec.modality == modality
    ]
    if not runs:
        raise typer.BadParameter(f"{study} has no finished run on {modality.word} whose test fold is {fold}.")
    return runs


def dataset_of(run: RunFolder, there: Workspace) -> Dataset:
    return open_chosen(run.spec.dataset, there, Control())


if __name__ == "__main__":
    app()
