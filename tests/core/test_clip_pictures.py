"""What a clip holds is reported at once, then what a network is given of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio.settings import AudioSettings
from core.clip_pictures import Media, prepare_clip, read_media
from core.control import Control
from core.datasets.base import Modality
from core.errors import Cancelled, UserError
from core.recipe import FrontEnds
from core.video.settings import VideoSettings
from tests.core.films import RATE, moving_square, tone, write_film

AUDIO = AudioSettings(seconds=2.0, mels=32)
NETWORK = FrontEnds(AUDIO, VideoSettings(frames=4))


def prepare(path: Path, network: FrontEnds = NETWORK):
    reported: list[Media] = []
    given = prepare_clip(path, network, Control(), reported.append)
    (media,) = reported
    return media, given


def test_a_film_with_sound_has_all(tmp_path: Path) -> None:
    media, given = prepare(write_film(tmp_path / "both.mkv", moving_square(25), sound=tone(1.0)))
    assert media.film is not None and media.film.frames.shape == (25, 48, 64, 3) and media.film.duration == 1.0
    assert media.has_sound and media.rate == RATE and len(media.samples) == pytest.approx(RATE, abs=2)
    assert given.frames.shape == (4, 48, 48, 3) and (np.diff(given.seconds) > 0).all()
    assert given.model is not None and given.model.decibels.shape == (32, AUDIO.frames)
    assert given.listening is not None and given.listening.end == pytest.approx(1.0, abs=0.05)


def test_without_a_sound_track_there_are_no_spectrograms(tmp_path: Path) -> None:
    media, given = prepare(write_film(tmp_path / "mute.mkv", moving_square(10)))
    assert media.film is not None and not media.has_sound
    assert given.listening is None and given.model is None and len(given.frames) == 4


def test_a_silent_track_is_shown_as_it_is(tmp_path: Path) -> None:
    media, given = prepare(write_film(tmp_path / "still.mkv", moving_square(10), sound=np.zeros(RATE // 2, np.float32)))
    assert media.has_sound and not media.samples.any()
    assert given.model is not None and np.isfinite(given.model.decibels).all()


def test_a_sound_has_no_frames_and_a_name_does_not_make_them(tmp_path: Path) -> None:
    for name in ("rain.wav", "rain.mp4"):
        soundfile.write(tmp_path / "rain.wav", tone(1.0), RATE)
        (tmp_path / "rain.wav").rename(tmp_path / name)
        media, given = prepare(tmp_path / name)
        assert media.film is None and media.has_sound and not len(given.frames), name


def test_with_no_network_in_question_the_default_ones_take_the_whole_clip(tmp_path: Path) -> None:
    media, given = prepare(write_film(tmp_path / "both.mkv", moving_square(75), sound=tone(3.0)), FrontEnds())
    assert media.hears and media.sees and len(given.frames) == VideoSettings().frames
    assert given.model is not None and given.model.end == pytest.approx(3.0, abs=0.05)


def test_a_network_is_given_nothing_of_what_it_does_not_take(tmp_path: Path) -> None:
    film = write_film(tmp_path / "both.mkv", moving_square(25), sound=tone(1.0))
    media, given = prepare(film, FrontEnds(video=NETWORK.video))
    assert not media.hears and media.sees and media.has_sound
    assert given.model is None and given.listening is not None and len(given.frames) == 4
    media, given = prepare(film, FrontEnds(audio=AUDIO))
    assert media.hears and not media.sees and media.film is not None
    assert given.model is not None and not len(given.frames)


def test_what_cannot_be_decoded_is_a_sentence_and_nothing_is_reported(tmp_path: Path) -> None:
    for name in ("bad.avi", "bad.wav"):
        (tmp_path / name).write_bytes(b"RIFF nothing")
        reported: list[Media] = []
        with pytest.raises(UserError, match=name):
            prepare_clip(tmp_path / name, NETWORK, Control(), reported.append)
        assert not reported


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        prepare_clip(write_film(tmp_path / "x.mkv", moving_square(5)), NETWORK, control, lambda media: None)


def test_of_a_clip_only_what_is_given_is_decoded(tmp_path: Path) -> None:
    film = write_film(tmp_path / "both.mkv", moving_square(25), sound=tone(1.0))
    heard = read_media(film, Modality.AUDIO, Control())
    assert heard.film is None and heard.rate == RATE and len(heard.samples) == pytest.approx(RATE, abs=2)
    seen = read_media(film, Modality.VIDEO, Control())
    assert not seen.has_sound and seen.film is not None and len(seen.film.frames) == 25
    both = read_media(film, Modality.AUDIO_VISUAL, Control())
    np.testing.assert_array_equal(both.samples, heard.samples)
    assert both.film is not None
    np.testing.assert_array_equal(both.film.frames, seen.film.frames)
    soundfile.write(tmp_path / "rain.wav", tone(1.0), RATE)
    nothing = read_media(tmp_path / "rain.wav", Modality.VIDEO, Control())
    assert nothing.film is None and not nothing.has_sound


def test_decoding_what_is_given_can_be_cancelled_and_says_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(UserError, match=r"bad\.wav"):
        read_media(tmp_path / "bad.wav", Modality.AUDIO, Control())
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        read_media(write_film(tmp_path / "x.mkv", moving_square(5)), Modality.VIDEO, control)
