"""Captures on disk: what was heard and seen comes back, with what was said of it."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import numpy as np
import pytest

from core.audio.decode import decode as hear
from core.captures import Said, delete_capture, read_captures, relabel
from core.datasets import DATASETS
from core.errors import UserError
from core.live import capture
from core.live.capture import Kept, Stretch, write_capture
from core.live.ring_buffer import FrameRing, SoundRing
from core.live.windows import Senses
from core.recipe import Recipe
from core.video.decode import decode as look
from core.wings import WINGS
from tests.core.datasets.captures import keep
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
    delete_capture(second, tmp_path / "cache")
    assert read_captures(tmp_path) == ((changed,), ())
    delete_capture(changed, tmp_path / "cache")
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


@pytest.fixture
def rings():
    """Three seconds of a ramp that ended just now, and 25 frames a second beside it."""
    now, sound, sight = time.perf_counter(), SoundRing(RATE, 10.0), FrameRing(10.0, 10**9)
    sound.append(np.arange(3 * RATE, dtype=np.float32), now)
    for place in range(75):
        sight.append(np.zeros((8, 8, 3), np.uint8), now - 3 + place / 25)
    return now, sound, sight


def test_a_stretch_that_is_cut_out_begins_with_its_first_frame(rings):
    now, sound, sight = rings
    frames = tuple(sight.between(now - 2.01, now - 1))
    kept = Stretch(now - 2.01, now - 1, sound, frames).cut_out()
    assert len(kept.frames) == 26 and kept.frames[0][0] == pytest.approx(now - 2)
    assert kept.sound[0] == pytest.approx(RATE, abs=2) and kept.seconds == pytest.approx(1, abs=1e-3)
    alone = Stretch(now - 2.01, now - 1, sound, ()).cut_out()
    assert alone.sound[0] == pytest.approx(0.99 * RATE, abs=2) and not alone.frames
    assert Stretch(now - 20, now - 2, sound, ()).cut_out().seconds == pytest.approx(1, abs=1e-3), "as far as it is held"
    seen = Stretch(now - 2.01, now - 1, None, frames).cut_out()
    assert not len(seen.sound) and seen.seconds == pytest.approx(1)


def test_sound_that_is_on_its_way_is_waited_for(rings):
    now, sound, _ = rings
    later = threading.Timer(0.05, lambda: sound.append(np.arange(3 * RATE, 4 * RATE, dtype=np.float32), now + 1))
    later.start()
    kept = Stretch(now - 1, now + 0.5, sound, ()).cut_out()
    later.join()
    np.testing.assert_allclose(kept.sound, np.arange(2 * RATE, round(3.5 * RATE)), atol=2)


def test_a_microphone_that_has_gone_is_not_waited_for_long(rings, monkeypatch):
    now, sound, _ = rings
    monkeypatch.setattr(capture, "ARRIVES", 0.02)
    assert Stretch(now - 1, now + 1, sound, ()).cut_out().seconds == pytest.approx(1, abs=1e-3)
    gone = Stretch(now + 0.5, now + 1, sound, ()).cut_out()
    assert gone.seconds == 0 and not len(Stretch(now - 1, now, SoundRing(RATE, 1.0), ()).cut_out().sound)


def test_a_microphone_that_came_after_the_camera_is_heard_when_it_was(rings):
    now, _, sight = rings
    late = SoundRing(RATE, 10.0)
    late.append(np.ones(RATE, np.float32), now)
    kept = Stretch.of(Senses(late, sight), now - 2.01, now).cut_out()
    assert len(kept.frames) == 50 and kept.seconds == pytest.approx(2, abs=1e-3)
    assert np.flatnonzero(kept.sound)[0] == pytest.approx(RATE, abs=2), "a second of silence, in step with the frames"


def test_what_was_decoded_of_captures_goes_with_the_first_that_is_deleted(tmp_path):
    captures, others, cache = tmp_path / "captures", tmp_path / "others", tmp_path / "cache"
    for root in (captures, others):
        for number, label in enumerate(("dog", "rain")):
            keep(root, "a", label, number, film=True)
        dataset = DATASETS["captured"].open(root)
        for wing, recipe in (("audio", Recipe()), ("video", Recipe()), ("audio", other_rate())):
            WINGS[wing].open_cache(dataset, recipe, cache)
    kept = {WINGS[wing].cache_folder(dataset, Recipe(), cache) for wing in WINGS}
    kept.add(WINGS["audio"].cache_folder(dataset, other_rate(), cache))
    assert len(list(cache.glob("*/*"))) == 6
    (torn := cache / "audio" / "torn").mkdir()
    (torn / "index.json").write_text("{")
    delete_capture(read_captures(captures)[0][0], cache)
    assert set(cache.glob("*/*")) == {*kept, torn}, "those of another folder stay"


def other_rate():
    return Recipe.model_validate({"audio": {"rate": 8000}})
