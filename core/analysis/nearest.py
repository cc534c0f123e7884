"""Which training clips a network finds most like a clip: what it thought that this was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analysis.embedding import directions
from core.control import Control
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.events import Progress
from core.run_spec import DatasetChoice
from core.runs import RunFolder
from core.workspace import Workspace


@dataclass(frozen=True)
class Neighbour:
    """A training clip.

    Attributes:
        similarity: cosine of the angle between its features and those of the clip in question, at most 1.
        said: the class that the network gives to it.
    """

    clip_id: str
    label: int
    said: int
    similarity: float


def nearest(
    features: NDArray[np.float16], training: Predictions, most: int, label: int | None = None
) -> list[Neighbour]:
    """The training clips whose penultimate features lie in the most similar direction, the nearest first.

    similarity = f · g / (|f| |g|). That neighbours in feature space tell what a network's answer rests on is Papernot &
    McDaniel 2018, “Deep k-nearest neighbors” (arXiv 1803.04765).

    Args:
        features: (dimensions,) of the clip.
        training: what the same network says of its training clips, with features.
        most: how many.
        label: only those of this class; None = of any.
    """
    among = np.arange(len(training)) if label is None else np.flatnonzero(training.labels == label)
    similarity = directions(training.features[among]) @ directions(features[None])[0]
    return [
        Neighbour(
            str(training.clip_ids[among[i]]),
            int(training.labels[among[i]]),
            int(training.predicted[among[i]]),
            float(similarity[i]),
        )
        for i in np.argsort(-similarity, kind="stable")[:most]
    ]


def training_predictions(
    folder: RunFolder,
    choice: DatasetChoice,
    workspace: Workspace,
    control: Control,
    report: Callable[[Progress], None],
) -> Predictions:
    """What a finished run says of the clips that it was trained on (a validation part among them), with features.

    They are asked about once and kept in the run's folder. No score is made of them.

    Args:
        choice: the clips that the run was trained on.

    Raises:
        UserError: the run or its clips are gone, or cannot be read; or they would have to be decoded first, and the
            workspace is another program's.
        Cancelled: through `control`.
    """
    if folder.trained_ns > folder.predicted_ns:
        try:
            return Predictions.load(folder.trained_file)
        except UserError:  # torn: they are asked about again
            pass
    from core.caches import Caches
    from core.chosen import open_chosen
    from core.training.device import choose_device, use_threads
    from core.training.loaders import Batches
    from core.training.predict import predict
    from core.training.restore import restore

    use_threads()
    begun, spec = folder.predicted_ns, folder.spec
    dataset = open_chosen(choice, workspace, control)
    caches = Caches(dataset, workspace.cache)
    if not caches.are_there([spec]):
        workspace.require_writable()
    caches.open([spec], control, report)
    usable = caches.usable(dataset)
    unlearned = (folder.set_aside or frozenset()) if spec.recipe.clips_per_class else frozenset()
    clips = [clip for clip in usable.clips if clip.fold not in (spec.fold, None) and clip.id not in unlearned]
    if not clips:
        raise UserError(f"None of the clips that {folder.id} was trained on is in {dataset.root} any more.")
    of_wings = {wing: caches.of(wing, spec.recipe) for wing in spec.modality.wings}
    batches = Batches(clips, of_wings, spec.recipe, spec.seed)
    found = predict(restore(folder, choose_device("auto")), batches, folder.classes, control, report=report)
    if workspace.writable and folder.predicted_ns == begun:
        found.save(folder.trained_file)
    return found
