"""What a trained network says of clips."""

from __future__ import annotations

import numpy as np
import torch

from core.control import Control
from core.evaluation.predictions import Predictions
from core.training.loaders import Batches
from core.training.task import Task


@torch.inference_mode()
def predict(task: Task, batches: Batches, classes: tuple[str, ...], control: Control) -> Predictions:
    """Class probabilities and penultimate features of the clips of a loader, in its order.

    Raises:
        Cancelled: through `control`.
    """
    probabilities, features = [], []
    task.eval()
    for batch in batches:
        control.checkpoint()
        seen = task.network.features(task.frontend(batch.inputs.to(task.device)))
        probabilities.append(task.network.head(seen).float().softmax(1).cpu().numpy())
        features.append(seen.float().cpu().numpy().astype(np.float16))
    return Predictions(
        classes=classes,
        clip_ids=np.array([clip.id for clip in batches.clips], dtype=np.str_),
        labels=np.array([clip.label for clip in batches.clips], dtype=np.int64),
        probabilities=np.concatenate(probabilities),
        features=np.concatenate(features),
    )
