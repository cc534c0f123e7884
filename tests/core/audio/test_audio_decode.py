"""Decoding: synthesised files are written, decoded and compared; what is no sound gets a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from core.audio.decode import decode
from core.errors import UserError


def tone(rate: int, seconds: float, frequency: float = 440.0, level: float = 0.5) -> NDArray[np.float32]:
    time = np.arange(round(rate * seconds)) / rate
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def test_facts_of_a_tone(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(8000, 2.0), 8000, subtype="FLOAT")
    samples, facts = decode(path, 8000)
    np.testing.assert_array_equal(samples, tone(8000, 2.0))
    assert (facts.rate, facts.channels, facts.frames, facts.seconds) == (8000, 1, 16000, 2.0)
    assert facts.peak == pytest.approx(0.5, abs=1e-3)
    assert facts.rms == pytest.approx(0.5 / np.sqrt(2), rel=1e-4)
    assert facts.clipped == 0
    assert facts.format == "WAV FLOAT"


def test_resampling_keeps_pitch_level_and_length(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(44100, 1.0), 44100, subtype="FLOAT")
    samples, facts = decode(path, 22050)
    assert samples.dtype == np.float32
    assert len(samples) == 22050
    assert facts.frames == 44100
    inner = slice(500, -500)  # the ends of a tone that starts from nothing ring
    np.testing.assert_allclose(samples[inner], tone(22050, 1.0)[inner], atol=1e-4)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(16000, 0.5, 300), tone(16000, 0.5, 700)
    soundfile.write(tmp_path / "two.wav", np.stack([left, right], axis=1), 16000, subtype="FLOAT")
    samples, facts = decode(tmp_path / "two.wav")
    np.testing.assert_allclose(samples, (left + right) / 2, atol=1e-7)
    assert facts.channels == 2


def test_eight_channels_at_192_khz(tmp_path: Path) -> None:
    channels = np.stack([tone(192000, 0.5, 440, level) for level in np.linspace(0.1, 0.8, 8)], axis=1)
    soundfile.write(tmp_path / "eight.wav", channels, 192000, subtype="FLOAT")
    samples, facts = decode(tmp_path / "eight.wav", 22050)
    assert (facts.channels, facts.rate, len(samples)) == (8, 192000, 11025)
    assert facts.peak == pytest.approx(0.45, abs=1e-3)


def test_a_long_file_is_read_in_blocks_without_a_seam(tmp_path: Path) -> None:
    sound = tone(8000, 70.0)  # 560,000 samples: three blocks
    soundfile.write(tmp_path / "long.wav", sound, 8000, subtype="FLOAT")
    samples, _ = decode(tmp_path / "long.wav")
    np.testing.assert_array_equal(samples, sound)


def test_clipped_share_counts_every_channel(tmp_path: Path) -> None:
    sound = np.zeros((1000, 2), np.float32)
    sound[:100, 0] = 1.0
    sound[:100, 1] = -1.0
    soundfile.write(tmp_path / "clipped.wav", sound, 8000, subtype="PCM_16")
    _, facts = decode(tmp_path / "clipped.wav")
    assert facts.clipped == pytest.approx(0.1)
    assert facts.peak < 1e-4  # the channels cancel: what a network hears is silence


def test_the_same_sound_is_recognised_in_another_lossless_container(tmp_path: Path) -> None:
    sound = (32767 * tone(16000, 0.5)).astype(np.int16)  # integers: writers of containers round floats differently
    facts = []
    for name in ("a.wav", "b.flac", "c.aiff"):
        soundfile.write(tmp_path / name, sound, 16000, subtype="PCM_16")
        facts.append(decode(tmp_path / name, 8000)[1])
    assert len({fact.samples_digest for fact in facts}) == 1
    assert len({fact.file_digest for fact in facts}) == 3
    soundfile.write(tmp_path / "other.wav", tone(16000, 0.5, 441), 16000, subtype="PCM_16")
    assert decode(tmp_path / "other.wav")[1].samples_digest != facts[0].samples_digest


def test_one_sample(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", np.array([0.25], np.float32), 44100, subtype="FLOAT")
    samples, facts = decode(tmp_path / "one.wav")
    assert samples.tolist() == [0.25]
    assert facts.frames == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_values_that_are_no_sound(tmp_path: Path, value: float) -> None:
    sound = tone(8000, 0.1)
    sound[17] = value
    soundfile.write(tmp_path / "bad.wav", sound, 8000, subtype="FLOAT")
    with pytest.raises(UserError, match=r"bad\.wav holds samples that are no sound"):
        decode(tmp_path / "bad.wav", 8000)


def test_bad_files_get_a_sentence_with_their_name(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("this is a shopping list\n" * 40)
    (tmp_path / "zero.wav").touch()
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "noise.raw").write_bytes(bytes(1000))
    soundfile.write(tmp_path / "none.wav", np.empty(0, np.float32), 8000)
    expected = {
        "text.wav": "not a sound file that can be decoded",
        "zero.wav": "is empty",
        "folder.wav": "is a folder",
        "noise.raw": "not a sound file that can be decoded",
        "none.wav": "holds no samples",
        "missing.wav": "There is no file",
    }
    for name, what in expected.items():
        with pytest.raises(UserError) as caught:
            decode(tmp_path / name, 22050)
        assert what in str(caught.value)
        assert name in str(caught.value)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(UserError, match=r"pipe\.wav is a device or pipe"):
        decode(tmp_path / "pipe.wav")


def test_a_header_that_promises_weeks(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", tone(8000, 2.0), 8000, subtype="PCM_16")
    content = bytearray((tmp_path / "long.wav").read_bytes())
    content[24:28] = (1).to_bytes(4, "little")  # the sample rate: 1 Hz, 4.4 hours
    (tmp_path / "long.wav").write_bytes(content)
    with pytest.raises(UserError, match=r"long\.wav says it lasts 4\.4 hours at 1 Hz"):
        decode(tmp_path / "long.wav", 22050)


def test_a_truncated_file_gives_what_is_left_or_a_sentence(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 80000).astype(np.float32)
    for name in ("a.ogg", "a.flac", "a.wav"):
        path = tmp_path / name
        soundfile.write(path, sound, 16000)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        try:
            samples, facts = decode(path, 8000)
        except UserError as error:
            assert name in str(error)
        else:
            assert 0 < facts.frames < 80000
            assert len(samples) == pytest.approx(facts.frames / 2, abs=1)
