"""Captures on disk: what was heard and seen comes back, with what was said of it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from core.audio.decode import decode as hear
from core.captures import Said, delete_capture, read_captures, relabel
from core.errors import UserError
from core.live.capture import Kept, write_capture
from core.video.decode import decode as look
from tests.core.films import moving_square, tone

RATE = 16000
SAID = (Said("study/run", "AlexNet", {"dog": 0.75, "rain": 0.25}), Said("study/other", "ResNet-50", {}, "silence"))


def frames(count=25, width=64, height=48):
    pictures = moving_square(count, width=width, height=height)
    return tuple((100.0 + place / 25, picture[..., ::-1].copy()) for place, picture in enumerate(pictures))


def test_a_sound_is_kept_bit_by_bit_with_what_was_said_of_it(tmp_path):
    kept = Kept(tone(0.5, 440), RATE, ())
    now = datetime(2026, 11, 22, 9, 30, 15, 123456)
    made = write_capture(tmp_path, kept, session="demo", label="dog", sources={"audio": "16 kHz"}, said=SAID, now=now)
    assert made.id == "demo/09-30-15-123.wav" and made.seconds == 0.5
    samples, facts = hear(made.path)
    np.testing.assert_array_equal(samples, kept.sound)
    assert facts.rate == RATE
    assert read_captures(tmp_path) == ((made,), ())


def test_a_film_is_kept_with_its_sound_in_step(tmp_path):
    seen = frames()
    made = write_capture(tmp_path, Kept(tone(1.0, 440), RATE, seen), session="demo")
    pictures, times, facts = look(made.path)
    assert facts.frames == 25 and (facts.width, facts.height) == (64, 48)
    np.testing.assert_allclose(times, np.arange(25) / 25, atol=1e-3)
    truth = np.stack([frame[..., ::-1] for _, frame in seen]).astype(float)
    assert np.abs(pictures - truth).mean() < 4, "H.264 and half the colours"
    samples, _ = hear(made.path)
    np.testing.assert_allclose(samples[:RATE], tone(1.0, 440), atol=1e-6)


def test_an_odd_picture_size_and_a_camera_that_came_back_with_another_size_are_kept(tmp_path):
    seen = (*frames(5, 65, 49), *frames(3, 32, 32))
    made = write_capture(tmp_path, Kept(np.zeros(0, np.float32), 1, seen), session="demo")
    _, _, facts = look(made.path)
    assert (facts.width, facts.height, facts.frames) == (64, 48, 5)


def test_what_it_really_was_is_said_later_and_deletion_is_for_good(tmp_path):
    first = write_capture(tmp_path, Kept(tone(0.1), RATE, ()), session="a", now=datetime(2026, 1, 1, 8))
    second = write_capture(tmp_path, Kept(tone(0.1), RATE, ()), session="a", now=datetime(2026, 1, 1, 9))
    changed = relabel(first, " rain ")
    assert changed.label == "rain"
    assert read_captures(tmp_path)[0] == (changed, second)
    delete_capture(second)
    assert read_captures(tmp_path) == ((changed,), ())
    delete_capture(changed)
    assert read_captures(tmp_path) == ((), ()) and not list(tmp_path.iterdir())


def test_nothing_is_no_capture_and_what_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="nothing to keep"):
        write_capture(tmp_path, Kept(np.zeros(0, np.float32), 1, ()), session="a")
    assert not list(tmp_path.iterdir())
    good = write_capture(tmp_path, Kept(tone(0.1), RATE, ()), session="a")
    (tmp_path / "a" / "torn.json").write_text('{"file"')
    gone = write_capture(tmp_path, Kept(tone(0.1), RATE, ()), session="b")
    gone.path.unlink()
    found, problems = read_captures(tmp_path)
    assert found == (good,)
    assert len(problems) == 2 and "torn.json" in problems[0] and "is gone" in problems[1]
