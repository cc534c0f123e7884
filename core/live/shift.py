"""Domain shift: how well finished runs do on what was captured, beside their test clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.caches import Caches
from core.control import Control
from core.datasets import DATASETS
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.events import Progress
from core.runs import RunFolder
from core.training.device import choose_device, use_threads
from core.training.loaders import Batches
from core.training.predict import predict
from core.training.restore import restore
from core.workspace import Workspace


@dataclass(frozen=True)
class Shift:
    """One run on both.

    Attributes:
        tested: its predictions of its test clips, and `captured` of the captures of its classes.
        sessions: that the captures come from: clips of one session are much alike.
        left_out: captures of classes that it does not know.
    """

    run: RunFolder
    tested: Predictions
    captured: Predictions
    sessions: int
    left_out: int


def shifts(
    runs: Sequence[RunFolder], workspace: Workspace, control: Control, report: Callable[[Progress], None]
) -> list[Shift]:
    """Ask runs about every capture whose true class is known.

    Captures are kept by hand, mostly where a network erred: their accuracy says how far a recording situation differs,
    not how often a network errs in it.

    Raises:
        UserError: there are no captures, none that a run can be asked about, or a run that has no weights.
        Cancelled: through `control`.
    """
    use_threads()
    device = choose_device("auto")
    dataset = DATASETS["captured"].open(workspace.dataset_root("captured"), control)
    specs = [run.spec for run in runs]
    caches = Caches(dataset, workspace.cache).open(specs, control, report)
    usable = caches.usable(dataset)
    found = []
    for done, (run, spec) in enumerate(zip(runs, specs, strict=True)):
        report(Progress("Asking about captures", done, len(runs), "runs"))
        classes = run.predictions().classes
        known = [
            replace(clip, label=classes.index(usable.classes[clip.label]))
            for clip in usable.clips
            if usable.classes[clip.label] in classes
        ]
        if not known:
            raise UserError(f"{run.name} knows none of the classes that were captured: {', '.join(usable.classes)}.")
        of_wings = {wing: caches.of(wing, spec.recipe) for wing in spec.modality.wings}
        task = restore(run, device)
        said = predict(task, Batches(known, of_wings, spec.recipe, spec.seed), classes, control)
        sessions = len({clip.group for clip in known})
        found.append(Shift(run, run.predictions(), said, sessions, len(usable.clips) - len(known)))
    return found
