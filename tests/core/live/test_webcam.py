"""The camera path, by a network camera on loopback."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.live import source, webcam
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
