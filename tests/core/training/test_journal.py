"""The journal of a run, read back from TensorBoard's files by TensorBoard itself."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups, metadata

import core.training.journal
from core.datasets.labelled_folder import LICENCE
from core.engine import run
from core.evaluation.metrics import METRICS, score
from core.events import EpochEnded, Event, Message, Outcome
from core.recipe import Recipe
from core.run_spec import Network
from core.runs import RunFolder, list_runs
from core.training.journal import MISTAKES, flattened, without_places
from core.training.trackers import TensorBoard
from core.workspace import Workspace
from tests.core.tones import only, tone_study, trained, write_tones


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunFolder]]:
    """Two runs, on folds 1 and 2, of a network that has learned too little to make no mistake."""
    root = tmp_path_factory.mktemp("journal")
    workspace = Workspace(root / "workspace").open()
    tones = write_tones(root / "tones")
    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 2, "learning_rate": 1e-5, "validation_share": 0.25})
    trained(tone_study(tones, recipe=recipe, folds=(1, 2)), workspace)
    yield list(list_runs(workspace))
    workspace.close()


def read(folder: RunFolder) -> EventAccumulator:
    everything = {"scalars": 0, "images": 0, "tensors": 0}
    return EventAccumulator(str(folder.tensorboard), size_guidance=everything).Reload()


def test_every_epoch_and_every_score_is_there(finished: list[RunFolder]) -> None:
    for folder in finished:
        events = read(folder)
        for tag, column in {
            "train/loss": "train_loss",
            "train/accuracy": "train_accuracy",
            "train/learning_rate": "learning_rate",
            "train/clips_per_second": "clips_per_second",
            "train/seconds": "seconds",
            "validation/loss": "validation_loss",
            "validation/accuracy": "validation_accuracy",
        }.items():
            told = [(event.step, event.value) for event in events.Scalars(tag)]
            assert told == [(row.epoch, pytest.approx(getattr(row, column))) for row in folder.log()], tag
        scores = score(folder.predictions())
        for name in METRICS:
            assert [event.value for event in events.Scalars(f"test/{name}")] == [pytest.approx(scores[name])], name
        (chosen,) = events.Scalars("tested_weights/validation_accuracy")
        assert chosen.value == pytest.approx(folder.status.validation_accuracy)


def test_the_matrix_and_the_worst_mistakes_are_pictures(finished: list[RunFolder]) -> None:
    for folder in finished:
        events, wrong = read(folder), int((~folder.predictions().correct).sum())
        assert wrong, "the network should have been trained less"
        expected = {"confusion_matrix"} | {f"mistakes/{number}" for number in range(1, min(wrong, MISTAKES) + 1)}
        assert set(events.Tags()["images"]) == expected
        for tag in expected:
            (event,) = events.Images(tag)
            pixels = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
            assert pixels.shape == (event.height, event.width, 3) and pixels.std() > 10, tag


def test_the_study_is_there_as_text_without_the_place_of_its_clips(finished: list[RunFolder]) -> None:
    folder = finished[0]
    (text,) = read(folder).Tensors("study.toml/text_summary")
    content = text.tensor_proto.string_val[0].decode()
    assert "[recipe.audio]\nrate = 8000" in content and f"fold = {folder.spec.fold}" in content
    assert folder.spec.dataset.root and folder.spec.dataset.root not in content


def test_the_licence_of_the_clips_goes_with_their_pictures(finished: list[RunFolder]) -> None:
    for folder in finished:
        (text,) = read(folder).Tensors("licence/text_summary")
        assert LICENCE in text.tensor_proto.string_val[0].decode()


def test_the_hparams_tab_tells_the_runs_of_a_study_apart(finished: list[RunFolder]) -> None:
    """As `tensorboard --logdir runs/tones` computes it."""
    runs = plugin_event_multiplexer.EventMultiplexer()
    runs.AddRunsFromDirectory(str(finished[0].path.parent))
    runs.Reload()
    provider = data_provider.MultiplexerDataProvider(runs, "")
    context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    request = RequestContext()
    found = context.hparams_metadata(request, "")
    experiment = context.experiment_from_metadata(request, "", True, found, None)
    settings = flattened(finished[0].spec)
    assert {info.name for info in experiment.hparam_infos} == {n for n, value in settings.items() if value is not None}
    assert [info.name for info in experiment.hparam_infos if info.differs] == ["fold"]
    assert {f"test/{name}" for name in METRICS} <= {info.name.tag for info in experiment.metric_infos}
    wanted = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=10, allowed_statuses=[api_pb2.STATUS_SUCCESS], include_metrics=True
    )
    wanted.col_params.add(hparam="fold", include_in_result=True)
    wanted.col_params.add(metric=api_pb2.MetricName(tag="test/accuracy"), include_in_result=True)
    groups = list_session_groups.Handler(request, context, "", wanted).run().session_groups
    told = {int(group.hparams["fold"].number_value): group.metric_values[0].value for group in groups}
    assert told == {f.spec.fold: pytest.approx(score(f.predictions())["accuracy"]) for f in finished}


def test_what_was_trained_again_after_a_crash_stands_there_once(tones: Path, workspace: Workspace) -> None:
    """Epoch 2 was told, and lost: the checkpoint is of epoch 1."""
    study = tone_study(tones, checkpoint_every=0.0)

    def fall(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            raise RuntimeError("as if killed")

    run(study, workspace, fall)
    folder = next(list_runs(workspace))
    assert [event.step for event in read(folder).Scalars("train/loss")] == [1, 2]
    trained(study, workspace)
    events = read(folder)
    for tag, column in {"train/loss": "train_loss", "train/seconds": "seconds"}.items():
        told = [(event.step, event.value) for event in events.Scalars(tag)]
        assert told == [(row.epoch, pytest.approx(getattr(row, column))) for row in folder.log()]
    files = folder.tensorboard.glob("events.*")
    raw = Counter((value.tag, event.step) for file in files for event in loaded(file) for value in event.summary.value)
    assert raw[("train/loss", 4)] == 1 and max(raw.values()) == 1, "other readers do not purge"
    assert metadata.SESSION_END_INFO_TAG in {tag for tag, _ in raw}
    times = [event.wall_time for event in events.Scalars("train/loss")]
    assert times == sorted(times) and len(set(times)) == 4


def loaded(file: Path) -> Iterator[Any]:
    return iter(EventFileLoader(str(file)).Load())


def test_what_goes_wrong_in_the_journal_is_said_and_costs_nothing(
    tones: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no room")

    recipe = tone_study(tones).recipe.model_copy(update={"epochs": 1})
    for number, (owner, name) in enumerate(
        ((TensorBoard, "__init__"), (TensorBoard, "scalars"), (core.training.journal, "confusion_picture"))
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, broken)
            outcome, events = trained(tone_study(tones, recipe=recipe, name=f"broken-{number}"), workspace)
        said = [event.text for event in only(events, Message) if event.level == "warning"]
        assert outcome is Outcome.DONE and len(said) == 1
        assert "no room" in said[0] and "The run itself goes on." in said[0]


def test_settings_have_the_same_names_whatever_the_network() -> None:
    recipe = Recipe()
    one, other = (
        flattened(tone_study(Path("/home/me/tones"), recipe=recipe, network=(network,)).runs((1,)).__next__())
        for network in (Network(), Network(architecture="resnet50", weights="imagenet", recipe={"epochs": 2}))
    )
    assert one.keys() == other.keys()
    assert (other["recipe.epochs"], other["network.architecture"], one["recipe.audio.mels"]) == (2, "resnet50", 64)
    assert all(isinstance(value, str | int | float | None) for value in one.values())


@pytest.mark.parametrize(
    ("weights", "given", "told"),
    [
        ("file", "/home/me/secret/alexnet.pth", "alexnet.pth"),
        ("run", "/home/me/secret/runs/tones/best", "best"),
        ("run", "/home/me", "me"),
        ("run", "~/secret", "secret"),
        ("run", "../secret/best", "best"),
        ("run", "home/me/secret/best", "best"),
        ("run", "tones/best", "tones/best"),
        ("run", "best", "best"),
        ("none", "/home/me/secret/left-over.pth", "left-over.pth"),
    ],
)
def test_folders_of_this_computer_are_not_told(weights: Any, given: str, told: str) -> None:
    network = Network(weights=weights, weights_path=given)
    spec = next(tone_study(Path("/home/me/tones"), network=(network,)).runs((1,)))
    assert without_places(spec).network.weights_path == told
    assert "/home/me" not in str(without_places(spec)) and "secret/" not in str(without_places(spec))
