"""Sound tracks of videos: heard in step with the pictures; one that is absent is a fact, not an error."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from core.audio import track as track_module
from core.audio.decode import decode
from core.audio.track import NO_TRACK
from core.errors import UserError
from tests.core.films import RATE, moving_square, tone, write_film


def test_a_lossless_track_is_what_was_written(tmp_path: Path) -> None:
    sound = tone(0.8)
    samples, facts = decode(write_film(tmp_path / "a.mkv", moving_square(20), sound=sound))
    np.testing.assert_allclose(samples, sound, atol=1 / 32000)
    assert (facts.rate, facts.channels, facts.frames) == (RATE, 1, len(sound))
    assert facts.format == "Matroska PCM_S16LE"
    assert facts.rms == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
    resampled, _ = decode(tmp_path / "a.mkv", 8000)
    assert len(resampled) == len(sound) // 2


def test_the_same_sound_is_recognised_in_a_video_and_in_a_file(tmp_path: Path) -> None:
    sound = np.rint(tone(0.5) * 32767).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="PCM_16")
    film = write_film(tmp_path / "a.avi", moving_square(12), sound=sound / np.float32(32767))
    assert decode(film)[1].samples_digest == decode(tmp_path / "a.wav")[1].samples_digest


def test_aac_in_mp4_is_in_step(tmp_path: Path) -> None:
    sound = np.zeros(RATE, np.float32)
    sound[4000:4100] = 0.9  # a click a quarter of a second after the first picture
    samples, facts = decode(write_film(tmp_path / "a.mp4", moving_square(25), codec="libx264", sound=sound))
    assert abs(int(np.abs(samples).argmax()) - 4050) < 100
    assert facts.format == "MP4 AAC"


def test_a_track_that_begins_late_is_padded_and_one_that_begins_early_is_cut(tmp_path: Path) -> None:
    pictures = moving_square(20)
    late, _ = decode(write_film(tmp_path / "late.mkv", pictures, sound=tone(0.8), sound_delay=0.2))
    assert len(late) == pytest.approx(RATE, abs=32)
    assert np.flatnonzero(np.abs(late) > 0.1)[0] == pytest.approx(0.2 * RATE, abs=32)
    times = [0.3 + n * 0.04 for n in range(20)]  # the pictures begin 0.3 s after the sound
    early, _ = decode(write_film(tmp_path / "early.mkv", pictures, sound=tone(0.8), times=times))
    assert len(early) == pytest.approx(0.5 * RATE, abs=32)
    np.testing.assert_allclose(early[:1000], tone(0.8)[-len(early) :][:1000], atol=1e-3)


def test_sound_longer_than_the_pictures_is_kept(tmp_path: Path) -> None:
    assert decode(write_film(tmp_path / "a.avi", moving_square(10), sound=tone(3)))[1].seconds == pytest.approx(3)


def test_a_film_without_sound_has_no_samples_and_no_channels(tmp_path: Path) -> None:
    for name in ("a.mkv", "b.mkv"):
        samples, facts = decode(write_film(tmp_path / name, moving_square(5)), 8000)
        assert samples.shape == (0,) and samples.dtype == np.float32
        assert (facts.channels, facts.frames, facts.seconds, facts.format) == (0, 0, 0.0, NO_TRACK)
        assert facts.content_digest == facts.file_digest  # two silent films are not the same sound
    renamed = (tmp_path / "a.mkv").rename(tmp_path / "a.film")
    assert decode(renamed)[1].format == NO_TRACK


def test_a_track_without_samples_is_a_fact_too(tmp_path: Path) -> None:
    content = write_film(tmp_path / "a.avi", moving_square(20), sound=tone(0.8)).read_bytes()
    (tmp_path / "header.avi").write_bytes(content[: content.index(b"movi") + 4])
    samples, facts = decode(tmp_path / "header.avi")
    assert (len(samples), facts.channels, facts.frames) == (0, 1, 0)


def test_channels_are_averaged_and_clipping_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "two.mka"
    left, right = tone(0.5, 300), np.ones(RATE // 2, np.float32)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_f32le", rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack([left, right], 1).reshape(1, -1), "flt", "stereo")
        frame.sample_rate = RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    samples, facts = decode(path)
    np.testing.assert_allclose(samples, (left + right) / 2, atol=1e-6)
    assert facts.channels == 2 and facts.clipped == pytest.approx(0.5)


@pytest.mark.parametrize("form", ["u8", "s16", "s16p", "s32", "flt", "fltp", "dbl"])
def test_every_kind_of_sample(form: str) -> None:
    sound = tone(0.1)
    types = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}
    kind = types[form.removesuffix("p")]
    if np.dtype(kind).kind == "f":
        written = sound.astype(kind)
    else:
        half = 2.0 ** (8 * np.dtype(kind).itemsize - 1)
        written = (np.rint(sound * (half - 1)) + (128 if kind is np.uint8 else 0)).astype(kind)
    frame = av.AudioFrame.from_ndarray(written[None], form, "mono")
    np.testing.assert_allclose(track_module._planes(frame)[0], sound, atol=0.01)


def test_a_torn_track_gives_what_is_left(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", moving_square(60), sound=tone(2.4))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    samples, facts = decode(path)
    assert 0.5 < facts.seconds < 2.0
    np.testing.assert_allclose(samples[:8000], tone(2.4)[:8000], atol=1e-3)


def test_m4a_is_heard_by_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=RATE, layout="mono")
        for start in range(0, RATE, 1024):
            frame = av.AudioFrame.from_ndarray(tone(1.0)[None, start : start + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts = RATE, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    _, facts = decode(path)
    assert facts.seconds == pytest.approx(1.0, abs=0.1) and facts.format == "MP4 AAC"
    assert facts.rms == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


def test_no_numbers_and_too_long_end_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "nan.mka"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.full((1, 1000), np.nan, np.float32), "flt", "mono")
        frame.sample_rate = RATE
        file.mux(stream.encode(frame))
    with pytest.raises(UserError, match=r"nan\.mka holds samples that are no sound"):
        decode(path)
    monkeypatch.setattr(track_module, "LONGEST", 1.0)
    film = write_film(tmp_path / "long.mkv", moving_square(5), sound=tone(2.0))
    with pytest.raises(UserError, match=r"long\.mkv holds over .* too long for a clip"):
        decode(film)


def test_pictures_and_texts_are_no_sound(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    cv2.imwrite(str(tmp_path / "a.png"), moving_square(1)[0])
    (tmp_path / "a.png").rename(tmp_path / "picture.wav")
    (tmp_path / "text.mp4").write_text("a shopping list")
    for name in ("picture.wav", "text.mp4"):
        with pytest.raises(UserError, match=f"{name} is not a sound file that can be decoded"):
            decode(tmp_path / name)
