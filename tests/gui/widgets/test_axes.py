"""Marks of axes: round, in range, few enough, and there however far one zooms."""

from __future__ import annotations

import numpy as np
import pytest

from core.readable import count, span
from gui.widgets.axes import linear_ticks, log_ticks


@pytest.mark.parametrize("seconds", [False, True])
@pytest.mark.parametrize("most", [2, 5, 9])
def test_marks_lie_in_range_ascend_and_are_not_too_many(seconds, most):
    rng = np.random.default_rng(0)
    for low in 10 ** rng.uniform(-3 if seconds else 4, 7, 60):
        for width in (1.02, 1.5, 4.0, 30.0, 1e4):
            ticks = log_ticks(low, low * width, most, seconds=seconds)
            assert all(low * (1 - 1e-9) <= tick <= low * width for tick in ticks)
            assert ticks == sorted(ticks) and len(ticks) <= most + 1
            words = [(span if seconds else count)(tick) for tick in ticks]
            assert width < 1.5 or len(set(words)) == len(words), words


def test_marks_are_round():
    assert [count(tick) for tick in log_ticks(8e5, 6e7, 8)] == ["1 M", "2 M", "5 M", "10 M", "20 M", "50 M"]
    assert [count(tick) for tick in log_ticks(8e5, 2e9, 5)] == ["1 M", "10 M", "100 M", "1 G"]
    spans = [span(tick) for tick in log_ticks(25, 8000, 12, seconds=True)]
    assert spans == ["30 s", "1 min", "2 min", "5 min", "10 min", "20 min", "30 min", "1 h", "2 h"]
    assert [span(tick) for tick in log_ticks(0.004, 0.06, 6, seconds=True)] == ["5 ms", "10 ms", "20 ms", "50 ms"]
    assert [count(tick) for tick in log_ticks(2.1e7, 2.6e7, 6)] == ["21 M", "22 M", "23 M", "24 M", "25 M"]
    assert linear_ticks(66.0, 97.0, 4) == [70.0, 80.0, 90.0]
