"""The weights a run starts from: random, ImageNet's, a file's or an earlier run's."""

from __future__ import annotations

from pathlib import Path

import torch

import models
from core.errors import UserError
from core.events import Message
from core.runs import find_run
from core.study import Network
from core.training.loaders import seed_of
from core.training.workbench import Workbench
from core.weights import imagenet_tensors, read_tensors
from models.base import Classifier
from models.weights import WeightsReport, fit


def initial_network(choice: Network, seed: int, bench: Workbench) -> tuple[Classifier, WeightsReport | None]:
    """The network as it stands before the first step, and what was loaded into it.

    Its random weights depend on `seed` alone. ImageNet weights may also lie in a folder `weights` beside the dataset.

    Raises:
        UserError: the weights are missing, unreadable or fit nothing; or more stages are to be frozen than there are.
    """
    torch.manual_seed(seed_of(seed))
    network = models.build(choice.architecture, len(bench.dataset.classes))
    report = None
    if choice.weights != "none":
        report = _load_weights(network, choice, bench)
        bench.emit(Message(f"{choice.label}: {report.summary()}"))
    if choice.freeze != "nothing":
        try:
            network.freeze(len(network.stages) if choice.freeze == "all but head" else choice.freeze_stages)
        except ValueError as error:
            raise UserError(f"{choice.label} {error}: lower freeze_stages.") from None
    return network, report


def _load_weights(network: Classifier, choice: Network, bench: Workbench) -> WeightsReport:
    keep_head = False
    if choice.weights == "imagenet":
        source = f"ImageNet weights of {choice.architecture}"
        beside = bench.dataset.root.parent / "weights"
        tensors = imagenet_tensors(
            choice.architecture, bench.workspace.weights, bench.control, bench.emit, beside=beside
        )
    elif choice.weights == "file":
        source = choice.weights_path
        tensors = read_tensors(Path(choice.weights_path).expanduser())
    else:
        source = choice.weights_path
        earlier = find_run(bench.workspace, source)
        tensors = {
            name.removeprefix("network."): tensor
            for name, tensor in read_tensors(earlier.weights).items()
            if name.startswith("network.")
        }
        keep_head = earlier.predictions().classes == bench.dataset.classes
    try:
        return fit(network, tensors, keep_head)
    except ValueError as error:
        raise UserError(f"{source} does not fit {choice.label}: {error}") from None
