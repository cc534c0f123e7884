"""Captures as the Live panel would leave them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from core.captures import Capture
from core.live.capture import Kept, write_capture
from tests.core.films import RATE, moving_square, tone


def keep(root: Path, session: str, label: str, number: int = 0, film: bool = False, played: str = "") -> Capture:
    """One of them; those of one session differ in their number. `played`: what was replayed."""
    frames = tuple((0.04 * place, picture) for place, picture in enumerate(moving_square(5))) if film else ()
    now = datetime(2026, 1, 1, 8) + timedelta(seconds=number)
    kept, sources = Kept(tone(0.2, 300 + 50 * number), RATE, frames), {"replay": played} if played else {}
    return write_capture(root, kept, session=session, label=label, sources=sources, now=now)


def make_captures(root: Path) -> Path:
    """Five sessions with two clips of each of two classes, none of which is like another."""
    for number in range(20):
        keep(root, f"session {number // 4}", ("dog", "rain")[number % 2], number)
    return root
