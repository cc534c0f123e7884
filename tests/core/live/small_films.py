"""Films of 0.4 s to train small networks on: what moves to the left sounds low, what moves to the right high."""

from __future__ import annotations

from pathlib import Path

from core.audio.settings import AudioSettings
from core.events import Outcome
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.runs import RunFolder, list_runs
from core.study import Study
from core.video.settings import VideoSettings
from core.workspace import Workspace
from tests.core.films import moving_square, tone, write_film
from tests.core.tones import trained

SECONDS, FPS = 0.4, 25
SOUND, SIGHT, BOTH, MOTION = "sound", "sight", "both", "motion"
MOTION_FRAMES = 5  # that are taken of a film: the middle ones


def write_films(root: Path) -> Path:
    """A labelled folder in two folds."""
    rows = ["path,label,fold"]
    for number in range(6):
        for label, step, pitch in (("left", -3, 300.0), ("right", 3, 2000.0)):
            name = f"{label}-{number}.mkv"
            heard = tone(SECONDS, pitch * (1 + number / 20))
            write_film(root / name, moving_square(round(SECONDS * FPS), step=step, seed=number), FPS, heard)
            rows.append(f"{name},{label},{number % 2 + 1}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


def film_runs(root: Path, workspace: Workspace) -> dict[str, RunFolder]:
    """A run that hears (at another rate than the films have), one that sees all of a film, one that sees differences
    of neighbouring frames, and one that hears and sees."""
    study = Study(
        name="films",
        dataset=DatasetChoice(name="labelled-folder", root=str(root)),
        folds=(1,),
        device="cpu",
        network=(
            Network(name=SOUND, modality="audio"),
            Network(name=SIGHT, modality="video", temporal="gru"),
            Network(
                name=MOTION,
                modality="video",
                recipe={"video": {"sampling": "window", "rate": FPS, "input": "difference"}},
            ),
            Network(name=BOTH, modality="audio-visual", fusion="concatenation", joint=True),
        ),
        recipe=Recipe(
            epochs=3,
            batch_size=4,
            learning_rate=3e-3,
            audio=AudioSettings(rate=8000, seconds=SECONDS, n_fft=256, hop=64, mels=32),
            video=VideoSettings(frames=MOTION_FRAMES - 1, side=40, size=32),
        ),
    )
    outcome, events = trained(study, workspace)
    assert outcome is Outcome.DONE, events
    return {run.spec.network.label: run for run in list_runs(workspace)}
