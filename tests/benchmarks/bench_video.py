"""Decoding videos against bare loops, loading a cached clip against decoding it, and the memory that caching takes.

uv run pytest -s tests/benchmarks/bench_video.py
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from core.datasets.base import Clip, Dataset, Modality
from core.recipe import Recipe
from core.video.cache import open_cache
from core.video.decode import decode
from core.video.sampling import positions

DATA = Path(os.environ.get("SENSORIUM_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
ROUNDS = 9
CLIPS = 20
DECODING_BOUND, LOADING_BOUND, MEMORY_BOUND = 0.9, 5.0, 1.5


def opencv(path: Path) -> np.ndarray:
    capture, frames = cv2.VideoCapture(str(path)), []
    while True:
        read, frame = capture.read()
        if not read:
            return np.stack(frames)
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def pyav(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def torchcodec(path: Path) -> np.ndarray:
    from torchcodec.decoders import VideoDecoder  # type: ignore[import-not-found,unused-ignore]

    return VideoDecoder(str(path), dimension_order="NHWC")[:].numpy()


def milliseconds(work: Callable[[Path], object], files: list[Path]) -> float:
    start = time.perf_counter()
    for path in files:
        work(path)
    return (time.perf_counter() - start) * 1e3


@pytest.fixture(params=["weizmann/*/*.avi", "grid-s1/clips/*"])
def files(request: pytest.FixtureRequest) -> list[Path]:
    found = sorted(DATA.glob(request.param))[::3][:CLIPS]
    if not found:
        pytest.skip(f"real videos are not at {DATA / request.param} (set SENSORIUM_TEST_DATA)")
    return found


def test_decoding_is_as_fast_as_the_fastest_bare_loop(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    ways: dict[str, Callable[[Path], object]] = {"Sensorium": decode, "OpenCV": opencv, "PyAV": pyav}
    if importlib.util.find_spec("torchcodec"):
        ways["TorchCodec"] = torchcodec
    frames = sum(len(opencv(path)) for path in files)
    np.testing.assert_array_equal(decode(files[0])[0], opencv(files[0]))  # equal work
    for way in ways.values():
        way(files[0])
    rounds = [{name: milliseconds(way, files) / frames for name, way in ways.items()} for _ in range(ROUNDS)]
    ratio = statistics.median(
        min(t for name, t in took.items() if name != "Sensorium") / took["Sensorium"] for took in rounds
    )
    medians = {name: statistics.median(took[name] for took in rounds) for name in ways}
    with capsys.disabled():
        figures = ", ".join(f"{name} {took:.3f} ms" for name, took in medians.items())
        print(
            f"\n{files[0].parts[-2]}: a frame: {figures}; ratio to the fastest {ratio:.2f} (at least {DECODING_BOUND})"
        )
    assert ratio >= DECODING_BOUND


def dataset_of(root: Path, files: list[Path]) -> Dataset:
    clips = tuple(Clip(str(number), path, 0, 1, str(number)) for number, path in enumerate(files))
    return Dataset("labelled-folder", "Bench", root, ("a",), clips, "", frozenset({Modality.VIDEO}))


def test_loading_from_the_cache_beats_decoding(
    files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = Recipe()
    dataset = dataset_of(tmp_path, files)
    cache = open_cache(dataset, recipe, tmp_path)
    random = np.random.default_rng(0)
    names = {clip.path: clip.id for clip in dataset.clips}

    def load(path: Path) -> np.ndarray:
        frames = cache.frames(names[path])
        return frames[positions(len(frames), recipe.video, random)]

    rounds = [
        (milliseconds(lambda path: decode(path, recipe.video), files), milliseconds(load, files)) for _ in range(ROUNDS)
    ]
    ratio = statistics.median(decoding / loading for decoding, loading in rounds)
    decoding, loading = (statistics.median(times) / len(files) for times in zip(*rounds, strict=True))
    with capsys.disabled():
        print(
            f"\n{files[0].parts[-2]}: a clip: decoded and resized {decoding:.2f} ms, from the cache {loading:.3f} ms, "
            f"ratio {ratio:.0f} (at least {LOADING_BOUND:g})"
        )
    assert ratio >= LOADING_BOUND


BUILD = """
import sys, threading, time
from pathlib import Path
from core.datasets.base import Clip, Dataset, Modality
from core.recipe import Recipe
from core.video.cache import open_cache

root, count = Path(sys.argv[1]), int(sys.argv[2])
clips = tuple(Clip(str(n), root / f"{n}.avi", 0, 1, str(n)) for n in range(count))
dataset = Dataset("labelled-folder", "Bench", root, ("a",), clips, "", frozenset({Modality.VIDEO}))
peak, done = 0, False

def watch():
    global peak
    while not done:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                peak = max(peak, int(line.split()[1]))
        time.sleep(0.002)

watcher = threading.Thread(target=watch)
watcher.start()
open_cache(dataset, Recipe(), root / f"cache{count}")
done = True
watcher.join()
print(peak)
"""


def peak_kib(root: Path, clips: int) -> int:
    """Of the private memory of a process that caches so many clips."""
    command = [sys.executable, "-c", BUILD, str(root), str(clips)]
    surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return int(subprocess.run(command, check=True, capture_output=True, text=True, env=surroundings).stdout)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="RssAnon is known on Linux only")
def test_memory_does_not_grow_with_the_number_of_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    with av.open(str(tmp_path / "0.avi"), "w") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 160, 120
        for _ in range(60):
            picture = random.integers(0, 255, (120, 160, 3), np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        file.mux(stream.encode(None))
    for number in range(1, 1000):
        os.link(tmp_path / "0.avi", tmp_path / f"{number}.avi")
    peaks = {count: peak_kib(tmp_path, count) for count in (100, 1000)}
    with capsys.disabled():
        print(
            f"\npeak RssAnon of caching 100 clips {peaks[100] / 1024:.0f} MiB, 1000 clips {peaks[1000] / 1024:.0f} MiB"
        )
    assert peaks[1000] <= MEMORY_BOUND * peaks[100]
