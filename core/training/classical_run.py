"""A run of a classical baseline: fitted in a moment, then tested as a network is."""

from __future__ import annotations

import numpy as np

from core.architectures import ARCHITECTURES
from core.datasets.base import Clip
from core.evaluation.classical import Numbers, fitted
from core.evaluation.predictions import Predictions
from core.events import RunStarted
from core.run_records import Phase
from core.run_spec import RunSpec
from core.runs import RunFolder
from core.training.workbench import Workbench


def fit_run(spec: RunSpec, folder: RunFolder, bench: Workbench) -> Predictions:
    """Fit to the training part, test on the test fold, and write what a network's run writes, but for its weights.

    There are no epochs to choose from, and so the validation part chooses nothing: it is set aside all the same, so
    that every network of a study has learned from the same clips and ensembles can be weighted on it.

    Raises:
        UserError: the training clips are of one class.
        Cancelled: through the bench's control.
    """
    dataset = bench.dataset
    parts = bench.parts(spec)
    training, validation, testing, spare = (
        [dataset.clips[i] for i in part] for part in (parts.train, parts.validation, parts.test, parts.spare)
    )
    folder.write_log([])
    folder.write_initial_weights([f"{ARCHITECTURES[spec.network.architecture].title}: no weights"])
    folder.write_set_aside([clip.id for clip in validation + spare])
    folder.write_status(phase=Phase.RUNNING, train_clips=len(training), spare_clips=len(spare))
    bench.emit(
        RunStarted(
            run=folder.id,
            network=spec.network.label,
            architecture=spec.network.architecture,
            fold=spec.fold,
            seed=spec.seed,
            epochs=1,
            first_epoch=0,
            batches_per_epoch=1,
            train_clips=len(training),
            validation_clips=len(validation),
            test_clips=len(testing),
            parameters=0,
        )
    )
    learned = _features(training, spec, bench)
    labels = np.array([clip.label for clip in training], np.int64)
    groups = np.array([clip.group for clip in training], np.str_)
    answers = fitted(spec.network.architecture, learned, labels, groups, len(dataset.classes), spec.seed)

    def predict(clips: list[Clip], features: Numbers) -> Predictions:
        bench.control.checkpoint()
        return Predictions(
            classes=dataset.classes,
            clip_ids=np.array([clip.id for clip in clips], np.str_),
            labels=np.array([clip.label for clip in clips], np.int64),
            probabilities=answers(features),
            features=features.astype(np.float16),
        )

    predictions = predict(testing, _features(testing, spec, bench))
    predictions.save(folder.predictions_file)
    validated = predict(validation, _features(validation, spec, bench)) if validation else None
    if validated is not None:
        folder.write_validation(validated)
    folder.write_status(
        train_accuracy=float(predict(training, learned).correct.mean()),
        validation_accuracy=None if validated is None else float(validated.correct.mean()),
    )
    return predictions


def _features(clips: list[Clip], spec: RunSpec, bench: Workbench) -> Numbers:
    cache = bench.caches.of("audio", spec.recipe)
    return bench.statistics.of(clips, cache, spec.recipe, bench.control, bench.emit)
