"""Captures of the tones that tests of the engine train on, as the Live panel would keep them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.captures import Capture, Said
from core.live.capture import Kept, write_capture
from core.runs import RunFolder, list_runs
from core.workspace import Workspace
from tests.core.tones import PITCHES, RATE, tone_study, trained

MORNING = datetime(2026, 1, 1, 8)


def sound(pitch: float, seed: int) -> NDArray[np.float32]:
    """0.4 s at RATE, in noise."""
    random = np.random.default_rng(seed)
    time = np.arange(int(0.4 * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * pitch * time) + random.normal(0, 0.05, len(time))).astype(np.float32)


def keep(
    workspace: Workspace, session: str, label: str, number: int, pitch: float = 0.0, said: Sequence[Said] = (), **facts
) -> Capture:
    """A capture of a class; `pitch`: other than the class was trained at."""
    return write_capture(
        workspace.captures,
        Kept(sound(pitch or PITCHES[label], 1000 * number + sum(session.encode())), RATE, ()),
        session=session,
        label=label,
        said=said,
        now=MORNING + timedelta(seconds=number),
        **facts,
    )


def keep_sessions(workspace: Workspace, sessions: Sequence[str] = ("a", "b"), said: Sequence[Said] = ()) -> None:
    """Four captures of each of two classes in each session, at pitches from that of the class to the other's."""
    for session in sessions:
        for number in range(4):
            towards = number / 4
            low, middle = PITCHES["low"], PITCHES["middle"]
            keep(workspace, session, "low", number, low + towards * (middle - low), said)
            keep(workspace, session, "middle", 10 + number, middle - towards * (middle - low), said)


def trained_run(root: Path, workspace: Workspace) -> RunFolder:
    """A small network that has learned the three tones, not too well."""
    recipe = tone_study(root).recipe.model_copy(update={"epochs": 2})
    trained(tone_study(root, recipe=recipe), workspace)
    (run,) = list_runs(workspace)
    return run


def asked_live(run: RunFolder) -> tuple[Said, ...]:
    """As if the run had been asked: the captures are then of its classes."""
    classes = run.predictions().classes
    return (Said(run.name, "network", dict.fromkeys(classes, 1 / len(classes))),)
