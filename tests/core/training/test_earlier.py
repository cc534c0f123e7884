"""Weights from earlier runs: nothing that judges a run may have been learned from, however far back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from core.control import Control
from core.datasets.base import Clip, Dataset, Modality
from core.datasets.splits import split
from core.environment import fingerprints
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.events import Message
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import Branch, DatasetChoice, Network, RunSpec
from core.runs import RunFolder, run_folder
from core.training.earlier import refuse_leaks
from core.training.workbench import Workbench
from core.workspace import Workspace

CACHES: Any = SimpleNamespace(facts={"audio": {}}, digests=dict)
Make = Callable[..., RunFolder]


def dataset(root: Path, name: str = "labelled-folder", prefix: str = "") -> Dataset:
    clips = tuple(
        Clip(f"{prefix}{i}", root / f"{i}.wav", i % 2, 1 + i // 20, f"g{i}")  # three folds of twenty
        for i in range(60)
    )
    return Dataset(name, "X", root, ("a", "b"), clips, "", frozenset({Modality.AUDIO}))


def bench(data: Dataset, workspace: Workspace) -> tuple[Workbench, list[str]]:
    said: list[str] = []

    def told(event: object) -> None:
        assert isinstance(event, Message) and event.level == "warning"
        said.append(event.text)

    made = Workbench(workspace, data, CACHES, torch.device("cpu"), 0.0, Control(), told, lambda batch: None)
    return made, said


@pytest.fixture
def make(workspace: Workspace) -> Make:
    """A finished run on a fold of a dataset, in a study of its own."""

    def made(study: str, data: Dataset, fold: int = 1, share: float = 0.0, seed: int = 0, **changes: Any) -> RunFolder:
        root = "" if data.name != "labelled-folder" else str(data.root)
        spec = RunSpec(
            study=study, network=changes.pop("network", Network()), dataset=DatasetChoice(name=data.name, root=root),
            recipe=Recipe(validation_share=share), fold=fold, seed=seed, **changes,
        )  # fmt: skip
        folder = run_folder(workspace, spec)
        folder.create(spec)
        folder.write_environment({"dataset_fingerprint": fingerprints(data, CACHES)})
        tested = [clip for clip in data.clips if clip.fold == fold]
        Predictions(
            data.classes,
            np.array([clip.id for clip in tested]),
            np.array([clip.label for clip in tested]),
            np.full((len(tested), 2), 0.5, np.float32),
            np.zeros((len(tested), 1), np.float32),
        ).save(folder.path / "predictions.npz")
        folder.weights.touch()
        folder.write_status(phase=Phase.DONE)
        return folder

    return made


def started_from(run: RunFolder) -> Network:
    return Network(weights="run", weights_path=run.name)


def refusal(run: RunFolder, data: Dataset, workspace: Workspace, fold: int, share: float = 0.0, seed: int = 0) -> str:
    """The sentence; "" where nothing is refused, and nothing was said either."""
    work, said = bench(data, workspace)
    try:
        refuse_leaks(run, work, split(data, fold, share, seed))
    except UserError as error:
        return str(error)
    return " ".join(said)


def test_tested_clips_and_those_of_the_validation_part_are_told_apart(
    make: Make, workspace: Workspace, tmp_path: Path
) -> None:
    data = dataset(tmp_path)
    plain, held = make("plain", data), make("held", data, share=0.2)
    for run in (plain, held):
        assert not refusal(run, data, workspace, 1)
        assert f"{run.id} was trained on 20 of the clips that are tested now" in refusal(run, data, workspace, 2)
    assert "not kept from 8 of the clips that are the validation part now" in refusal(plain, data, workspace, 1, 0.2)
    assert not refusal(held, data, workspace, 1, 0.2), "what it had set aside may be set aside again"
    assert "the validation part now" in refusal(held, data, workspace, 1, 0.2, seed=1)


def test_a_fusion_has_learned_from_what_it_was_stacked_on(make: Make, workspace: Workspace, tmp_path: Path) -> None:
    data = dataset(tmp_path)
    sound, sight = (make(name, data, share=0.2) for name in ("sound", "sight"))
    branches = tuple(Branch(network=Network(), modality=Modality.AUDIO, run=run.id) for run in (sound, sight))
    both = make(
        "both", data, share=0.2, modality=Modality.AUDIO_VISUAL, branches=branches,
        network=Network(modality="audio-visual"),
    )  # fmt: skip
    assert f"{both.id} was not kept from" in refusal(both, data, workspace, 1, 0.2)


def test_weights_are_followed_to_where_they_come_from(make: Make, workspace: Workspace, tmp_path: Path) -> None:
    data, own = dataset(tmp_path / "esc", "esc50"), dataset(tmp_path / "own", prefix="own ")
    first = make("first", data)
    by_name = make("second", own, network=started_from(first))
    by_file = make("third", own, network=Network(weights="file", weights_path=str(by_name.weights)))
    for run in (by_name, by_file):
        said = refusal(run, data, workspace, 2)
        assert f"{first.id}, from which the weights of {run.id} come, was trained on 20 of the clips" in said
        assert not refusal(run, data, workspace, 1)
    branch = make("fused", own, network=started_from(first))
    fused = make(
        "fused", own, modality=Modality.AUDIO_VISUAL, network=Network(name="fused", modality="audio-visual"),
        branches=[Branch(network=Network(), modality=Modality.AUDIO, run=branch.id)] * 2,
    )  # fmt: skip
    assert f"from which the weights of {fused.id} come" in refusal(fused, data, workspace, 2)


def test_a_circle_of_names_ends_and_what_is_gone_is_said(make: Make, workspace: Workspace, tmp_path: Path) -> None:
    data, own = dataset(tmp_path / "esc", "esc50"), dataset(tmp_path / "own", prefix="own ")
    first = make("first", own)
    second = make("second", own, network=started_from(first))
    first.create(first.spec.model_copy(update={"network": started_from(second)}))
    assert not refusal(RunFolder(second.path), data, workspace, 2)
    first.delete()
    said = refusal(RunFolder(second.path), data, workspace, 2)
    assert f"Whether what {second.id} started from was trained on clips that are tested now is not known." in said
    assert "There is no run “first/" in said


def test_copies_are_the_same_recordings(make: Make, workspace: Workspace, tmp_path: Path) -> None:
    """Wherever they lie: by the name of a dataset, of which ESC-10 is a part of ESC-50, or by what is in them."""
    here, there = dataset(tmp_path / "here"), dataset(tmp_path / "there")
    assert "are tested now" in refusal(make("own", here), there, workspace, 2)
    assert not refusal(make("other", dataset(tmp_path / "else", prefix="own ")), there, workspace, 2)
    run = make("official", dataset(tmp_path / "a", "esc10"))
    run.write_environment({})
    assert "are tested now" in refusal(run, dataset(tmp_path / "b", "esc50"), workspace, 2)
    run = make("sounds", here)
    run.write_environment({"dataset_fingerprint": run.environment["dataset_fingerprint"]["audio"]})  # as once written
    assert "are tested now" in refusal(run, there, workspace, 2)


def test_beside_other_clips_what_was_set_aside_is_what_was_written(
    make: Make, workspace: Workspace, tmp_path: Path
) -> None:
    data = dataset(tmp_path)
    run = make("held", data, share=0.2)
    run.write_environment({"dataset_fingerprint": {"audio": "of more clips"}})
    assert "the validation part now" in refusal(run, data, workspace, 1, 0.2)
    assert not refusal(run, data, workspace, 1)
    aside = [data.clips[i].id for i in split(data, 1, 0.2).validation]
    run.write_set_aside(aside)
    assert not refusal(run, data, workspace, 1, 0.2)
    run.write_set_aside(aside[1:])
    assert f"not kept from 1 of the clips that are the validation part now, {aside[0]}" in refusal(
        run, data, workspace, 1, 0.2
    )
