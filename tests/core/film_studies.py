"""A folder of films with sound, and a study of them that trains a run in about a second."""

from __future__ import annotations

from pathlib import Path

from core.audio.settings import AudioSettings
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.study import Study
from core.video.settings import VideoAugmentation, VideoSettings
from tests.core.films import RATE, moving_square, tone, write_film

SOUND, SIGHT, BOTH = "sound", "sight", "both"


def write_films(root: Path) -> Path:
    """Three classes: two that look alike and sound different, and one without any sound that moves the other way."""
    rows = ["path,label,fold"]
    for number in range(8):
        for label, step, pitch in (("low", 3, 300.0), ("high", 3, 2000.0), ("silent", -3, None)):
            name = f"{label}-{number}.mkv"
            heard = None if pitch is None else tone(0.4, pitch * (1 + number / 40))
            pictures = moving_square(10, step=step, seed=number)
            write_film(root / name, pictures, sound=heard)
            rows.append(f"{name},{label},{number % 4 + 1}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


def film_study(root: Path, **changes: object) -> Study:
    recipe = Recipe(
        epochs=2,
        batch_size=8,
        learning_rate=3e-3,
        validation_share=0.3,
        audio=AudioSettings(rate=RATE, seconds=0.4, n_fft=256, hop=128, mels=32),
        video=VideoSettings(frames=4, side=40, size=32),
        video_augmentation=VideoAugmentation(crop=0.6, colour=0.3),
    )
    settings: dict[str, object] = {
        "name": "films",
        "dataset": DatasetChoice(name="labelled-folder", root=str(root)),
        "folds": (1,),
        "device": "cpu",
        "network": (
            Network(name=SOUND, modality="audio"),
            Network(name=SIGHT, modality="video", temporal="gru"),
            Network(name=BOTH, modality="audio-visual"),
        ),
        "recipe": recipe,
    }
    return Study.model_validate(settings | changes)
