"""Before is the clip as a network is given it in testing; after is what training might make of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio.settings import AudioAugmentation, AudioSettings
from core.augmentation_pictures import heard, mixed, seen
from core.control import Control
from core.datasets.base import Clip
from core.errors import Cancelled, UserError
from core.video.settings import VideoAugmentation
from tests.core.films import RATE, moving_square, tone, write_film

STEADY = VideoAugmentation(jitter=False)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "rain.wav", tone(0.5), RATE)
    return tmp_path / "rain.wav"


@pytest.fixture
def films(tmp_path: Path) -> list[Clip]:
    paths = [write_film(tmp_path / f"{k}.mkv", moving_square(20, seed=k)) for k in range(3)]
    return [Clip(path.name, path, k, 1, path.name) for k, path in enumerate(paths)]


def test_a_sound_is_changed_as_the_seed_says(sound: Path) -> None:
    noise = AudioAugmentation(noise=1.0)
    before, after = heard(sound, noise, 3, Control())
    assert before.rate == after.rate == AudioSettings().rate and before.samples.shape == after.samples.shape
    assert not np.array_equal(before.samples, after.samples)
    assert before.picture.decibels.shape == after.picture.decibels.shape
    assert np.array_equal(heard(sound, noise, 3, Control())[1].samples, after.samples)
    assert not np.array_equal(heard(sound, noise, 4, Control())[1].samples, after.samples)


def test_masks_leave_the_samples_and_nothing_changes_nothing(sound: Path) -> None:
    before, after = heard(sound, AudioAugmentation(time_masks=2, time_width=16), 0, Control())
    assert np.array_equal(before.samples, after.samples)
    assert not np.array_equal(before.picture.decibels, after.picture.decibels)
    off = AudioAugmentation(gain_db=0.0, shift=0.0, frequency_masks=0, time_masks=0)
    before, after = heard(sound, off, 0, Control())
    assert np.array_equal(before.samples, after.samples)
    assert np.array_equal(before.picture.decibels, after.picture.decibels)


def test_frames_are_changed_and_taken_at_other_times_only_where_asked(films: list[Clip]) -> None:
    flipped = seen(films[0].path, STEADY.model_copy(update={"flip": True}), 0, Control())
    assert np.array_equal(flipped.before.frames[:, :, ::-1], flipped.after.frames)
    assert np.array_equal(flipped.before.seconds, flipped.after.seconds)
    jittered = seen(films[0].path, VideoAugmentation(), 0, Control())
    assert np.array_equal(jittered.before.frames, flipped.before.frames)
    assert not np.array_equal(jittered.before.seconds, jittered.after.seconds)
    assert flipped.words == jittered.words == ""


def test_a_draw_that_takes_the_same_frames_is_said_to(tmp_path: Path) -> None:
    """Of 24 frames 16 are seen: a third of the draws, from 1/3 to 2/3, take those of the middle, 1/2."""
    path = write_film(tmp_path / "short.mkv", moving_square(24))
    for seed in range(8):
        both = seen(path, VideoAugmentation(), seed, Control())
        same = 1 / 3 <= np.random.default_rng(seed).random() < 2 / 3
        assert np.array_equal(both.before.seconds, both.after.seconds) == same
        assert both.words.startswith("the same frames") == same


def test_a_partner_is_drawn_and_mixed_in_by_the_share(films: list[Clip]) -> None:
    both = mixed(films[0], films[1:], 1.0, 5, Control())
    other = next(clip for clip in films if clip.id == both.other)
    assert other is not films[0] and 0 < both.share < 1
    two = seen(other.path, STEADY, 5, Control()).before.frames
    expected = both.share * both.before.frames + (1 - both.share) * two.astype(float)
    assert np.abs(expected - both.after.frames).max() <= 0.51
    drawn = {mixed(films[0], films[1:], 1.0, seed, Control()).other for seed in range(6)}
    assert drawn == {films[1].id, films[2].id}


def test_what_cannot_be_done_is_a_sentence_and_all_can_be_cancelled(films: list[Clip], sound: Path) -> None:
    with pytest.raises(UserError, match="another class"):
        mixed(films[0], [], 1.0, 0, Control())
    sound.with_name("bad.wav").write_text("no sound")
    with pytest.raises(UserError, match=r"bad\.wav"):
        heard(sound.with_name("bad.wav"), AudioAugmentation(), 0, Control())
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        heard(sound, AudioAugmentation(), 0, control)
    with pytest.raises(Cancelled):
        seen(films[0].path, STEADY, 0, control)


def test_importing_it_imports_no_torch() -> None:
    code = "import sys, core.augmentation_pictures; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
