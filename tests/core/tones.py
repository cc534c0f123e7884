"""Synthetic sounds to train on in tests of the engine: tones of three pitches in noise, 0.4 s, in four folds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from core.audio.settings import AudioSettings
from core.control import Control
from core.engine import run
from core.events import Event, Outcome
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.study import Study
from core.workspace import Workspace

RATE = 8000
PITCHES = {"low": 300.0, "middle": 900.0, "high": 2500.0}


def write_tones(root: Path, clips: int = 8) -> Path:
    """A labelled folder of sounds that a small network can tell apart in seconds."""
    random = np.random.default_rng(0)
    time = np.arange(int(0.4 * RATE)) / RATE
    rows = ["path,label,fold"]
    for label, pitch in PITCHES.items():
        for number in range(clips):
            sound = 0.3 * np.sin(2 * np.pi * pitch * random.uniform(0.9, 1.1) * time) + random.normal(
                0, 0.05, len(time)
            )
            name = f"{label}-{number}.wav"
            root.mkdir(parents=True, exist_ok=True)
            soundfile.write(root / name, sound.astype(np.float32), RATE)
            rows.append(f"{name},{label},{number % 4 + 1}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


def tone_study(root: Path, **changes: object) -> Study:
    """A study over the tones that trains a run in about a second."""
    recipe = Recipe(
        epochs=4,
        batch_size=8,
        learning_rate=3e-3,
        audio=AudioSettings(rate=RATE, seconds=0.4, n_fft=256, hop=64, mels=32),
    )
    settings: dict[str, object] = {
        "name": "tones",
        "dataset": DatasetChoice(name="labelled-folder", root=str(root)),
        "folds": (1,),
        "device": "cpu",
        "network": (Network(),),
        "recipe": recipe,
    }
    return Study.model_validate(settings | changes)


def trained(study: Study, workspace: Workspace, control: Control | None = None) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    return run(study, workspace, events.append, control), events


def only(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]
