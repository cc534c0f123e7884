"""Log-mel of 5-s clips at 44.1 kHz, a batch at a time, against librosa clip by clip.

uv run pytest -s tests/benchmarks/bench_logmel.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import librosa
import numpy as np
import pytest
import torch

from core.audio.frontend import LogMel
from core.audio.settings import AudioSettings

PAIRS = 9
PAUSE = 0.2  # s: NumPy's BLAS threads spin for some 20 ms after librosa's last product and would be in the way of ours
BOUND = 2.0
SETTINGS = AudioSettings(rate=44100, seconds=5.0, n_fft=2048, hop=512, mels=128)


def seconds_of(work: Callable[[], object]) -> float:
    time.sleep(PAUSE)
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_logmel_is_at_least_twice_as_fast_as_librosa(capsys: pytest.CaptureFixture[str]) -> None:
    clips = np.random.default_rng(0).normal(0, 0.1, (32, SETTINGS.samples)).astype(np.float32)
    batch, front_end = torch.from_numpy(clips), LogMel(SETTINGS)

    def theirs() -> list[np.ndarray]:
        return [
            librosa.power_to_db(
                librosa.feature.melspectrogram(y=clip, sr=44100, n_fft=2048, hop_length=512, n_mels=128),
                ref=1.0,
                top_db=80.0,
            )
            for clip in clips
        ]

    def ours() -> torch.Tensor:
        with torch.inference_mode():
            return front_end(batch)

    np.testing.assert_allclose(ours()[:, 0].numpy(), np.stack(theirs()), atol=1e-2)  # equal work; and both are warm
    pairs = [(seconds_of(theirs), seconds_of(ours)) for _ in range(PAIRS)]
    ratio = statistics.median(a / b for a, b in pairs)
    librosa_ms, our_ms = (statistics.median(times) / len(clips) * 1e3 for times in zip(*pairs, strict=True))
    with capsys.disabled():
        print(
            f"\nlog-mel of 5-s clips at 44.1 kHz, {torch.get_num_threads()} threads: librosa {librosa_ms:.2f} ms "
            f"a clip, Sensorium {our_ms:.2f} ms, ratio {ratio:.2f} "
            f"(median of {PAIRS} interleaved pairs, at least {BOUND})"
        )
    assert ratio >= BOUND
