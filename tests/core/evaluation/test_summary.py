"""The summary of runs on disk: what is averaged with what, what is compared, what is left out and why."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Modality
from core.errors import Cancelled
from core.evaluation.families import families, initial, started_from
from core.evaluation.metrics import METRICS, score
from core.evaluation.predictions import Predictions
from core.evaluation.reference import Reference, all_references, references
from core.evaluation.statistics import difference, mean_over_folds
from core.evaluation.summary import Summary, summarise
from core.evaluation.tables import TextTable, dataset_title, modality_table, network_figures, network_table, run_table
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import Branch, DatasetChoice, Network, RunSpec
from core.runs import RunFolder, list_runs, run_folder
from core.workspace import Workspace

ROOT = Path(__file__).parents[3]
CLASSES = tuple(f"class {k}" for k in range(4))
STRENGTH = {"baseline_cnn": 1.0, "alexnet": 2.0, "resnet50": 3.0}


def make_run(workspace: Workspace, architecture: str, fold: int, seed: int = 0, **departures: object) -> RunFolder:
    """A finished run with fabricated probabilities."""
    network, clips = departures.pop("network", None) or Network(architecture=architecture), departures.pop("clips", 40)
    spec = RunSpec(
        study=str(departures.pop("study", "fabricated")),
        network=network,
        modality=departures.pop("modality", "audio"),
        branches=departures.pop("branches", ()),
        dataset=DatasetChoice(
            name=str(departures.pop("dataset", "demo-sounds")),
            with_sound=departures.pop("with_sound", "as needed"),  # type: ignore[arg-type]
        ),
        recipe=Recipe(**departures),  # type: ignore[arg-type]
        fold=fold,
        seed=seed,
    )
    rng = np.random.default_rng([fold, seed, len(architecture), *spec.modality.encode()])
    labels = np.random.default_rng(fold).integers(0, 4, clips)
    logits = rng.normal(size=(clips, 4))
    logits[np.arange(clips), labels] += STRENGTH[architecture]
    powers = np.exp(logits)
    run = run_folder(workspace, spec)
    run.create(spec)
    ids = np.array([f"{fold}-{k}" for k in range(clips)])
    shares = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    Predictions(CLASSES, ids, labels, shares, np.zeros((clips, 0), np.float16)).save(run.path / "predictions.npz")
    run.write_status(
        phase=Phase.DONE, epoch=30, seconds=10.0, clips_per_second=40.0 + fold, parameters=1_500_000,
        multiply_adds=250_000_000, train_clips=120, train_accuracy=0.97,
    )  # fmt: skip
    return run


def test_networks_are_averaged_over_folds_and_seeds_and_compared(workspace: Workspace) -> None:
    for architecture in ("baseline_cnn", "alexnet"):
        for fold in (1, 2, 3):
            for seed in (0, 1):
                make_run(workspace, architecture, fold, seed)
    summary = summarise(list_runs(workspace))
    assert len(summary.runs) == 12
    assert not summary.problems
    assert [row.label for row in summary.networks] == ["AlexNet", "Baseline CNN"]  # the better one first
    best, other = summary.networks
    assert (best.folds, best.seeds, best.architecture) == ((1, 2, 3), (0, 1), "alexnet")
    assert (best.parameters, best.multiply_adds, best.clips_per_second) == (1_500_000, 250_000_000, 42.0)
    assert best.seconds == 60
    by_hand = {(r.spec.fold, r.spec.seed): score(r.folder.predictions())["macro_f1"] for r in best.runs}
    assert best.scores("macro_f1") == by_hand
    expected = mean_over_folds(by_hand, n_train=120, n_test=40)
    assert best.means["macro_f1"].value == expected.value
    assert best.means["macro_f1"].low == max(0.0, expected.low or 0)
    assert best.by_fold("macro_f1")[2] == pytest.approx((by_hand[2, 0] + by_hand[2, 1]) / 2)
    (pair,) = summary.differences
    assert (pair.a.label, pair.b.label) == ("AlexNet", "Baseline CNN")
    assert pair.difference == difference(best.scores("accuracy"), other.scores("accuracy"), 120, 40)
    assert pair.sentence.startswith("Accuracy: AlexNet is ")


def test_the_gap_is_training_less_test_accuracy(workspace: Workspace) -> None:
    run = make_run(workspace, "alexnet", 1)
    (row,) = summarise(list_runs(workspace)).runs
    assert row.gap == pytest.approx(0.97 - run.predictions().correct.mean())
    run.write_status(train_accuracy=None)
    summary = summarise(list_runs(workspace))
    assert summary.runs[0].gap is None
    assert summary.networks[0].gap is None


def test_intervals_end_at_the_bounds(workspace: Workspace) -> None:
    for fold in (1, 2):
        make_run(workspace, "resnet50", fold)
    for name, mean in summarise(list_runs(workspace)).networks[0].means.items():
        assert mean.low is not None
        assert mean.high is not None
        assert METRICS[name].low <= mean.low <= mean.value <= mean.high <= METRICS[name].high


def test_two_recipes_are_never_averaged(workspace: Workspace) -> None:
    make_run(workspace, "alexnet", 1)
    make_run(workspace, "alexnet", 1, mixing="mixup")
    labels = [row.label for row in summarise(list_runs(workspace)).networks]
    assert len(set(labels)) == 2
    assert all(label.startswith("AlexNet · ") for label in labels)


def test_only_what_was_tested_on_the_same_clips_is_compared(workspace: Workspace) -> None:
    make_run(workspace, "alexnet", 1)
    make_run(workspace, "baseline_cnn", 2)
    make_run(workspace, "resnet50", 1, dataset="esc10")
    summary = summarise(list_runs(workspace))
    assert len(summary.networks) == 3
    assert summary.differences == ()


def test_unfinished_runs_are_passed_over_and_unreadable_ones_named(workspace: Workspace) -> None:
    make_run(workspace, "alexnet", 1)
    make_run(workspace, "alexnet", 2).write_status(phase=Phase.RUNNING)
    torn = make_run(workspace, "alexnet", 3)
    (torn.path / "predictions.npz").write_bytes(b"torn")
    gone = make_run(workspace, "alexnet", 4)
    (gone.path / "predictions.npz").unlink()
    foreign = make_run(workspace, "alexnet", 5)
    (foreign.path / "study.toml").write_text("no = [toml")
    summary = summarise(list_runs(workspace))
    assert [row.spec.fold for row in summary.runs] == [1]
    assert len(summary.problems) == 3
    assert "not a predictions file" in summary.problems[0]
    assert "is missing" in summary.problems[1]
    assert "study.toml is not valid TOML" in summary.problems[2]


def test_scores_are_read_again_when_the_file_changes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(workspace, "alexnet", 1)
    before = summarise([run]).runs[0].scores
    with monkeypatch.context() as patch:
        patch.setattr(Predictions, "load", lambda path: pytest.fail("read twice"))
        assert summarise([run]).runs[0].scores == before
    perfect = run.predictions()
    Predictions(
        CLASSES, perfect.clip_ids, perfect.labels, np.eye(4, dtype=np.float32)[perfect.labels], perfect.features
    ).save(run.path / "predictions.npz")
    os.utime(run.path / "predictions.npz", (1, 1))
    assert summarise([run]).runs[0].scores["accuracy"] == 1


def test_summarising_can_be_cancelled(workspace: Workspace) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        summarise([make_run(workspace, "alexnet", 1)], control)
    assert summarise([]).networks == ()


def test_tables_hold_what_the_summary_holds(workspace: Workspace) -> None:
    for fold in (1, 2):
        make_run(workspace, "alexnet", fold)
    summary = summarise(list_runs(workspace))
    table = network_table(summary, ["accuracy"])
    (row,) = table.rows
    mean = summary.networks[0].means["accuracy"]
    assert row[:6] == ("AlexNet", "scratch", "sound", "Demo sounds (synthetic)", mean.text(), "2 × 1")
    assert row[6:] == ("1.50", "0.250", "41.5")
    runs = list(csv.DictReader(io.StringIO(run_table(summary).csv())))
    assert [float(line["accuracy"]) for line in runs] == [run.scores["accuracy"] for run in summary.runs]
    assert [line["validation_accuracy"] for line in runs] == ["", ""]


TEXT = {"study", "network", "architecture", "weights", "dataset", "synthetic", "modality", "variant", "run"}


@pytest.mark.parametrize("table", [network_figures, run_table])
def test_tables_for_programmes_have_one_number_a_cell_and_say_of_what(
    workspace: Workspace, table: Callable[[Summary], TextTable]
) -> None:
    for fold in (1, 2):
        make_run(workspace, "alexnet", fold)
    make_run(workspace, "baseline_cnn", 1, dataset="esc10")
    lines = list(csv.DictReader(io.StringIO(table(summarise(list_runs(workspace))).csv())))
    for line in lines:
        figures = {name: cell for name, cell in line.items() if name not in TEXT}
        assert len(figures) > 10
        assert all(cell == "" or np.isfinite(float(cell)) for cell in figures.values())
    said = {(line["network"], line["weights"], line["dataset"], line["synthetic"]) for line in lines}
    assert said == {
        ("AlexNet", "scratch", "Demo sounds (synthetic)", "True"),
        ("Baseline CNN", "scratch", "ESC-10", "False"),
    }


def test_the_figures_of_a_network_are_mean_interval_and_what_they_stand_on(workspace: Workspace) -> None:
    for fold, seed in ((1, 0), (1, 1), (2, 0), (2, 1)):
        make_run(workspace, "alexnet", fold, seed)
    make_run(workspace, "baseline_cnn", 1)
    summary = summarise(list_runs(workspace))
    alexnet, baseline = csv.DictReader(io.StringIO(network_figures(summary).csv()))
    mean = summary.networks[0].means["log_loss"]
    assert [float(alexnet[f"log_loss_{part}"]) for part in ("mean", "low", "high")] == [mean.value, mean.low, mean.high]
    assert (alexnet["folds"], alexnet["seeds"], alexnet["runs"]) == ("2", "2", "4")
    assert (baseline["accuracy_low"], baseline["accuracy_high"]) == ("", "")


def test_weights_and_the_users_own_clips_are_named_in_tables() -> None:
    file = Network(architecture="alexnet", weights="file", weights_path="w/a.safetensors")
    assert initial(file) == "file w/a.safetensors"
    assert initial(Network(architecture="alexnet", weights="imagenet")) == "ImageNet"
    assert dataset_title(DatasetChoice(name="labelled-folder", root="/home/me/birds")) == "Labelled folder birds"


def test_networks_are_ranked_with_the_best_first_and_the_undefined_last(workspace: Workspace) -> None:
    for architecture in ("alexnet", "baseline_cnn", "resnet50"):
        make_run(workspace, architecture, 1)
    summary = summarise(list_runs(workspace))
    losses = [network.means["log_loss"].value for network in summary.ranked("log_loss")]
    assert losses == sorted(losses)
    assert [n.label for n in summary.ranked("accuracy")] == [n.label for n in summary.networks]
    first = summary.networks[0]
    undefined = {**first.means, "log_loss": replace(first.means["log_loss"], value=float("nan"))}
    changed = replace(summary, networks=(replace(first, means=undefined), *summary.networks[1:]))
    assert changed.ranked("log_loss")[-1].label == first.label
    assert network_table(changed, ["log_loss"]).rows[-1][0] == first.label


def test_tables_are_written_for_documents() -> None:
    table = TextTable(("Network", "A (%)"), (("x_1 & y|z", "9.0"),))
    assert table.markdown() == "| Network | A (%) |\n|---|--:|\n| x_1 & y\\|z | 9.0 |\n"
    assert table.csv() == "Network,A (%)\nx_1 & y|z,9.0\n"
    assert r"x\_1 \& y$|$z & 9.0 \\" in table.latex()
    assert r"A (\%) \\" in table.latex()


def test_published_figures_are_read() -> None:
    esc50 = references("esc50")
    assert [r.accuracy for r in esc50] == sorted(r.accuracy for r in esc50)
    assert {"Human listeners": 81.3, "ResNet-50, ImageNet": 89.35}.items() <= {
        r.name: r.accuracy for r in esc50
    }.items()
    assert references("demo-sounds") == []
    assert {r.dataset for r in all_references()} - set(DATASETS) <= {"ucf101"}
    ranged = next(r for r in references("ucf101") if r.low is not None)
    assert ranged.text == "72.7–73 %"


def test_implausible_references_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        Reference(dataset="esc50", name="x", accuracy=981, source="y")
    with pytest.raises(ValueError, match="outside its range"):
        Reference(dataset="esc50", name="x", accuracy=50, low=60, high=70, source="y")


def test_importing_the_tables_of_results_loads_nothing_heavy() -> None:
    """The window shows before torch and scikit-learn are imported."""
    code = (
        "import sys, core.evaluation.summary, core.evaluation.tables, core.evaluation.reference, "
        "core.analysis.clip_records\n"
        "print({'torch', 'sklearn', 'scipy', 'lightning', 'librosa'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


IMAGENET = Network(architecture="alexnet", weights="imagenet", modality="audio")
SIGHT = Network(architecture="alexnet", temporal="gru", modality="video")
TRAINED = (Branch(network=IMAGENET, modality="audio", run="s-1"), Branch(network=SIGHT, modality="video", run="v-1"))


def make_modalities(workspace: Workspace, folds: tuple[int, ...] = (1, 2, 3)) -> Summary:
    """AlexNet on sound, sight and both, twice: gated and as an average of scores, which is not trained."""
    both = Network(architecture="alexnet", modality="audio-visual")
    average = both.model_copy(update={"fusion": "score average"})
    for fold in folds:
        make_run(workspace, "alexnet", fold, network=IMAGENET)
        make_run(workspace, "alexnet", fold, network=SIGHT, modality="video")
        make_run(workspace, "alexnet", fold, network=both, modality="audio-visual", branches=TRAINED)
        untrained = make_run(workspace, "alexnet", fold, network=average, modality="audio-visual", branches=TRAINED)
        untrained.write_status(epoch=0, clips_per_second=0.0)
    return summarise(list_runs(workspace))


def test_modalities_are_compared_on_the_same_clips(workspace: Workspace) -> None:
    summary = make_modalities(workspace)
    make_run(workspace, "baseline_cnn", 1)
    assert summary.modalities == tuple(Modality)
    pairs = summary.compare("accuracy")
    assert len(pairs) == 6
    assert {pair.pairs for pair in pairs} == {6}
    assert not summary.strangers()
    across = [pair.across for pair in pairs]
    assert across == sorted(across, reverse=True)
    assert across.count(False) == 1  # gated fusion and the average of scores
    sound, sight = (next(n for n in summary.networks if n.modality == m) for m in (Modality.AUDIO, Modality.VIDEO))
    pair = next(pair for pair in pairs if {pair.a.label, pair.b.label} == {sound.label, sight.label})
    assert pair.difference == difference(pair.a.scores("accuracy"), pair.b.scores("accuracy"), 120, 40)


def test_two_choices_that_come_to_the_same_clips_are_compared(workspace: Workspace) -> None:
    for fold in (1, 2, 3):
        make_run(workspace, "alexnet", fold, network=IMAGENET)
        make_run(workspace, "alexnet", fold, network=SIGHT, modality="video", with_sound="also without")
    summary = summarise(list_runs(workspace))
    (pair,) = summary.compare("accuracy")
    assert pair.difference.folds == (1, 2, 3) and not summary.strangers()


def test_folds_of_other_clips_are_not_compared_and_a_pair_that_has_no_other_is_named(workspace: Workspace) -> None:
    for fold in (1, 2, 3):
        make_run(workspace, "alexnet", fold, network=IMAGENET)
        make_run(workspace, "alexnet", fold, network=SIGHT, modality="video", clips=39 if fold == 2 else 40)
    summary = summarise(list_runs(workspace))
    (pair,) = summary.compare("accuracy")
    assert pair.difference.folds == (1, 3)
    assert not summary.strangers()
    make_run(workspace, "baseline_cnn", 1, clips=30)
    strangers = summarise(list_runs(workspace)).strangers()
    assert {names[names[0] != "Baseline CNN"] for names in strangers} >= {"Baseline CNN"}
    assert len(strangers) == 2


def test_families_stand_side_by_side_by_modality(workspace: Workspace) -> None:
    summary = make_modalities(workspace)
    make_run(workspace, "baseline_cnn", 1)
    summary = summarise(list_runs(workspace))
    made = {family.title: family for family in families(summary)}
    assert set(made) == {"AlexNet", "Baseline CNN"}
    assert sum(len(family.members) for family in made.values()) == len(summary.networks)
    fused = made["AlexNet"]
    assert [fused.name_of(row) for row in fused.of(Modality.AUDIO)] == ["ImageNet"]
    assert [fused.name_of(row) for row in fused.of(Modality.VIDEO)] == ["scratch, gru"]
    assert {fused.name_of(row) for row in fused.of(Modality.AUDIO_VISUAL)} == {
        "ImageNet + scratch, gated attention",
        "ImageNet + scratch, score average",
    }
    assert made["Baseline CNN"].name_of(made["Baseline CNN"].members[0]) == ""
    means = [row.means["accuracy"].value for row in fused.members]
    assert means == sorted(means, reverse=True)
    assert fused.best("accuracy") is fused.members[0]
    assert made["Baseline CNN"].best("accuracy") is None
    table = modality_table(summary, "accuracy")
    assert table.headings[1:] == ("Sound", "Sight", "Both")
    text = table.markdown()
    assert text.count("*") == 1 + 1  # in the heading and at the best of the one row with several networks
    for network in summary.networks:
        assert network.means["accuracy"].text() in text


def test_what_was_not_trained_has_no_speed_and_no_epochs(workspace: Workspace) -> None:
    summary = make_modalities(workspace)
    average = next(n for n in summary.networks if n.spec.network.fusion == "score average")
    assert average.clips_per_second is None
    row = next(row for row in network_table(summary).rows if row[0] == average.label)
    assert row[-1] == "–"
    lines = list(csv.DictReader(io.StringIO(run_table(summary).csv())))
    untrained = [line for line in lines if line["network"] == average.label]
    assert {(line["epochs"], line["clips_per_second"]) for line in untrained} == {("", "")}
    assert all(line["clips_per_second"] for line in lines if line not in untrained)


def test_what_a_network_started_from_names_its_branches(workspace: Workspace) -> None:
    said = {n.spec.network.label: started_from(n.spec) for n in make_modalities(workspace, (1,)).networks}
    assert said[IMAGENET.label] == "ImageNet"
    assert said["AlexNet, gated attention, both"] == (
        "branches: AlexNet (imagenet), sound (ImageNet) and AlexNet, gru, sight (scratch)"
    )
    joint = Network(architecture="alexnet", weights="imagenet", modality="audio-visual", joint=True)
    branches = tuple(Branch(network=joint, modality=part) for part in ("audio", "video"))
    run = make_run(workspace, "alexnet", 1, network=joint, modality="audio-visual", branches=branches)
    assert started_from(run.spec) == "ImageNet"


def test_intervals_allow_for_the_clips_that_could_be_drawn_not_for_the_few_that_were(workspace: Workspace) -> None:
    """Few clips are drawn anew for each fold: their folds share no more than those that use all."""
    for fold in (1, 2, 3):
        make_run(workspace, "alexnet", fold)
    (row,) = summarise(list_runs(workspace)).networks
    for run in row.runs:
        run.folder.write_status(train_clips=20, spare_clips=100)
    (few,) = summarise(list_runs(workspace)).networks
    assert few.runs[0].status.train_clips == 20 and few.means == row.means
