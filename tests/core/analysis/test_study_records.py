"""All runs of a study read at once: what is found, what is left out and said."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from core.analysis.study_records import read_study_records
from core.control import Control
from core.datasets.base import Modality
from core.errors import Cancelled, UserError
from core.run_records import Phase
from core.run_spec import Network
from core.runs import list_studies
from tests.gui.make_runs import make_modalities, make_study, synthetic_clips

STUDY = "fabricated-test-data"


def read(workspace, study=STUDY):
    return read_study_records(workspace, study, Control(), lambda progress: None)


def test_every_prediction_of_every_run_is_a_record(workspace):
    clips = synthetic_clips(5, per_class=8)
    runs = make_study(workspace, clips, seeds=(0, 1))
    data = read(workspace)
    assert len(data.records) == 3 * 2 * 5 * 8
    assert {network.architecture for network in data.networks} == {"baseline_cnn", "alexnet", "resnet50"}
    assert [network.architecture for network in data.networks] == ["baseline_cnn", "alexnet", "resnet50"]
    i = 137
    info, spec = data.records.runs[data.records.run[i]], data.specs[data.records.run[i]]
    assert (info.fold, info.seed) == (spec.fold, spec.seed)
    (folder,) = [run for run in runs if run.id == spec.id]
    stored = folder.predictions()
    assert str(data.records.clip_ids[data.records.clip[i]]) == stored.clip_ids[data.records.row[i]]
    assert data.records.predicted[i] == stored.predicted[data.records.row[i]]


def test_runs_are_found_by_their_place(workspace):
    make_study(workspace, synthetic_clips(3, per_class=8), seeds=(0, 1))
    data = read(workspace)
    assert not data.captured
    for run, info in enumerate(data.records.runs):
        folder = data.folder_of(workspace, run)
        assert (folder.spec.fold, folder.spec.seed) == (info.fold, info.seed)
        assert list(folder.tested) == data.predictions[run].clip_ids.tolist()
        assert data.network_of(run).label == info.network


def test_answers_are_those_of_the_same_clip_with_the_same_seed(workspace):
    make_study(workspace, synthetic_clips(5, per_class=8), seeds=(0, 1))
    data = read(workspace)
    record = int(np.flatnonzero([data.records.runs[r].seed == 1 for r in data.records.run])[7])
    clip, fold = data.records.clip[record], data.records.runs[data.records.run[record]].fold
    for network, answer in zip(data.networks, data.answers(record), strict=True):
        (run,) = [
            n for n, info in enumerate(data.records.runs)
            if (info.network, info.fold, info.seed) == (network.label, fold, 1)
        ]  # fmt: skip
        row = list(data.predictions[run].clip_ids).index(data.records.clip_ids[clip])
        np.testing.assert_allclose(answer.probabilities, data.predictions[run].probabilities[row], rtol=1e-6)
        assert answer.sound_share is None


def test_how_much_the_sound_counted_is_told_where_a_fusion_weighs_it(workspace):
    folders = make_modalities(workspace, synthetic_clips(4, per_class=8), architectures=("resnet50",), folds=(1,))
    (both,) = [folder for folder in folders if folder.spec.modality == Modality.AUDIO_VISUAL]
    said = both.predictions()
    sound = np.linspace(0, 1, len(said))
    replace(said, shares=np.stack([sound, 1 - sound], axis=1).astype(np.float16)).save(both.path / "predictions.npz")
    data = read(workspace)
    for record in (0, 5):
        told = {n.modality: answer.sound_share for n, answer in zip(data.networks, data.answers(record), strict=True)}
        row = said.clip_ids.tolist().index(data.records.clip_ids[data.records.clip[record]])
        assert told == {
            Modality.AUDIO: None,
            Modality.VIDEO: None,
            Modality.AUDIO_VISUAL: pytest.approx(sound[row], abs=1e-3),
        }


def test_a_network_that_has_not_tested_the_clip_has_no_answer(workspace):
    clips = synthetic_clips(5, per_class=8)
    make_study(workspace, clips, networks=(Network(),), folds=(1, 2))
    make_study(workspace, clips, networks=(Network(architecture="alexnet"),), folds=(1,))
    data = read(workspace)
    in_fold_2 = int(np.flatnonzero([data.records.runs[r].fold == 2 for r in data.records.run])[0])
    baseline, alexnet = data.answers(in_fold_2)
    assert baseline is not None
    assert alexnet is None


def test_what_cannot_be_read_is_said_and_the_rest_is_shown(workspace):
    runs = make_study(workspace, synthetic_clips(5, per_class=8), folds=(1, 2))
    (runs[0].path / "predictions.npz").write_bytes(b"torn")
    data = read(workspace)
    assert len(data.specs) == len(runs) - 1
    (problem,) = data.problems
    assert str(runs[0].path) in problem


def test_runs_of_other_classes_are_left_out_by_name(workspace):
    make_study(workspace, synthetic_clips(5, per_class=8), networks=(Network(),), folds=(1,))
    make_study(workspace, synthetic_clips(6, per_class=8), networks=(Network(name="six"),), folds=(1,))
    data = read(workspace)
    assert len(data.records.classes) == 6
    assert "baseline" in data.problems[0]


def test_nothing_is_none_and_nothing_readable_is_a_sentence(workspace):
    assert read(workspace, "nothing") is None
    (run,) = make_study(workspace, synthetic_clips(3), networks=(Network(),), folds=(1,))
    (run.path / "predictions.npz").write_bytes(b"")
    with pytest.raises(UserError, match=r"predictions\.npz"):
        read(workspace)


def test_a_run_that_is_trained_again_is_not_shown_with_its_old_predictions(workspace):
    first, second = make_study(workspace, synthetic_clips(3), networks=(Network(),), folds=(1, 2))
    second.write_status(phase=Phase.RUNNING)
    data = read(workspace)
    assert [spec.id for spec in data.specs] == [first.id]
    first.write_status(phase=Phase.FAILED)
    assert read(workspace) is None


def test_a_record_is_found_again_by_its_name_when_there_are_more_runs(workspace):
    clips = synthetic_clips(5, per_class=8)
    make_study(workspace, clips, folds=(2,))
    before = read(workspace)
    names = [before.name_of(record) for record in range(len(before.records))]
    assert len(set(names)) == len(names)
    make_study(workspace, clips, folds=(1,))
    after = read(workspace)
    assert [after.name_of(after.find(name)) for name in names] == names
    assert after.find(names[3]) != 3
    assert after.find(("no such run", names[0][1])) == after.find((names[0][0], "no such clip")) == -1


def test_reading_can_be_cancelled(workspace):
    make_study(workspace, synthetic_clips(3), networks=(Network(),), folds=(1, 2))
    control = Control()
    with pytest.raises(Cancelled):
        read_study_records(workspace, STUDY, control, lambda progress: control.cancel())


def test_studies_come_with_the_latest_first(workspace):
    assert list_studies(workspace, finished=True) == []
    for name in ("one", "two"):
        make_study(workspace, synthetic_clips(3), study=name, networks=(Network(),), folds=(1,))
    (old,) = (workspace.runs / "two").glob("*/predictions.npz")
    os.utime(old, (1, 1))
    assert list_studies(workspace, finished=True) == ["one", "two"]


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.CANCELLED, Phase.FAILED])
def test_a_study_whose_first_run_ended_after_its_predictions_were_written_is_not_finished(workspace, phase):
    (run,) = make_study(workspace, synthetic_clips(3), networks=(Network(),), folds=(1,))
    run.write_status(phase=phase)  # the trainer writes predictions, then takes last figures, then says that it is done
    assert read_study_records(workspace, run.study, Control(), lambda progress: None) is None
    assert list_studies(workspace, finished=True) == []
    assert list_studies(workspace) == [run.study]


def test_networks_stand_by_architecture_then_sound_sight_both_and_tell_themselves_apart(workspace):
    make_modalities(
        workspace, synthetic_clips(4, per_class=8), folds=(1,), fusions=("gated attention", "score average")
    )
    networks = read(workspace).networks
    assert [(n.architecture, n.modality) for n in networks] == [
        (architecture, modality)
        for architecture in ("baseline_cnn", "resnet50")
        for modality in (Modality.AUDIO, Modality.VIDEO, Modality.AUDIO_VISUAL, Modality.AUDIO_VISUAL)
    ]
    for architecture in ("baseline_cnn", "resnet50"):
        short = [n.short for n in networks if n.architecture == architecture]
        assert short[:2] == ["sound", "sight"]
        assert len(set(short)) == 4


@pytest.mark.parametrize(
    ("networks", "short"),
    [
        (
            [Network(modality="video", temporal="gru"), Network(architecture="alexnet", modality="video")],
            ["gru", "average"],
        ),
        (
            [
                Network(architecture="alexnet", modality="video", temporal="gru"),
                Network(architecture="alexnet", modality="video", temporal="gru", weights="imagenet"),
                Network(architecture="alexnet", modality="video", temporal="attention", name="looks, everywhere"),
            ],
            ["gru, ImageNet", "gru, scratch", "looks, everywhere"],
        ),
        ([Network(), Network(architecture="alexnet", weights="imagenet")], ["scratch", "ImageNet"]),
    ],
)
def test_networks_of_one_modality_say_within_their_architecture_what_tells_them_apart(workspace, networks, short):
    make_study(workspace, synthetic_clips(4, per_class=8), networks=tuple(networks), folds=(1,))
    assert sorted(n.short for n in read(workspace).networks) == sorted(short)


def test_what_is_said_at_frames_is_kept_for_sight_alone(workspace):
    runs = make_modalities(workspace, synthetic_clips(4, per_class=8), folds=(1,), architectures=("alexnet",))
    (sight,) = [run for run in runs if run.spec.modality == Modality.VIDEO]
    stored = sight.predictions()
    data = read(workspace)
    told = 0
    for record in range(len(data.records)):
        said = data.of_frames(record)
        if data.specs[data.records.run[record]].modality != Modality.VIDEO:
            assert said is None
            continue
        told += 1
        np.testing.assert_array_equal(said, stored.frame_probabilities[data.records.row[record]])
    assert told == 8
    replace(stored, frame_probabilities=stored.frame_probabilities[:, :-1]).save(sight.path / "predictions.npz")
    data = read(workspace)
    assert all(data.of_frames(record) is None for record in range(len(data.records)))
