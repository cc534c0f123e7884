"""Decoding: synthesised films are written, decoded and compared; what is no video gets a sentence."""

from __future__ import annotations

import os
import struct
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from core.control import Control
from core.errors import Cancelled, UserError
from core.media import header_of
from core.video import decode as decode_module
from core.video.decode import decode, kept_size, resized
from core.video.flow import NO_MOTION
from core.video.settings import VideoSettings
from tests.core.films import RATE, as_pixels, moving_square, tone, write_film


def test_every_frame_as_it_was_written(tmp_path: Path) -> None:
    pictures = moving_square(20)
    frames, seconds, facts = decode(write_film(tmp_path / "a.mkv", pictures))
    np.testing.assert_array_equal(frames, pictures)  # red is red, blue is blue
    np.testing.assert_allclose(seconds, np.arange(20) * 0.04, atol=1e-6)
    assert (facts.width, facts.height, facts.frames, facts.promised) == (64, 48, 20, 20)
    assert (facts.fps, facts.seconds) == (pytest.approx(25), pytest.approx(0.8))
    assert not facts.variable
    assert facts.format == "Matroska ffv1"
    assert facts.brightness == pytest.approx(np.mean(pictures) / 255, abs=0.01)
    steps = np.abs(np.diff(np.array(pictures, float), axis=0))
    assert facts.motion == pytest.approx(steps.mean() / 255, rel=0.3)


def test_the_same_pictures_are_recognised_in_another_lossless_container(tmp_path: Path) -> None:
    pictures = moving_square(12)
    facts = [decode(write_film(tmp_path / name, pictures))[2] for name in ("a.mkv", "a.avi", "a.nut")]
    assert len({item.frames_digest for item in facts}) == 1
    assert len({item.file_digest for item in facts}) == 3
    other = decode(write_film(tmp_path / "b.mkv", moving_square(12, step=3)))[2]
    assert other.content_digest != facts[0].content_digest


def test_a_short_clip_is_kept_whole_and_a_long_one_evenly(tmp_path: Path) -> None:
    settings = VideoSettings(frames=4, spare=2, side=32, size=32)  # 10 frames are kept
    path = write_film(tmp_path / "a.mkv", moving_square(7))
    assert decode(path, settings)[0].shape == (7, 32, 43, 3)
    path = write_film(tmp_path / "b.mkv", moving_square(200))
    frames, seconds, facts = decode(path, settings)
    assert frames.shape == (10, 32, 43, 3) and facts.frames == 200
    np.testing.assert_allclose(seconds * 25, np.arange(10) * 20 + 10, atol=2.5)  # the middles of ten stretches
    whole = decode(path)[0]
    for frame, second in zip(frames, seconds, strict=True):
        np.testing.assert_array_equal(frame, resized(whole[round(second * 25)], 32, 43))


def test_a_window_is_kept_at_its_rate(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(100))
    frames, seconds, _ = decode(path, VideoSettings(sampling="window", rate=5, side=32, size=32))
    np.testing.assert_allclose(seconds, np.arange(20) / 5, atol=1e-6)
    assert len(frames) == 20
    slow = write_film(tmp_path / "slow.mkv", moving_square(5), fps=1)
    assert decode(slow, VideoSettings(sampling="window", side=32, size=32))[1].tolist() == [0, 1, 2, 3, 4]


def test_flow_follows_the_square_and_pictures_go_beside_it(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(12, 96, 64, step=2))
    both = decode(path, VideoSettings(frames=4, input="rgb+flow", side=64))[0]
    assert both.shape == (12, 64, 96, 5)
    np.testing.assert_array_equal(both[..., :3], moving_square(12, 96, 64, step=2))
    flow = decode(path, VideoSettings(frames=4, input="flow", side=64))[0]
    np.testing.assert_array_equal(both[..., 3:], flow)
    for number in (0, 5, 11):  # the last one goes on from the one before
        left = 4 + 2 * min(number, 10)
        square = as_pixels(flow[number, 24:30, left + 3 : left + 9])
        assert square[..., 0].mean() == pytest.approx(2, abs=0.4)
        assert abs(square[..., 1].mean()) < 0.3
    alone = decode(write_film(tmp_path / "one.mkv", moving_square(1)), VideoSettings(input="flow"))[0]
    assert alone.shape == (1, 128, 171, 2) and (alone == NO_MOTION).all()


