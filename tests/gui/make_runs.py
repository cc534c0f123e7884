"""Finished runs with FABRICATED probabilities, for tests and trials of the Compare and Errors panels.

No network was trained for them: every name says so, and nothing here is a result.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.base import Modality
from core.evaluation.predictions import Predictions
from core.recipe import Recipe
from core.run_records import LogRow, Phase
from core.run_spec import Branch, DatasetChoice, Network, RunSpec
from core.runs import RunFolder, run_folder
from core.study import Study
from core.workspace import Workspace

NETWORKS = (
    Network(architecture="baseline_cnn"),
    Network(architecture="alexnet", weights="imagenet"),
    Network(architecture="resnet50", weights="imagenet"),
)
STRENGTH = {"baseline_cnn": 2.6, "alexnet": 3.1, "resnet50": 3.6}  # higher = more often right
PARAMETERS = {"baseline_cnn": 887_274, "alexnet": 57_044_810, "resnet50": 23_528_522}
MULTIPLY_ADDS = {"baseline_cnn": 312_000_000, "alexnet": 710_000_000, "resnet50": 4_089_000_000}
LIFT = {Modality.AUDIO: 0.0, Modality.VIDEO: -0.4, Modality.AUDIO_VISUAL: 0.5}
FRAMES = Recipe().video.frames  # of which a network of pictures says something
SPEED = {"baseline_cnn": 61.0, "alexnet": 33.0, "resnet50": 4.4}


@dataclass(frozen=True)
class ClipList:
    """What a fabricated run predicts: names, labels and folds."""

    classes: tuple[str, ...]
    ids: tuple[str, ...]
    labels: tuple[int, ...]
    folds: tuple[int, ...]


def esc10_clips(root: Path) -> ClipList:
    """The real list of ESC-10's clips (of which the probabilities stay fabricated)."""
    with (root / "meta" / "esc50.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["esc10"] == "True"]
    targets = {int(row["target"]): row["category"].replace("_", " ") for row in rows}
    order = sorted(targets)
    return ClipList(
        classes=tuple(targets[target] for target in order),
        ids=tuple(f"audio/{row['filename']}" for row in rows),
        labels=tuple(order.index(int(row["target"])) for row in rows),
        folds=tuple(int(row["fold"]) for row in rows),
    )


def synthetic_clips(classes: int, per_class: int = 32, folds: int = 4) -> ClipList:
    """A list of clips that do not exist."""
    places = ("forest", "harbour", "kitchen", "workshop", "street", "meadow", "station", "stable", "office", "shore")
    things = ("rain", "engine", "bird", "bell", "steps", "wind", "saw", "voice", "clock", "drum", "water")
    names = [f"{place} {thing}" for thing in things for place in places][:classes]
    return ClipList(
        classes=tuple(names),
        ids=tuple(
            f"{names[c].replace(' ', '_')}/{c:03d}-{i:03d}.wav" for c in range(classes) for i in range(per_class)
        ),
        labels=tuple(c for c in range(classes) for _ in range(per_class)),
        folds=tuple(1 + i % folds for _ in range(classes) for i in range(per_class)),
    )


def fabricate(labels: np.ndarray, classes: int, strength: float | np.ndarray, seed: int) -> np.ndarray:
    """(clips, classes) probabilities: noise, the true class lifted, its neighbours a little, some clips hard."""
    noise = np.random.default_rng(seed)
    hard = np.random.default_rng(7)  # the same clips are hard for every network
    logits = noise.normal(0.0, 1.0, (len(labels), classes))
    rows = np.arange(len(labels))
    logits[rows, labels] += strength + hard.normal(0.0, 1.0, len(labels))
    for step, lift in ((1, 1.4), (3, 0.8)):
        logits[rows, (labels + step) % classes] += lift
    powers = np.exp(1.4 * logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def make_run(workspace: Workspace, spec: RunSpec, clips: ClipList) -> RunFolder:
    """One finished run on disk, as the engine would leave it."""
    run = run_folder(workspace, spec)
    run.create(spec)
    inside = np.array([fold == spec.fold for fold in clips.folds])
    labels = np.asarray(clips.labels, dtype=np.int64)[inside]
    name = spec.network.architecture
    shift = 1000 * spec.seed + 10 * spec.fold + sorted(STRENGTH).index(name) + 3 * list(Modality).index(spec.modality)
    strength = STRENGTH[name] + LIFT[spec.modality] + 0.25 * np.sin(shift)
    if spec.late:
        shift += 7
        strength -= 0.2
    if spec.modality == Modality.VIDEO:
        strength = strength + 1.5 * np.sin(2.0 * labels)  # sight knows some classes better than others
    probabilities = fabricate(labels, len(clips.classes), strength, shift)
    frames = np.zeros((len(labels), 0, len(clips.classes)), np.float16)
    if spec.modality == Modality.VIDEO:
        each = [fabricate(labels, len(clips.classes), strength - 1, shift + frame) for frame in range(FRAMES)]
        frames = np.stack(each, axis=1).astype(np.float16)
    predictions = Predictions(
        classes=clips.classes,
        clip_ids=np.asarray(clips.ids, dtype=np.str_)[inside],
        labels=labels,
        probabilities=probabilities,
        features=np.zeros((len(labels), 0), np.float16),
        frame_probabilities=frames,
    )
    predictions.save(run.path / "predictions.npz")
    seconds = 30 * int((~inside).sum()) / SPEED[name]
    run.write_log(
        [
            LogRow(e, 2.3 / e, min(1.0, 0.3 + 0.03 * e), None, None, 1e-3, SPEED[name], e * seconds / 30)
            for e in range(1, 31)
        ]
    )
    run.write_status(
        phase=Phase.DONE,
        epoch=0 if spec.late else 30,
        seconds=2.0 if spec.late else seconds,
        clips_per_second=0.0 if spec.late else SPEED[name],
        parameters=PARAMETERS[name],
        multiply_adds=MULTIPLY_ADDS[name],
        train_clips=int((~inside).sum()),
        train_accuracy=min(1.0, float(predictions.correct.mean()) + 0.08),
    )
    return run


def make_study(
    workspace: Workspace,
    clips: ClipList,
    *,
    study: str = "fabricated test data",
    dataset: DatasetChoice | None = None,
    networks: tuple[Network, ...] = NETWORKS,
    folds: tuple[int, ...] = (1, 2, 3, 4),
    seeds: tuple[int, ...] = (0,),
) -> list[RunFolder]:
    """Networks × folds × seeds, finished."""
    choice = dataset or DatasetChoice(name="demo-sounds")
    return [
        make_run(
            workspace,
            RunSpec(
                study=study,
                network=network,
                modality=Modality.AUDIO if network.modality == "as the study" else Modality(network.modality),
                dataset=choice,
                recipe=Study(network=(network,)).recipe_of(network) if network.recipe else Recipe(),
                fold=fold,
                seed=seed,
            ),
            clips,
        )
        for seed in seeds
        for fold in folds
        for network in networks
    ]


def make_modalities(
    workspace: Workspace,
    clips: ClipList,
    *,
    study: str = "fabricated test data",
    dataset: DatasetChoice | None = None,
    architectures: tuple[str, ...] = ("baseline_cnn", "resnet50"),
    fusions: tuple[str, ...] = ("gated attention",),
    folds: tuple[int, ...] = (1, 2, 3, 4),
    seeds: tuple[int, ...] = (0,),
) -> list[RunFolder]:
    """Each architecture on sound, on sight, and on both in every fusion; folds × seeds, finished."""
    choice, made = dataset or DatasetChoice(name="demo-sounds"), []
    for architecture in architectures:
        for seed in seeds:
            for fold in folds:
                specs = [
                    RunSpec(
                        study=study, network=Network(architecture=architecture, modality=modality), modality=modality,
                        dataset=choice, recipe=Recipe(), fold=fold, seed=seed,
                    )
                    for modality in (Modality.AUDIO, Modality.VIDEO)
                ]  # fmt: skip
                branches = tuple(Branch(network=s.network, modality=s.modality, run=s.id) for s in specs)
                for fusion in fusions:
                    both = Network(architecture=architecture, modality="audio-visual", fusion=fusion)
                    specs.append(
                        specs[0].model_copy(
                            update={"network": both, "modality": Modality.AUDIO_VISUAL, "branches": branches}
                        )
                    )
                made += [make_run(workspace, spec, clips) for spec in specs]
    return made
