"""The camera path, by a network camera on loopback."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.live import source, webcam
from core.live.settings import LiveSettings
from core.live.source import SourceState
from core.live.webcam import Webcam
from tests.core.films import moving_square
from tests.core.live.mjpeg import NetworkCamera
from tests.core.live.test_source import wait_for


@pytest.fixture
def camera():
    made = NetworkCamera([np.ascontiguousarray(frame) for frame in moving_square(12)], rate=50)
    yield made
    made.close()


def test_frames_come_in_order_and_after_a_cut_again(camera, monkeypatch):
    monkeypatch.setattr(source, "WAITS", (0.05,))
    seen = Webcam(camera.address, seconds=60.0)
    seen.start()
    try:
        wait_for(lambda: seen.ring.written > 20)
        height, width = moving_square(12)[0].shape[:2]
        assert seen.status.facts.startswith(f"{width} × {height} px")
        frames = [frame for _, frame in seen.ring.between(0, np.inf)]
        truth = np.stack(moving_square(12)).astype(float)
        order = [int(np.argmin([np.abs(frame - true).mean() for true in truth])) for frame in frames]
        assert all((b - a) % len(truth) == 1 for a, b in itertools.pairwise(order)), order
        camera.cut()
        wait_for(lambda: seen.status.state is SourceState.LOST)
        assert "picture has gone" in seen.status.reason or "No camera answers" in seen.status.reason
        written = seen.ring.written
        camera.mend()
        wait_for(lambda: seen.ring.written > written + 10)
        assert seen.status.state is SourceState.ON and seen.status.gone == 1
    finally:
        seen.stop()


def test_an_address_where_nobody_is_and_a_camera_that_is_not_there_are_said(monkeypatch):
    monkeypatch.setattr(source, "WAITS", (0.05,))
    for device, words in (("http://127.0.0.1:9/video", "No camera answers at"), (99, "No camera was found")):
        seen = Webcam(device)
        seen.start()
        try:
            wait_for(lambda seen=seen: seen.status.state is SourceState.LOST, 20)
            assert words in seen.status.reason
        finally:
            seen.stop()


def test_a_machine_that_cannot_list_its_cameras_has_none(monkeypatch):
    def fails(which):
        raise OSError("no such thing here")

    monkeypatch.setattr(webcam, "enumerate_cameras", fails)
    assert webcam.cameras() == []


def listed(index: int, name: str, path: str | None) -> SimpleNamespace:
    return SimpleNamespace(index=index, name=name, path=path)


@pytest.mark.parametrize(
    ("there", "ways", "found"),
    [
        (
            [(1800, "/dev/video0"), (1802, "/dev/video2"), (200, "/dev/video0"), (202, "/dev/video2")],
            {200},
            [200, 202],
        ),
        (
            [(1400, r"\\?\usb#1#{msmf}\global"), (700, r"\\?\USB#1#{dshow}\global"), (701, None)],
            {1400, 700},
            [1400, 701],
        ),
    ],
    ids=["Linux", "Windows"],
)
def test_a_camera_is_offered_once_and_only_by_a_way_that_can_be_gone(monkeypatch, there, ways, found):
    cameras = [listed(index, "Two of one name", path) for index, path in there]
    monkeypatch.setattr(webcam, "enumerate_cameras", lambda which: cameras)
    monkeypatch.setattr(webcam.cv2.videoio_registry, "hasBackend", lambda way: way in ways)
    assert [camera.index for camera in webcam.cameras()] == found


def test_why_a_listed_camera_does_not_open_is_looked_up_at_its_own_place(monkeypatch, tmp_path):
    (tmp_path / "video99").touch()
    monkeypatch.setattr(webcam, "Path", lambda place: tmp_path / Path(place).name)
    seen = Webcam(299)  # the 99th, by Video4Linux
    seen.start()
    try:
        wait_for(lambda: seen.status.state is SourceState.LOST, 20)
        assert "another program may be using it" in seen.status.reason
    finally:
        seen.stop()


def test_of_the_size_that_is_asked_for_usually_ten_seconds_are_held():
    width, height = LiveSettings().camera.size
    frame = np.zeros((height, width, 3), np.uint8)
    ring = Webcam().ring
    for place in range(30 * 20):
        ring.append(frame, place / 30)
    assert ring.holds > 10
