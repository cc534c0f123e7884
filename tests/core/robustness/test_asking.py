"""Networks trained for a moment on films, asked again: answers change where they look, and nowhere else."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from core.audio.settings import AudioSettings
from core.control import Control
from core.engine import run
from core.errors import Cancelled, UserError
from core.events import Outcome, Progress
from core.recipe import Recipe
from core.robustness import CORRUPTIONS
from core.robustness.sweep import read_sweep, sweep
from core.run_spec import DatasetChoice, Network
from core.runs import RunFolder, list_runs
from core.study import Study
from core.video.settings import VideoSettings
from core.workspace import Workspace
from tests.core.films import RATE, moving_square, tone, write_film


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """A workspace with sound, sight and both, trained for one epoch on 16 films."""
    root = tmp_path_factory.mktemp("films")
    rows = ["path,label,fold"]
    for number in range(8):
        for label, step, pitch in (("low", 3, 300.0), ("high", -3, 2000.0)):
            heard = tone(0.4, pitch * (1 + number / 40))
            write_film(root / f"{label}-{number}.mkv", moving_square(8, step=step, seed=number), sound=heard)
            rows.append(f"{label}-{number}.mkv,{label},{number % 2 + 1}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    study = Study(
        name="films",
        dataset=DatasetChoice(name="labelled-folder", root=str(root)),
        folds=(1,),
        device="cpu",
        network=tuple(Network(name=name, modality=name) for name in ("audio", "video", "audio-visual")),
        recipe=Recipe(
            epochs=1,
            batch_size=8,
            validation_share=0.5,
            audio=AudioSettings(rate=RATE, seconds=0.4, n_fft=256, hop=128, mels=32),
            video=VideoSettings(frames=4, side=40, size=32),
        ),
    )
    workspace = Workspace(tmp_path_factory.mktemp("workspace")).open()
    assert run(study, workspace, lambda event: None) is Outcome.DONE
    yield workspace
    workspace.close()


def runs(workspace: Workspace) -> dict[str, RunFolder]:
    return {folder.spec.network.label: folder for folder in list_runs(workspace)}


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_networks_are_asked_where_they_look_and_a_torn_answer_again(trained, corruption):
    row, told = CORRUPTIONS[corruption], []
    found = sweep("films", corruption, trained, row.levels[-2:], emit=told.append)
    assert read_sweep(trained, "films", corruption, Control()) == found
    asked = [event for event in told if isinstance(event, Progress) and event.unit == "tests"]
    assert [event.done for event in asked] == list(range(2 * len(found.affected)))
    for label, folder in runs(trained).items():
        clean = folder.predictions()
        assert (label in found.affected) == bool(folder.corrupted_levels(corruption))
        for level in folder.corrupted_levels(corruption):
            with np.load(folder.corrupted(corruption, level)) as kept:
                assert kept["clip_ids"].tolist() == clean.clip_ids.tolist()
                assert not np.allclose(kept["probabilities"], clean.probabilities, atol=1e-6), (label, level)
    folder = runs(trained)[found.affected[0]]
    worst = folder.corrupted(corruption, row.levels[-1])
    asked = folder.corrupted_levels(corruption)
    worst.with_stem(f"{worst.stem} (copy)").touch()
    assert folder.corrupted_levels(corruption) == asked
    before = worst.read_bytes()
    worst.write_bytes(before[:40])
    told.clear()
    again = sweep("films", corruption, trained, row.levels[-2:], emit=told.append)
    assert worst.read_bytes() == before and again == found
    assert len([event for event in told if isinstance(event, Progress) and event.unit == "tests"]) == 1


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_what_was_asked_before_a_cancel_is_kept(trained, corruption):
    row, control = CORRUPTIONS[corruption], Control()
    level = row.levels[0] * 1.25

    def stop(event: object) -> None:
        if isinstance(event, Progress) and event.unit == "tests" and event.done == 1:
            control.cancel()

    with pytest.raises(Cancelled):
        sweep("films", corruption, trained, (level,), control, stop)
    found = read_sweep(trained, "films", corruption, Control())
    assert found is not None
    assert found.missing(level) == len(found.affected) - 1


@pytest.mark.parametrize("anew", [False, True])
def test_a_run_that_is_deleted_while_it_is_asked_leaves_nothing_behind(trained, tmp_path, anew):
    folder = runs(trained)["audio"]
    shutil.copytree(folder.path, tmp_path / "kept")

    def delete(event: object) -> None:
        if isinstance(event, Progress) and event.unit == "tests":
            folder.delete()
            if anew:
                shutil.copytree(tmp_path / "kept", folder.path, copy_function=shutil.copy)

    with pytest.raises(UserError, match="was deleted or trained anew"):
        sweep("films", "noise", trained, (33.0,), emit=delete)
    assert folder.path.exists() == anew and 33.0 not in folder.corrupted_levels("noise")
    if not anew:
        shutil.copytree(tmp_path / "kept", folder.path)
