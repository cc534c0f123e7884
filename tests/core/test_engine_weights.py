"""The engine: where a run's weights come from, and what becomes of them."""

from __future__ import annotations

import gc
from pathlib import Path

import torch

from core.events import Outcome, RunFinished
from core.run_spec import Network
from core.runs import list_runs
from core.settings_file import write_toml
from core.workspace import Workspace
from tests.core.tones import only, tone_study, trained


def test_weights_that_were_trained_on_the_test_clips_are_refused(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones), workspace)
    first = next(list_runs(workspace))
    leaking = Network(name="leaking", weights="run", weights_path=f"tones/{first.id}")
    outcome, events = trained(tone_study(tones, name="second", folds=(2,), network=(leaking,)), workspace)
    assert outcome is Outcome.FAILED
    assert "would give the answers away" in only(events, RunFinished)[0].reason


def test_the_file_of_a_run_and_an_outer_folder_give_no_way_around(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones), workspace)
    first = next(list_runs(workspace))
    leaking = Network(name="leaking", weights="file", weights_path=str(first.weights))
    outcome, events = trained(tone_study(tones, name="second", folds=(2,), network=(leaking,)), workspace)
    assert outcome is Outcome.FAILED
    assert "would give the answers away" in only(events, RunFinished)[0].reason
    outer = first.spec.dataset.model_copy(update={"root": str(tones.parent)})  # as a dataset within a folder is opened
    write_toml(first.spec.model_copy(update={"dataset": outer}), first.path / "study.toml")
    outcome, events = trained(tone_study(tones, name="third", folds=(2,), network=(leaking,)), workspace)
    assert "would give the answers away" in only(events, RunFinished)[0].reason
    outcome, _ = trained(tone_study(tones, name="fourth", network=(leaking,)), workspace)  # the same fold is tested
    assert outcome is Outcome.DONE


def test_an_earlier_run_gives_initial_weights_with_its_head(tones: Path, workspace: Workspace) -> None:
    trained(tone_study(tones, recipe=tone_study(tones).recipe.model_copy(update={"epochs": 15})), workspace)
    first = next(list_runs(workspace))
    again = Network(
        name="again", weights="run", weights_path=f"tones/{first.id}", recipe={"epochs": 1, "learning_rate": 1e-6}
    )
    outcome, events = trained(tone_study(tones, name="second", network=(again,)), workspace)
    assert outcome is Outcome.DONE
    assert only(events, RunFinished)[0].scores["accuracy"] == 1.0


def test_frozen_layers_keep_their_weights(tones: Path, workspace: Workspace) -> None:
    from safetensors.torch import load_file

    trained(tone_study(tones), workspace)
    first = next(list_runs(workspace))
    frozen = Network(name="frozen", weights="run", weights_path=f"tones/{first.id}", freeze="all but head")
    trained(tone_study(tones, name="second", network=(frozen,)), workspace)
    before = load_file(first.weights)
    after = load_file(next(list_runs(workspace, "second")).weights)
    moved = {name for name in before if name.startswith("network.") and not torch.equal(before[name], after[name])}
    assert moved == {"network.linear.weight", "network.linear.bias"}


def test_a_finished_run_leaves_no_weights_in_memory(tones: Path, workspace: Workspace) -> None:
    def weights() -> int:
        return sum(p.numel() for p in gc.get_objects() if type(p) is torch.nn.Parameter and not p.is_meta)

    gc.collect()
    before = weights()
    gc.disable()  # as in the window, where the engine's thread must not collect
    try:
        trained(tone_study(tones, seeds=(0, 1)), workspace)
        assert weights() - before < 100_000, "one network has 900,000"
    finally:
        gc.enable()
