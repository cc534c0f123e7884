"""The weights a run starts from: random, ImageNet's, a file's or an earlier run's."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import torch

import models
from core.datasets import DATASETS
from core.errors import UserError
from core.events import Message
from core.runs import RunFolder, find_run
from core.study import DatasetChoice, Network
from core.training.loaders import seed_of
from core.training.workbench import Workbench
from core.weights import imagenet_weights, read_tensors
from models.base import Classifier
from models.weights import fit


@dataclass(frozen=True)
class Initial:
    """What was loaded before the first step.

    Attributes:
        pretrained: names of the network's parameters that came with weights.
        lines: source, digest, and every tensor that was loaded, skipped or missing.
    """

    pretrained: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ("random weights",)


def initial_network(
    choice: Network, seed: int, bench: Workbench, test_clips: Set[str] = frozenset()
) -> tuple[Classifier, Initial]:
    """The network as it stands before the first step, and what was loaded into it.

    Its random weights depend on `seed` alone. ImageNet weights may also lie in a folder `weights` beside the dataset.

    Raises:
        UserError: the weights are missing, unreadable or fit nothing; they were trained on a clip of `test_clips`;
            or more stages are to be frozen than there are.
    """
    torch.manual_seed(seed_of(seed))
    network = models.build(choice.architecture, len(bench.dataset.classes))
    initial = Initial()
    if choice.weights != "none":
        initial = _load(network, choice, bench, test_clips)
    if choice.freeze != "nothing":
        try:
            network.freeze(len(network.stages) if choice.freeze == "all but head" else choice.freeze_stages)
        except ValueError as error:
            raise UserError(f"{choice.label} {error}: lower freeze_stages.") from None
    return network, initial


def _load(network: Classifier, choice: Network, bench: Workbench, test_clips: Set[str]) -> Initial:
    keep_head = False
    if choice.weights == "imagenet":
        beside = bench.dataset.weights_folder
        path = imagenet_weights(choice.architecture, bench.workspace.weights, bench.control, bench.emit, beside=beside)
        tensors = read_tensors(path)
    elif choice.weights == "file":
        path = Path(choice.weights_path).expanduser()
        tensors = read_tensors(path)
    else:
        earlier = find_run(bench.workspace, choice.weights_path)
        _refuse_leak(earlier, bench, test_clips)
        path = earlier.weights
        tensors = {
            name.removeprefix("network."): tensor
            for name, tensor in read_tensors(path).items()
            if name.startswith("network.")
        }
        keep_head = earlier.predictions().classes == bench.dataset.classes
    try:
        report = fit(network, tensors, keep_head)
    except ValueError as error:
        raise UserError(f"{path} does not fit {choice.label}: {error}") from None
    bench.emit(Message(f"{choice.label} starts from {path.resolve()}: {report.summary()}"))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Initial(frozenset(report.pretrained), (f"{path}", f"sha256 {digest}", *report.lines()))


def _refuse_leak(earlier: RunFolder, bench: Workbench, test_clips: Set[str]) -> None:
    """An earlier run on the same recordings must have held out every clip that is tested now."""
    if _place(earlier.spec.dataset, bench) != bench.dataset.root.resolve():
        return
    seen = test_clips - set(earlier.predictions().clip_ids.tolist())
    if seen:
        raise UserError(
            f"{earlier.id} was trained on {len(seen)} of the clips that are tested now, {sorted(seen)[0]} for one: its "
            "weights would give the answers away. Take a run with the same test fold."
        )


def _place(choice: DatasetChoice, bench: Workbench) -> Path:
    """Where an earlier run's recordings lie; ESC-10 and ESC-50 are one place."""
    if choice.root or DATASETS[choice.name].folder:
        return bench.workspace.dataset_root(choice.name, choice.root).resolve()
    return Path()
