"""Pause and cancel: at checkpoints, from another thread, in any order."""

from __future__ import annotations

import threading
import time

import pytest

from core.control import Control
from core.errors import Cancelled


def test_a_checkpoint_passes_until_cancelled() -> None:
    control = Control()
    control.checkpoint()
    control.cancel()
    with pytest.raises(Cancelled):
        control.checkpoint()


def test_a_pause_holds_and_its_time_is_counted() -> None:
    control = Control()
    control.pause()
    threading.Timer(0.1, control.resume).start()
    control.checkpoint()
    assert 0.05 < control.waited < 5
    assert not control.paused


@pytest.mark.parametrize("pause_last", [True, False])
def test_cancelling_frees_a_paused_worker_in_any_order(pause_last: bool) -> None:
    control = Control()
    ended = threading.Event()

    def work() -> None:
        try:
            while True:
                control.checkpoint()
                time.sleep(0.001)
        except Cancelled:
            ended.set()

    threading.Thread(target=work, daemon=True).start()
    first, second = (control.cancel, control.pause) if pause_last else (control.pause, control.cancel)
    first()
    second()
    assert ended.wait(5)
