"""Studies: what is read is what was written, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from core.errors import UserError
from core.files import slug
from core.recipe import Recipe
from core.run_spec import DEFAULTS, TRAINING, DatasetChoice, Network, network_labels, read_run_spec
from core.settings_file import write_toml
from core.study import Study, read_study
from models import FUSION_KINDS, TEMPORAL_KINDS

PRESETS = sorted((Path(__file__).parents[2] / "resources" / "presets").glob("*.toml"))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_presets_are_valid_and_survive_a_round_trip(preset: Path, tmp_path: Path) -> None:
    study = read_study(preset)
    assert study.answers, "a preset says which question it answers"
    write_toml(study, tmp_path / "copy.toml")
    assert read_study(tmp_path / "copy.toml") == study


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('nme = "x"', "unknown key “nme”. Did you mean “name”?"),
        ("[recipe]\nepochs = 0", r"recipe.epochs = 0: must be at least 1"),
        ("[recipe.audio]\nmel = 3", "unknown key “recipe.audio.mel”. Did you mean “mels”?"),
        ("[recipe.audio]\nhop = 2048", r"hop \(2048\) must not exceed n_fft \(1024\)"),
        ("[recipe.audio]\nf_max = 20000.0", r"must not exceed half the rate \(11025 Hz\)"),
        ('[[network]]\narchitecture = "alexnt"', "Did you mean “alexnet”?"),
        ('[[network]]\nweights = "file"', "needs weights_path"),
        ("[[network]]\nrecipe = { epoch = 3 }", "Baseline CNN.*unknown key “epoch”. Did you mean “epochs”?"),
        ("[[network]]\n[[network]]", "two networks are called “Baseline CNN”"),
        ('[dataset]\nname = "esc-10"', "Did you mean “esc10”?"),
        ("[recipe]\npatience = 3", "patience needs a validation part"),
        ("seeds = [1, 1]", "a number stands twice"),
        ("seeds = [-1]", "from 0 to 4294967295"),
        ('[[network]]\narchitecture = "alexnet"\nrecipe = { audio = { mels = 32 } }', "at least 63 bands and columns"),
        ('[[network]]\ntemporal = "gru"', "Baseline CNN, gru” sees the spectrogram whole: its temporal model would"),
        ("name = 'x'\nname = 'y'", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=sentence):
        read_study(write(tmp_path / "study.toml", text))


def test_a_temporal_model_joins_windows_and_pictures() -> None:
    windows = {"audio": {"windows": 4}, "epochs": 1}
    Study(network=(Network(temporal="gru", recipe=windows), Network(temporal="gru", modality="video")))
    alone = (Network(modality="audio"), Network(modality="video"))
    joint = Network(modality="audio-visual", joint=True, temporal="gru")
    assert list(Study(network=(*alone, joint)).runs((1,))), "its sight has frames"


def test_a_missing_and_a_foreign_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file"):
        read_study(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(UserError, match="not UTF-8"):
        read_study(tmp_path / "latin.toml")


def test_the_grid_is_networks_by_folds_by_seeds() -> None:
    study = Study(network=(Network(), Network(architecture="alexnet")), seeds=(0, 1), folds=(1, 2, 3))
    runs = list(study.runs((1, 2, 3, 4)))
    assert len(runs) == len({run.id for run in runs}) == 2 * 2 * 3
    assert {run.fold for run in runs} == {1, 2, 3}


def test_a_network_can_be_finished_before_the_next() -> None:
    networks = (Network(), Network(architecture="alexnet"))
    study = Study(network=networks, seeds=(0, 1), order="all folds")
    names = [(spec.seed, spec.network.architecture, spec.fold) for spec in study.runs((1, 2))]
    assert names == [(s, n, f) for s in (0, 1) for n in ("baseline_cnn", "alexnet") for f in (1, 2)]
    like = study.model_copy(update={"order": "all networks"})
    assert {spec.id for spec in study.runs((1, 2))} == {spec.id for spec in like.runs((1, 2))}


def test_transferred_stages_need_weights_and_make_another_run() -> None:
    some = Network(architecture="alexnet", weights="imagenet", transfer_stages=3)
    every = some.model_copy(update={"transfer_stages": 0})
    ids = {spec.id for network in (some, every) for spec in Study(network=(network,)).runs((1,))}
    assert len(ids) == 2
    with pytest.raises(ValueError, match="transfer_stages needs initial weights"):
        Network(transfer_stages=1)


def test_departures_reach_only_their_network() -> None:
    study = Study(network=(Network(), Network(architecture="alexnet", recipe={"audio": {"mels": 128}})))
    assert [study.recipe_of(network).audio.mels for network in study.network] == [64, 128]
    assert study.recipe_of(study.network[1]).audio.rate == study.recipe.audio.rate


def test_another_recipe_is_another_run_and_a_name_is_not() -> None:
    one, other = (next(Study(recipe=Recipe(epochs=n)).runs((1,))) for n in (10, 11))
    assert one.id != other.id
    named = next(Study(recipe=Recipe(epochs=10), network=(Network(name="mine"),)).runs((1,)))
    assert named.recipe_hash == one.recipe_hash


def test_a_run_of_another_training_is_another_run(tmp_path: Path) -> None:
    """Also where its file is from before the training had a number."""
    now = next(Study().runs((1,)))
    write_toml(now, tmp_path / "study.toml")
    file = (tmp_path / "study.toml").read_text()
    (tmp_path / "study.toml").write_text(file.replace(f"training = {TRAINING}\n", ""))
    then = read_run_spec(tmp_path / "study.toml")
    assert now.model_copy(update={"training": then.training}) == then
    assert then.id.endswith("-5e2853"), "as its folder is called"
    assert then.recipe_hash != now.recipe_hash
    assert len(set(network_labels([then, now]))) == 2, "their scores are not averaged"


def test_a_run_spec_survives_a_round_trip(tmp_path: Path) -> None:
    spec = next(Study(network=(Network(recipe={"epochs": 3}),)).runs((2,)))
    write_toml(spec, tmp_path / "study.toml")
    assert read_run_spec(tmp_path / "study.toml") == spec


@pytest.mark.parametrize(
    ("text", "expected"), [("AlexNet (file)", "alexnet-file"), ("../..", "unnamed"), ("É", "unnamed")]
)
def test_slugs_are_safe_folder_names(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_relative_paths_are_seen_from_the_file(tmp_path: Path) -> None:
    text = '[dataset]\nroot = "sounds"\n[[network]]\nweights = "file"\nweights_path = "w.safetensors"'
    study = read_study(write(tmp_path / "study.toml", text))
    assert study.dataset.root == str(tmp_path / "sounds")
    assert study.network[0].weights_path == str(tmp_path / "w.safetensors")


def test_a_changed_default_asks_for_a_new_number() -> None:
    """Digests leave out what is at its default: where a default has another value, raise DEFAULTS, and write it into
    defaults.json. A setting that is only added changes no digest, and need not stand there."""
    known = json.loads((Path(__file__).parent / "defaults.json").read_text())
    assert known.pop("DEFAULTS") == DEFAULTS
    now = {"recipe": Recipe(), "network": Network(), "dataset": DatasetChoice()}
    for name, settings in now.items():
        flat = flattened(settings.model_dump(mode="json"))
        assert {key: flat.get(key, "gone") for key in known[name]} == known[name]


def flattened(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    leaves: dict[str, object] = {}
    for key, value in tree.items():
        leaves |= flattened(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return leaves


def test_the_forms_offer_what_the_networks_know() -> None:
    fields = Network.model_fields
    assert get_args(fields["temporal"].annotation) == TEMPORAL_KINDS
    assert get_args(fields["fusion"].annotation) == FUSION_KINDS


@pytest.mark.parametrize(
    ("network", "study", "sentence"),
    [
        (
            {"weights": "run", "weights_path": "a/b"},
            {},
            "“SVM \\(run\\)” is fitted .* its weights would change nothing",
        ),
        ({"freeze": "all but head"}, {}, "its freeze would change nothing"),
        ({"weights": "imagenet"}, {}, "no ImageNet weights for svm"),
        ({"recipe": {"audio": {"mels": 32}}}, {}, "audio.mels would change nothing"),
        ({}, {"modality": "video"}, "cannot be given sight: set its modality to “audio”"),
        ({"modality": "audio-visual"}, {}, "cannot be given both"),
    ],
)
def test_what_is_of_networks_is_refused_of_a_classical_baseline(
    network: dict[str, object], study: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Study.model_validate({"network": [{"architecture": "svm", **network}], **study})


def test_a_classical_baseline_is_no_branch_of_a_fusion() -> None:
    """It stands beside, whatever it is called."""
    alone = ({"architecture": "alexnet", "modality": "audio"}, {"architecture": "alexnet", "modality": "video"})
    both = {"architecture": "alexnet", "modality": "audio-visual"}
    baseline = {"architecture": "knn", "modality": "audio"}
    recipe = {"validation_share": 0.2}
    study = Study.model_validate({"modality": "video", "network": [baseline, *alone, both], "recipe": recipe})
    assert [branch.architecture for branch in study.branches_of(study.network[-1])] == ["alexnet", "alexnet"]
    with pytest.raises(ValueError, match="called “k-NN, sound”"):
        Study.model_validate({"network": [baseline, *alone, both | {"sound": "k-NN, sound"}], "recipe": recipe})


def test_only_what_a_classical_baseline_follows_is_in_its_digest() -> None:
    def digest(**recipe: object) -> str:
        return next(
            Study.model_validate({"network": [{"architecture": "knn"}], "recipe": recipe}).runs((1,))
        ).recipe_hash

    plain = digest()
    for same in ({"epochs": 7}, {"mixing": "mixup"}, {"audio": {"mels": 32}}, {"augmentation": {"noise": 0.5}}):
        assert digest(**same) == plain, same
    for other in (
        {"validation_share": 0.2},
        {"clips_per_class": 4},
        {"audio": {"rate": 8000}},
        {"audio": {"seconds": 2}},
    ):
        assert digest(**other) != plain, other
