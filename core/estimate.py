"""How long a study will take and how much disk, from a few timed batches, before it starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import TYPE_CHECKING

from core import readable
from core.chosen import open_chosen
from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import Dataset
from core.engine import plan
from core.events import Progress
from core.run_records import Phase
from core.run_spec import RunSpec
from core.runs import run_folder
from core.study import Study
from core.workspace import Workspace

if TYPE_CHECKING:
    import torch


TIMED_BATCHES = 3
TIMED_CLIPS = 16  # at most, per timed batch: a large batch is timed by a smaller one, one of films by the fewer
FITTED_CLIPS = 200  # at most: a fit to more is taken to last in proportion
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Estimate:
    """What starting a study would cost. Finished runs cost nothing, nor do epochs that a checkpoint keeps."""

    seconds: float
    disk_bytes: int  # of the runs, their checkpoints and the cache
    free_bytes: int
    runs: int
    per_run: dict[str, float]  # network → mean seconds of one of its runs from the first epoch to the last
    cache_bytes: int = 0  # of disk_bytes: decoded clips, kept for every study that wants them

    def sentence(self) -> str:
        size = readable.size(self.disk_bytes)
        runs, length = readable.counted(self.runs, "run"), readable.duration(self.seconds)
        decoded = f", of which {readable.size(self.cache_bytes)} decoded clips" if self.cache_bytes else ""
        text = f"{runs}, about {length} on this machine and {size} of disk{decoded}."
        if self.disk_bytes > self.free_bytes:
            text += f" Only {readable.size(self.free_bytes)} are free in the workspace: make room first."
        return text


def estimate(
    study: Study,
    workspace: Workspace,
    control: Control | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Estimate:
    """Time a few training batches of every network on made-up clips of the right shape.

    Raises:
        UserError: the dataset cannot be opened, has none of the folds asked for, or the device is not there.
        Cancelled: through `control`.
    """
    from core.caches import estimate_bytes
    from core.training.device import choose_device, use_threads

    control = control or Control()
    use_threads()
    device = choose_device(study.device)
    dataset = open_chosen(study.dataset, workspace, control)
    todo = [spec for spec in plan(study, dataset) if run_folder(workspace, spec).status.phase is not Phase.DONE]
    seconds = 0.0
    per_run: dict[str, float] = {}
    disk = cache_bytes = estimate_bytes(dataset, todo, workspace.cache, study.needs_sound)
    largest_checkpoint = 0
    described: set[tuple[int, float]] = set()  # rates and lengths of clips whose statistics are counted already
    for number, network in enumerate(study.network):
        report(Progress("Timing a few batches", number, len(study.network), "networks"))
        mine = [spec for spec in todo if spec.network == network]
        if not mine:
            continue
        if network.classical:
            weights, whole = 0, _fits_seconds(dataset, mine, described, control)
        else:
            train, test, weights = _time(mine[0], len(dataset.classes), device, control)
            whole = [_run_seconds(dataset, spec, train, test) for spec in mine]
        per_run[network.label] = mean(whole)
        seconds += sum(
            took * (1 - run_folder(workspace, spec).epochs_kept() / spec.recipe.epochs)
            for took, spec in zip(whole, mine, strict=True)
        )
        disk += len(mine) * weights * FLOAT_BYTES
        # Weights and AdamW's two figures a weight; the old checkpoint lies beside the new one until that is whole.
        largest_checkpoint = max(largest_checkpoint, 2 * 3 * weights * FLOAT_BYTES)
    return Estimate(
        seconds=seconds,
        disk_bytes=disk + largest_checkpoint,
        free_bytes=workspace.free_bytes(),
        runs=len(todo),
        per_run=per_run,
        cache_bytes=cache_bytes,
    )


def weights_to_fetch(left: Estimate, study: Study, workspace: Workspace, control: Control) -> tuple[str, ...]:
    """Sentences on ImageNet weights that networks still to be trained ask for and that are not on this computer.

    Args:
        left: the estimate of the study.

    Raises:
        UserError: the dataset cannot be opened.
        Cancelled: through `control`.
    """
    wanted = {n.architecture for n in study.network if n.weights == "imagenet" and n.label in left.per_run}
    if not wanted:
        return ()
    from core.weights import imagenet_to_fetch

    choice = study.dataset
    dataset = DATASETS[choice.name].open(workspace.dataset_root(choice.name, choice.root), control)
    folders = workspace.weights, dataset.weights_folder
    sentences = (imagenet_to_fetch(architecture, *folders) for architecture in sorted(wanted))
    return tuple(sentence for sentence in sentences if sentence)


def _run_seconds(dataset: Dataset, spec: RunSpec, train: float, test: float) -> float:
    recipe = spec.recipe
    views = recipe.video.views if "video" in spec.modality.wings else 1
    if spec.late:  # nothing is trained
        return len(dataset.clips) * views * test
    tested = sum(clip.fold == spec.fold for clip in dataset.clips)
    others = len(dataset.clips) - tested
    aside = others * recipe.validation_share
    learned = others - aside
    if recipe.clips_per_class:
        learned = min(learned, recipe.clips_per_class * len(dataset.classes))
    trained, validated = (aside, 0.0) if spec.stacked else (learned, aside)
    # Every epoch trains on the one and looks at the other; at the end all are looked at, in every view.
    return recipe.epochs * (trained * train + validated * test) + (trained + validated + tested) * views * test


def _fits_seconds(
    dataset: Dataset, specs: Sequence[RunSpec], described: set[tuple[int, float]], control: Control
) -> list[float]:
    """Of each run of a classical baseline, from made-up clips; the statistics of the clips, which all runs of a study
    share, count in the first, and are added to `described`."""
    import numpy as np

    from core.evaluation.classical import fitted, statistics

    audio, network = specs[0].recipe.audio, specs[0].network
    noise = np.random.default_rng(0).normal(0, 0.1, (TIMED_BATCHES + 1, audio.samples)).astype(np.float32)
    features, took = [], []
    for clip in noise:  # the first pays for the import of librosa and is not counted
        control.checkpoint()
        started = time.perf_counter()
        features.append(statistics(clip, audio.rate))
        took.append(time.perf_counter() - started)
    clips = min(FITTED_CLIPS, len(dataset.clips))
    made_up = np.random.default_rng(0).normal(size=(clips, len(features[0])))
    labels, groups = np.arange(clips) % max(2, len(dataset.classes)), np.arange(clips).astype(np.str_)
    control.checkpoint()
    started = time.perf_counter()
    fitted(network.architecture, made_up, labels, groups, int(labels.max()) + 1, 0)(made_up)
    fit = (time.perf_counter() - started) * len(dataset.clips) / clips
    whole = [fit] * len(specs)
    if (audio.rate, audio.seconds) not in described:
        described.add((audio.rate, audio.seconds))
        whole[0] += median(took[1:]) * len(dataset.clips)
    return whole


def _time(spec: RunSpec, classes: int, device: torch.device, control: Control) -> tuple[float, float, int]:
    """Median seconds a clip in training and in testing, and the number of parameters."""
    import torch

    from core.evaluation.cost import parameters
    from core.training.initial import build_network
    from core.training.schedule import make_optimizer
    from core.training.task import Task, made_up

    recipe = spec.recipe
    model = build_network(spec, classes)
    model.freeze(spec.frozen_stages(len(model.stages)))
    task = Task(model, recipe, spec.modality.wings, classes, seed=0).to(device)
    optimizer = None if spec.late else make_optimizer(model.named_parameters(), frozenset(), recipe)
    pictures = recipe.video.frames if "video" in spec.modality.wings else 1
    clips = min(recipe.batch_size, max(2, TIMED_CLIPS // pictures))  # two at least: batch norms ask for it
    batch = made_up(task, clips)
    training, testing = [], []
    for index in range(TIMED_BATCHES + 1):  # the first warms caches and is not counted
        control.checkpoint()
        started = time.perf_counter()
        if optimizer is not None:
            task.train()
            loss, _ = task.loss(batch, 0, index)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            float(loss.detach())  # wait for the device
        trained = time.perf_counter()
        task.eval()
        with torch.inference_mode():
            float(task(batch.inputs).sum())
        training.append((trained - started) / clips)
        testing.append((time.perf_counter() - trained) / clips)
    return median(training[1:]), median(testing[1:]), parameters(model)
