"""Clips for browsers: as they are where that will do, else converted without losing a frame or a sample."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.clip_pictures import read_media
from core.control import Control
from core.datasets.base import Modality
from core.playable import playable
from tests.core.films import moving_square, tone, write_film

RATE = 16000


def played(path: Path):
    return playable(path, lambda: read_media(path, Modality.AUDIO_VISUAL, Control()))


def never():
    raise AssertionError("it need not be decoded")


@pytest.mark.parametrize(
    ("name", "subtype", "mime"),
    [
        ("a.wav", "PCM_16", "audio/wav"),
        ("a.wav", "FLOAT", "audio/wav"),
        ("a.flac", "PCM_16", "audio/flac"),
        ("a.ogg", "VORBIS", "audio/ogg"),
        ("a.mp3", "MPEG_LAYER_III", "audio/mpeg"),
    ],
)
def test_what_browsers_play_is_taken_byte_for_byte(tmp_path, name, subtype, mime):
    path = tmp_path / name
    soundfile.write(path, tone(0.3), RATE, subtype=subtype)
    found = playable(path, never)
    assert (found.mime, found.converted, found.is_film) == (mime, False, False)
    assert found.content == path.read_bytes()


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "ALAW"), ("a.wav", "PCM_32"), ("a.aiff", "PCM_16")])
def test_other_sounds_become_wav_of_16_bit(tmp_path, name, subtype):
    path = tmp_path / name
    soundfile.write(path, tone(0.3), RATE, subtype=subtype)
    found = played(path)
    assert (found.mime, found.converted) == ("audio/wav", True)
    samples, rate = soundfile.read(io.BytesIO(found.content))
    original, _ = soundfile.read(path)
    assert rate == RATE and soundfile.info(io.BytesIO(found.content)).subtype == "PCM_16"
    np.testing.assert_allclose(samples, original, atol=1 / 32767)


def test_a_film_without_loss_becomes_mp4_with_all_its_frames_and_its_sound(tmp_path):
    path = write_film(tmp_path / "a.mkv", moving_square(20), 25, tone(0.8))
    found = played(path)
    assert (found.mime, found.converted, found.is_film) == ("video/mp4", True, True)
    (tmp_path / "b.mp4").write_bytes(found.content)
    one, other = (read_media(p, Modality.AUDIO_VISUAL, Control()) for p in (path, tmp_path / "b.mp4"))
    assert one.film.frames.shape == other.film.frames.shape == (20, 48, 64, 3)
    assert np.abs(one.film.frames.astype(float) - other.film.frames).mean() < 6  # colours are kept at half the size
    np.testing.assert_allclose(one.film.seconds, other.film.seconds, atol=2e-3)
    length = min(len(one.samples), len(other.samples))
    assert length >= 0.79 * RATE
    np.testing.assert_allclose(one.samples[:length], other.samples[:length], atol=1e-3)
    again = playable(tmp_path / "b.mp4", never)  # and that is of a kind that browsers play
    assert (again.mime, again.converted) == ("video/mp4", False)


def test_webm_is_taken_as_it_is_and_the_same_in_plain_matroska_is_not(tmp_path):
    webm = write_film(tmp_path / "a.webm", moving_square(5), codec="libvpx", format="webm")
    assert playable(webm, never).mime == "video/webm"
    matroska = write_film(tmp_path / "a.mkv", moving_square(5), codec="libvpx", format="matroska")
    assert played(matroska).converted


def test_a_name_that_lies_is_seen_through(tmp_path):
    soundfile.write(tmp_path / "a.flac", tone(0.2), RATE)
    (tmp_path / "a.flac").rename(tmp_path / "a.wav")
    assert playable(tmp_path / "a.wav", never).mime == "audio/flac"
