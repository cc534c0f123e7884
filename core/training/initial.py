"""The weights a run starts from: random, ImageNet's, a file's or an earlier run's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

import models
from core.datasets.base import Modality
from core.datasets.splits import Split
from core.errors import UserError
from core.events import Message
from core.files import slug
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import Branch, Network, RunSpec
from core.runs import RunFolder
from core.training.earlier import refuse_leaks, run_behind
from core.training.loaders import seed_of
from core.training.workbench import WeightsFile, Workbench
from core.weights import imagenet_weights, read_tensors
from models.base import Classifier
from models.weights import WeightsReport, fit

FRONT_ENDS = ("front_ends.", "standardise.", "logmel.")  # the latter two: runs from before there were videos


@dataclass(frozen=True)
class Initial:
    """What was loaded before the first step.

    Attributes:
        pretrained: names of the network's parameters that came with weights.
        lines: source, digest, and every tensor that was loaded, skipped or missing.
        front_ends: what the front ends of trained branches learned from their clips, by its name in the task.
    """

    pretrained: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ("random weights",)
    front_ends: Mapping[str, Tensor] = field(default_factory=dict)


def build_network(spec: RunSpec, classes: int) -> Classifier:
    """The network of a run with random weights."""
    if spec.branches:
        sound, sight = (_single(branch.network, branch.modality, spec.recipe, classes) for branch in spec.branches)
        return models.build_fusion(spec.network.fusion, sound, sight, classes)
    return _single(spec.network, spec.modality, spec.recipe, classes)


def initial_network(spec: RunSpec, bench: Workbench, parts: Split) -> tuple[Classifier, Initial]:
    """The network as it stands before the first step, and what was loaded into it.

    Its random weights depend on the run's seed alone. ImageNet weights may also lie in a folder `weights` beside the
    dataset. An audio-visual network starts from the runs of its branches; trained jointly, from its own weights.

    Raises:
        UserError: the weights are missing, unreadable or fit nothing; they were trained on a clip that is for test or
            validation among `parts`; a branch is not trained yet; or more stages are to be frozen than there are.
    """
    torch.manual_seed(seed_of(spec.seed))
    choice = spec.network
    network = build_network(spec, len(bench.dataset.classes))
    files = weights_files(spec, bench, parts) if bench.brought is None else bench.brought
    initial = Initial()
    if len(files) > 1:
        initial = _load_branches(network, spec, files, bench)
    elif files:
        initial = _load(network, choice, files[0], bench)
    try:
        network.freeze(spec.frozen_stages(len(network.stages)))
    except ValueError as error:
        raise UserError(f"{choice.label} {error}: lower freeze_stages.") from None
    return network, initial


def _single(network: Network, modality: Modality, recipe: Recipe, classes: int) -> Classifier:
    """A network for sound or for sight."""
    if modality == Modality.VIDEO:
        streams, frames = recipe.video.streams, recipe.video.frames
        return models.build(network.architecture, classes, streams, frames, network.temporal)
    windows = recipe.audio.windows if recipe.audio.windows > 1 else None
    return models.build(network.architecture, classes, (1,), windows, network.temporal)


def weights_files(spec: RunSpec, bench: Workbench, parts: Split) -> tuple[WeightsFile, ...]:
    """What a run starts from: nothing, one file, or those of its branches, sound and sight.

    Raises:
        UserError: there is no such file; it was trained on a clip that is for test or validation among `parts`; or a
            branch is not trained yet.
    """
    choice = spec.network
    if spec.branches and spec.branches[0].run:
        return tuple(_of_branch(branch, spec, bench) for branch in spec.branches)
    if spec.branches or choice.weights == "none":
        return ()
    if choice.weights == "imagenet":
        beside = bench.dataset.weights_folder
        path = imagenet_weights(choice.architecture, bench.workspace.weights, bench.control, bench.emit, beside=beside)
        return (WeightsFile(path),)
    earlier = run_behind(choice, bench.workspace)
    if earlier is None:
        return (WeightsFile(Path(choice.weights_path).expanduser()),)
    refuse_leaks(earlier, bench, parts)
    return (WeightsFile(earlier.weights, keep_head=earlier.classes == bench.dataset.classes),)


def _of_branch(branch: Branch, spec: RunSpec, bench: Workbench) -> WeightsFile:
    """Of the run of the same fold and seed."""
    run = RunFolder(bench.workspace.runs / slug(spec.study) / branch.run)
    if run.status.phase is not Phase.DONE:
        raise UserError(
            f"{spec.network.label} starts from {branch.run}, which is {run.status.phase.word}: train it first."
        )
    return WeightsFile(run.weights, keep_head=True)


def _load_branches(network: Classifier, spec: RunSpec, files: Sequence[WeightsFile], bench: Workbench) -> Initial:
    """Both branches with their heads and front ends."""
    pretrained: set[str] = set()
    lines: list[str] = []
    front_ends: dict[str, Tensor] = {}
    for part, file in zip(("sound", "sight"), files, strict=True):
        tensors = read_tensors(file.path)
        report = _fit(getattr(network, part), tensors, file, spec.network.label, bench)
        pretrained |= {f"{part}.{name}" for name in report.pretrained}
        lines += _origin(file, report)
        front_ends |= {name: tensor for name, tensor in tensors.items() if name.startswith(FRONT_ENDS)}
    return Initial(frozenset(pretrained), tuple(lines), front_ends)


def _load(network: Classifier, choice: Network, file: WeightsFile, bench: Workbench) -> Initial:
    report = _fit(network, read_tensors(file.path), file, choice.label, bench, choice.transfer_stages)
    return Initial(frozenset(report.pretrained), _origin(file, report))


def _fit(
    network: Classifier,
    tensors: Mapping[str, Tensor],
    file: WeightsFile,
    label: str,
    bench: Workbench,
    stages: int = 0,
) -> WeightsReport:
    """Load what fits of a network; the levels of a front end are no part of it."""
    of_network = {name: tensor for name, tensor in tensors.items() if not name.startswith(FRONT_ENDS)}
    try:
        report = fit(network, of_network, file.keep_head, stages)
    except ValueError as error:
        raise UserError(f"{file} does not fit {label}: {error}") from None
    bench.emit(Message(f"{label} starts from {file.origin or file.path.resolve()}: {report.summary()}"))
    return report


def _origin(file: WeightsFile, report: WeightsReport) -> tuple[str, ...]:
    with file.path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return (f"{file}", f"sha256 {digest}", *report.lines())
