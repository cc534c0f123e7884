"""Classical baselines go through the engine as networks do, as far as they can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import core.evaluation.classical
import core.training.clip_statistics
from core.control import Control
from core.engine import run
from core.errors import UserError
from core.estimate import estimate
from core.evaluation.classical import CLASSICAL
from core.evaluation.summary import summarise
from core.evaluation.tables import network_table
from core.events import EpochEnded, Event, Outcome, RunFinished, RunStarted, StudyStarted
from core.live.adapt import never_adapted
from core.live.offered import live_choices
from core.robustness.sweep import read_sweep, sweep
from core.robustness.tables import reservations
from core.run_lists import earlier_runs, read_rows
from core.run_records import Phase
from core.run_spec import Network
from core.runs import RunFolder, list_runs
from core.study import Study
from core.training.restore import restore
from core.verify import verify
from core.workspace import Workspace
from tests.core.tones import only, tone_study, trained

BASELINES = tuple(Network(architecture=name) for name in CLASSICAL)


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.evaluation.classical, "TREES", 20)
        yield


def classical_study(tones: Path, **changes: object) -> Study:
    study = tone_study(tones, network=BASELINES, folds=())
    recipe = study.recipe.model_copy(update={"validation_share": 0.3})
    return study.model_copy(update={"recipe": recipe} | changes)


@pytest.fixture(scope="module")
def done(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[Event]]:
    """A finished study of all baselines, its workspace and what the engine said; only to be read."""
    place = Workspace(tmp_path_factory.mktemp("classical")).open()
    outcome, events = trained(classical_study(tones), place)
    assert outcome is Outcome.DONE
    return place, events


def runs_of(done: tuple[Workspace, list[Event]]) -> list[RunFolder]:
    return list(list_runs(done[0], "tones"))


def test_a_study_of_baselines_leaves_what_tables_and_plots_need(done: tuple[Workspace, list[Event]]) -> None:
    workspace, events = done
    assert len(only(events, RunStarted)) == len(only(events, RunFinished)) == 4 * len(BASELINES)
    assert not only(events, EpochEnded)
    for folder in runs_of(done):
        said, status, validation = folder.predictions(), folder.status, folder.validation()
        assert len(said) == 6 and said.features.shape == (6, 26)
        np.testing.assert_allclose(said.probabilities.sum(axis=1), 1, atol=1e-5)
        assert status.phase is Phase.DONE and status.train_accuracy is not None
        assert (status.parameters, status.multiply_adds, status.epoch) == (0, 0, 0)
        assert not folder.weights.exists() and not folder.checkpoint.exists()
        assert validation is not None and set(validation.clip_ids) == folder.set_aside
        assert not set(validation.clip_ids) & set(said.clip_ids)
        assert status.validation_accuracy == pytest.approx(validation.correct.mean())
    summary = summarise(runs_of(done))
    assert {row.label for row in summary.networks} == {row.title for row in CLASSICAL.values()}
    assert max(row.means["accuracy"].value for row in summary.networks) == 1.0, "tones are told apart"
    for row in network_table(summary).rows:
        assert row[1] == "no weights" and row[-3:] == ("–", "–", "–")
    assert len(read_rows(workspace, "tones", Control())) == 12


def test_statistics_are_computed_once_a_clip(
    tones: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, asked = core.training.clip_statistics.statistics, []

    def counted(samples: np.ndarray, rate: int) -> np.ndarray:
        asked.append(rate)
        return plain(samples, rate)

    monkeypatch.setattr(core.training.clip_statistics, "statistics", counted)
    trained(classical_study(tones, network=BASELINES[:2], seeds=(0, 1)), workspace)
    assert len(asked) == 24, "twenty-four clips, whatever the number of folds, seeds and baselines"


def test_finished_runs_stay_and_only_what_matters_makes_another(tones: Path, workspace: Workspace) -> None:
    study = classical_study(tones, network=BASELINES[:1], folds=(1,))
    trained(study, workspace)

    def to_do(**changes: object) -> int:
        recipe = study.recipe.model_copy(update=changes)
        return len(only(trained(study.model_copy(update={"recipe": recipe}), workspace)[1], StudyStarted)[0].runs)

    audio = study.recipe.audio
    assert to_do() == 0
    assert to_do(epochs=9, learning_rate=0.1, mixing="mixup", audio=audio.model_copy(update={"mels": 40})) == 0
    assert to_do(audio=audio.model_copy(update={"seconds": 0.3})) == 1
    assert to_do(validation_share=0.0) == 1


def test_the_seed_grows_another_forest_and_nothing_else(tones: Path, workspace: Workspace) -> None:
    recipe = tone_study(tones).recipe  # without a validation part, which a seed draws
    trained(tone_study(tones, network=BASELINES, seeds=(0, 1), recipe=recipe), workspace)
    said = {(f.spec.network.architecture, f.spec.seed): f.predictions().probabilities for f in list_runs(workspace)}
    for name in ("knn", "svm"):
        np.testing.assert_array_equal(said[name, 0], said[name, 1])
    assert not np.array_equal(said["random_forest", 0], said["random_forest", 1])


def test_stopped_between_clips_it_goes_on(tones: Path, workspace: Workspace) -> None:
    study, control = classical_study(tones, folds=(1,)), Control()

    def stop(event: Event) -> None:
        if isinstance(event, RunStarted):
            control.cancel()

    assert run(study, workspace, stop, control) is Outcome.CANCELLED
    first = next(folder for folder in list_runs(workspace) if folder.status.reason)
    assert first.status.phase is Phase.CANCELLED and first.status.reason == "stopped; it goes on from its beginning"
    outcome, events = trained(study, workspace)
    assert outcome is Outcome.DONE and len(only(events, RunFinished)) == len(BASELINES)


def test_it_can_be_verified_and_is_estimated_without_a_network(
    tones: Path, done: tuple[Workspace, list[Event]], workspace: Workspace
) -> None:
    for name in CLASSICAL:
        folder = next(one for one in runs_of(done) if one.spec.network.architecture == name)
        assert verify(folder, done[0], lambda event: None).equal, name
    study = classical_study(tones)
    found = estimate(study, workspace)
    assert found.runs == 12 and set(found.per_run) == {network.label for network in BASELINES}
    assert 0 < found.seconds < 120 and found.disk_bytes == found.cache_bytes
    assert estimate(study, done[0]).seconds == 0


def test_what_was_fitted_is_not_asked_again_and_that_is_said(
    tones: Path, done: tuple[Workspace, list[Event]], workspace: Workspace
) -> None:
    place = done[0]
    folder = next(one for one in runs_of(done) if one.spec.network.architecture == "svm")
    assert live_choices(place, Control()) == [] and earlier_runs(place, Control()) == []
    assert "SVM" in folder.spec.never_again and never_adapted(folder) == folder.spec.never_again
    with pytest.raises(UserError, match="cannot be asked"):
        restore(folder, torch.device("cpu"))
    for ask in (lambda: sweep("tones", "noise", place), lambda: read_sweep(place, "tones", "noise", Control())):
        with pytest.raises(UserError, match="Left out: k-NN, Random forest, SVM"):
            ask()
    network = Network(name="from it", weights="run", weights_path=str(folder.path))
    _, events = trained(tone_study(tones, network=(network,)), workspace)
    assert "from it cannot start from" in only(events, RunFinished)[0].reason


def test_beside_a_network_that_is_asked_again_it_is_left_out(tones: Path, workspace: Workspace) -> None:
    study = tone_study(tones, network=(Network(), BASELINES[1]))
    trained(study.model_copy(update={"recipe": study.recipe.model_copy(update={"epochs": 1})}), workspace)
    found = sweep("tones", "noise", workspace, levels=(0.0,))
    assert list(found.networks) == ["Baseline CNN"] and found.left_out == ("SVM",)
    assert any("Left out: SVM" in sentence for sentence in reservations(found))
    assert [choice.architecture for choice in live_choices(workspace, Control())] == ["baseline_cnn"]
