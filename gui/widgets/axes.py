"""Where the marks of an axis stand."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

# Round spans of time, each list finer than the one before: 1 s, 10 s, 1 min …
_SPANS = (
    (1.0, 60.0, 3600.0, 86400.0),
    (1.0, 10.0, 60.0, 600.0, 3600.0, 36000.0, 86400.0, 864000.0),
    (1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 18000.0, 36000.0, 86400.0, 432000.0, 864000.0),
    (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 18000.0, 36000.0,
     86400.0, 172800.0, 432000.0, 864000.0),
)  # fmt: skip
_STEPS = ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10)))  # of a power of ten
_POWERS = range(-6, 16)


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values 1, 2 or 5 × 10ⁿ apart, at most so many."""
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [float(tick) for tick in np.arange(math.ceil(low / step) * step, high, step)]


def log_ticks(low: float, high: float, most: int, *, seconds: bool = False) -> list[float]:
    """Round values on a logarithmic axis, at most so many; in a narrow range those of a linear one.

    Args:
        seconds: whether seconds, minutes, hours and days are round.
    """
    candidates = [[step * 10.0**power for power, step in product(_POWERS, steps)] for steps in _STEPS]
    if seconds:
        short = [[value for value in values if value < 1] for values in candidates]
        candidates = [fine + list(spans) for fine, spans in zip(short, _SPANS, strict=True)]
    inside = [[value for value in values if low <= value <= high] for values in candidates]
    fitting = [values for values in inside if 2 <= len(values) <= most]
    return max(fitting, key=len) if fitting else linear_ticks(low, high, most)
