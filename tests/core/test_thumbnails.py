"""Small pictures of clips: how large, of what, and where in them a tone lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.control import Control
from core.errors import Cancelled, UserError
from core.thumbnails import WIDEST, thumbnails
from tests.core.films import RATE, moving_square, tone, write_film

BOTH = frozenset({"audio", "video"})


def test_a_film_with_sound_has_a_frame_and_a_spectrogram(tmp_path: Path) -> None:
    path = write_film(tmp_path / "both.mkv", moving_square(25), sound=tone(1.0))
    frame, heard = thumbnails(path, BOTH, 36, Control())
    assert frame.shape == (36, 48, 3) and heard.shape == (36, 64, 3)
    assert frame.dtype == heard.dtype == np.uint8
    (only,) = thumbnails(path, {"video"}, 36, Control())
    assert (only == frame).all()
    (only,) = thumbnails(path, {"audio"}, 36, Control())
    assert (only == heard).all()


def test_the_frame_is_from_the_middle_of_the_clip_in_its_colours(tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), (200, 20, 20) if k < 10 else (20, 20, 200), np.uint8) for k in range(30)]
    (frame,) = thumbnails(write_film(tmp_path / "red.mkv", pictures), BOTH, 24, Control())
    np.testing.assert_allclose(frame.reshape(-1, 3).mean(axis=0), (20, 20, 200), atol=6)


def test_of_a_wide_film_the_middle_is_shown(tmp_path: Path) -> None:
    picture = np.full((48, 256, 3), 30, np.uint8)
    picture[:, 80:176] = 220
    (frame,) = thumbnails(write_film(tmp_path / "wide.mkv", [picture] * 5), BOTH, 36, Control())
    assert frame.shape[1] == pytest.approx(WIDEST * 36, abs=1)
    assert frame.mean() == pytest.approx(220, abs=3)


def test_a_tone_is_a_line_at_its_height(tmp_path: Path) -> None:
    def row(frequency: float) -> int:
        soundfile.write(tmp_path / "tone.wav", tone(1.0, frequency), RATE)
        (picture,) = thumbnails(tmp_path / "tone.wav", BOTH, 36, Control())
        return int(picture.astype(int).sum(axis=(1, 2)).argmax())

    assert row(300) > row(1000) > row(4000), "high tones stand at the top"


def test_silence_is_dark_and_a_faint_sound_is_not(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE, np.float32), RATE)
    soundfile.write(tmp_path / "faint.wav", 0.003 * tone(1.0), RATE, subtype="FLOAT")
    (silent,) = thumbnails(tmp_path / "silent.wav", BOTH, 36, Control())
    (faint,) = thumbnails(tmp_path / "faint.wav", BOTH, 36, Control())
    assert silent.max() < 8 and faint.max() > 150


def test_what_cannot_be_decoded_is_a_sentence_and_what_is_not_wanted_ends(tmp_path: Path) -> None:
    (tmp_path / "torn.wav").write_bytes(b"torn")
    with pytest.raises(UserError, match=r"torn\.wav"):
        thumbnails(tmp_path / "torn.wav", BOTH, 36, Control())
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        thumbnails(write_film(tmp_path / "film.mkv", moving_square(5)), BOTH, 36, control)
