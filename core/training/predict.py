"""What a trained network says of clips."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.control import Control
from core.evaluation.predictions import Predictions
from core.events import Progress
from core.training.loaders import Batch, Batches
from core.training.task import Task
from models.fusion import Fusion


@torch.inference_mode()
def predict(
    task: Task,
    batches: Batches,
    classes: tuple[str, ...],
    control: Control,
    corrupt: Callable[[Batch], Batch] = lambda batch: batch,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Predictions:
    """Class probabilities, penultimate features and shares of the clips of a loader, in its order.

    `corrupt` changes raw clips before the network gets them, for tests of robustness.

    Where a clip is looked at in several views, they are averaged over them; what the network says at single frames is
    that of the first view.

    Raises:
        Cancelled: through `control`.
    """
    task.eval()
    whole = sum(len(view) for view in batches.views())
    views: list[tuple[NDArray[np.float32], ...]] = []
    for view in batches.views():
        done = len(views) * len(view)
        views.append(_one_view(task, view, control, corrupt, partial(_tell, report, done, whole)))
    probabilities, features, shares = (np.mean([view[part] for view in views], axis=0) for part in (0, 1, 3))
    return Predictions(
        classes=classes,
        clip_ids=np.array([clip.id for clip in batches.clips], dtype=np.str_),
        labels=np.array([clip.label for clip in batches.clips], dtype=np.int64),
        probabilities=probabilities.astype(np.float32),
        features=features.astype(np.float16),
        frame_probabilities=views[0][2].astype(np.float16),
        shares=shares.astype(np.float16),
    )


@torch.inference_mode()
def weigh(task: Task, network: Fusion, batches: Batches, control: Control) -> None:
    """Let a score average learn its weight from its branches' answers to clips that neither was trained on, each the
    mean over the views of a clip as in testing.

    Raises:
        Cancelled: through `control`.
    """
    task.eval()
    views: list[Tensor] = []  # (sound and sight, clips, classes)
    for view in batches.views():
        said: list[Tensor] = []
        for batch in view:
            control.checkpoint()
            seen = task.see(batch.to(task.device).inputs)
            branches = zip((network.sound, network.sight), seen, strict=True)
            said.append(torch.stack([branch(one).float().softmax(1) for branch, one in branches]))
        views.append(torch.cat(said, dim=1))
    sound, sight = torch.stack(views).mean(dim=0)
    network.weigh(sound, sight, torch.tensor([clip.label for clip in batches.clips]))


def _tell(report: Callable[[Progress], None], before: int, whole: int, batches: int) -> None:
    report(Progress("Asking the network", before + batches, whole, "batches"))


def _one_view(
    task: Task,
    batches: Batches,
    control: Control,
    corrupt: Callable[[Batch], Batch],
    done: Callable[[int], None],
) -> tuple[NDArray[np.float32], ...]:
    """Probabilities (clips, classes), features (clips, dimensions), of frames (clips, frames, classes) and the shares
    of sound and sight (clips, 2); of the last two none where the network says nothing of them."""
    probabilities, features, frames, shares = [], [], [], []
    for number, batch in enumerate(batches):
        control.checkpoint()
        done(number)
        seen = task.see(corrupt(batch).to(task.device).inputs)
        penultimate, of_frames = task.network.features_and_frames(*seen)
        logits = task.network.classify(penultimate)
        probabilities.append(logits.float().softmax(1).cpu().numpy())
        features.append(penultimate.float().cpu().numpy())
        empty = logits.new_zeros(len(logits), 0, logits.shape[1])
        frames.append((empty if of_frames is None else of_frames).float().softmax(2).cpu().numpy())
        weighed = task.network.shares(penultimate)
        shares.append((logits.new_zeros(len(logits), 0) if weighed is None else weighed).float().cpu().numpy())
    return tuple(np.concatenate(part) for part in (probabilities, features, frames, shares))