def test_flow_looks_at_the_next_frame_of_the_file_not_at_the_next_kept(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(60, 192, 64, step=3))
    flow = decode(path, VideoSettings(frames=4, spare=1, input="flow", side=64))[0]
    _, seconds, _ = decode(path, VideoSettings(frames=4, spare=1, side=64))
    left = 4 + 3 * round(seconds[2] * 25)
    assert as_pixels(flow[2, 24:30, left + 3 : left + 9])[..., 0].mean() == pytest.approx(
        2.5, abs=0.5
    )  # not 12 frames' way


def test_sizes() -> None:
    assert kept_size(320, 240, 128) == (128, 171)
    assert kept_size(240, 320, 128) == (171, 128)
    assert kept_size(64, 64, 128) == (128, 128)  # enlarged: all clips have that side
    assert kept_size(1000, 10, 128) == (128, 384)  # a ribbon is squeezed


@pytest.mark.parametrize(("width", "height"), [(179, 143), (3840, 2160), (1, 1), (1000, 10), (320, 240)])
def test_resizing_keeps_what_there_is_to_see(width: int, height: int) -> None:
    rows, columns = kept_size(width, height, 64)
    ramp = np.linspace(0, 255, width)[None, :, None].repeat(height, 0).repeat(3, 2).astype(np.uint8)
    small = resized(ramp, rows, columns)
    assert small.shape == (rows, columns, 3)
    if width > 1:
        np.testing.assert_allclose(small[rows // 2, :, 0], np.linspace(0, 255, columns), atol=6)
    noise = np.random.default_rng(0).integers(0, 255, (480, 720, 3), np.uint8)
    area = cv2.resize(noise, (171, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(resized(noise, 128, 171).mean() - area.mean()) < 1
    assert resized(noise, 128, 171).std() < 1.5 * area.std()  # averaged, not picked


def test_a_rotated_film_is_seen_upright(tmp_path: Path) -> None:
    pictures = moving_square(6)
    path = write_film(tmp_path / "a.mp4", pictures, codec="libx264")
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 44  # of the display: a quarter turn to the right
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    path.write_bytes(content)
    frames, _, facts = decode(path)
    assert (facts.width, facts.height) == (48, 64)
    assert np.abs(frames[3].astype(int) - np.rot90(pictures[3], -1)).mean() < 8
    assert decode(path, VideoSettings(side=32, size=32))[0].shape[1:] == (43, 32, 3)


def test_uneven_intervals_are_told_and_times_are_the_file_s(tmp_path: Path) -> None:
    times = [n * 0.04 + (0.3 if n > 10 else 0) for n in range(20)]
    _, seconds, facts = decode(write_film(tmp_path / "a.mkv", moving_square(20), times=times))
    np.testing.assert_allclose(seconds, times, atol=0.001)
    assert facts.variable
    assert facts.fps == pytest.approx(19 / times[-1])
    assert not decode(write_film(tmp_path / "b.mkv", moving_square(60), fps=29.97))[2].variable


def test_frames_of_another_rate_and_odd_size(tmp_path: Path) -> None:
    slow = decode(write_film(tmp_path / "a.mkv", moving_square(4), fps=1))[2]
    assert (slow.fps, slow.seconds) == (pytest.approx(1), pytest.approx(4))
    pictures = moving_square(3, 179, 143)
    frames, _, _ = decode(write_film(tmp_path / "odd.mkv", pictures))
    np.testing.assert_array_equal(frames, pictures)


def test_a_torn_file_gives_what_is_left(tmp_path: Path) -> None:
    for name in ("a.avi", "a.mkv"):
        path = write_film(tmp_path / name, moving_square(60))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        frames, _, facts = decode(path)
        assert 20 < facts.frames < 40 and len(frames) == facts.frames
        assert facts.promised == 60
    path = write_film(tmp_path / "a.mp4", moving_square(60), codec="libx264")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])  # its index stood at the end
    with pytest.raises(UserError, match=r"a\.mp4 is not a video that can be decoded"):
        decode(path)


def test_a_damaged_packet_does_not_end_the_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", moving_square(60))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(byte ^ 255 for byte in content[middle : middle + 400])
    path.write_bytes(content)
    _, seconds, facts = decode(path)
    assert 55 <= facts.frames <= 60
    assert seconds[-1] == pytest.approx(59 * 0.04, abs=0.05)


def test_a_longer_sound_promises_no_frames(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(20), sound=tone(4.0))
    facts = decode(path)[2]
    assert (facts.frames, facts.promised, facts.seconds) == (20, 20, pytest.approx(0.8))


def test_a_header_that_promises_hours_is_not_believed(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", moving_square(20))
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"avih", 24), (b"strh", 40)):
        place = content.index(mark) + offset
        content[place : place + 4] = (10**7).to_bytes(4, "little")
    path.write_bytes(content)
    frames, _, facts = decode(path, VideoSettings(side=32, size=32))
    assert len(frames) == facts.frames == 20


def test_bad_files_get_a_sentence_with_their_name(tmp_path: Path) -> None:
    good = write_film(tmp_path / "good.avi", moving_square(20)).read_bytes()
    (tmp_path / "text.avi").write_text("this is a shopping list\n" * 40)
    (tmp_path / "list.mp4").write_text("#EXTM3U\nhttp://127.0.0.1:9/a.ts\n")
    (tmp_path / "zero.mp4").touch()
    (tmp_path / "folder.avi").mkdir()
    (tmp_path / "noise.avi").write_bytes(np.random.default_rng(0).bytes(20000))
    (tmp_path / "header.avi").write_bytes(good[: good.index(b"movi") + 4])
    soundfile.write(tmp_path / "sound.wav", tone(0.5), RATE)
    (tmp_path / "sound.wav").rename(tmp_path / "sound.avi")
    film = write_film(tmp_path / "foreign.avi", moving_square(10), codec="mpeg4", sound=tone(0.4))
    film.write_bytes(film.read_bytes().replace(b"FMP4", b"QQQ1"))
    header = header_of(film)
    assert header is not None and (header.sample_rate, header.width) == (RATE, 0)
    expected = {
        "foreign.avi": "the coding of its pictures is not known here",
        "text.avi": "is not a video that can be decoded",
        "list.mp4": "is not a video that can be decoded",
        "zero.mp4": "is empty (0 bytes)",
        "folder.avi": "is a folder, not a video",
        "noise.avi": "is not a video that can be decoded",
        "header.avi": "is a video without frames",
        "sound.avi": "holds sound but no pictures",
        "missing.avi": "There is no file",
    }
    for name, what in expected.items():
        with pytest.raises(UserError) as caught:
            decode(tmp_path / name, VideoSettings())
        assert what in str(caught.value) and name in str(caught.value)
        assert str(caught.value).endswith(".")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.avi")
    with pytest.raises(UserError, match=r"pipe\.avi is a device or pipe"):
        decode(tmp_path / "pipe.avi")


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", moving_square(5)).rename(tmp_path / "a.txt")
    assert decode(path)[2].format == "AVI ffv1"


def test_one_frame(tmp_path: Path) -> None:
    frames, seconds, facts = decode(write_film(tmp_path / "one.mkv", moving_square(1)), VideoSettings())
    assert frames.shape == (1, 128, 171, 3) and seconds.tolist() == [0]
    assert (facts.frames, facts.motion, facts.seconds) == (1, 0, pytest.approx(0.04))


def test_too_long_and_too_large_end_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(60))
    monkeypatch.setattr(decode_module, "MOST_BYTES", 10 * 64 * 48 * 3)
    with pytest.raises(UserError, match=r"a\.mkv has more frames than fit .* choose a smaller side"):
        decode(path)
    monkeypatch.undo()
    monkeypatch.setattr(decode_module, "LONGEST", 2.0)
    with pytest.raises(UserError, match=r"a\.mkv lasts over .* too long for a clip"):
        decode(path, VideoSettings(frames=1, side=32, size=32))


def test_decoding_can_be_cancelled(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving_square(10))
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        decode(path, VideoSettings(), control)


def test_clips_are_decoded_side_by_side(tmp_path: Path) -> None:
    paths = [write_film(tmp_path / f"{n}.mkv", moving_square(30, seed=n)) for n in range(4)]
    settings = VideoSettings(input="rgb+flow", side=48, size=48)
    alone = [decode(path, settings)[0] for path in paths]
    together: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        together[number] = decode(paths[number], settings)[0]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        np.testing.assert_array_equal(together[number], alone[number])


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_film(tmp_path / "a.avi", moving_square(30), codec="mpeg4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    capfd.readouterr()
    decode(path)
    (tmp_path / "text.mp4").write_text("text")
    with pytest.raises(UserError):
        decode(tmp_path / "text.mp4")
    assert capfd.readouterr() == ("", "")


def test_a_large_picture_is_kept_small(tmp_path: Path) -> None:
    path = write_film(tmp_path / "4k.mp4", moving_square(3, 3840, 2160), codec="mpeg4")
    frames, _, facts = decode(path, VideoSettings())
    assert frames.shape == (3, 128, 228, 3) and (facts.width, facts.height) == (3840, 2160)
