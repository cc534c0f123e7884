"""A study's finished runs asked again while their test clips get worse, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from core.architectures import ARCHITECTURES
from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.evaluation.predictions import Predictions, pooled
from core.evaluation.tables import dataset_title
from core.events import Event, Progress
from core.robustness import CORRUPTIONS, Corruption, Level
from core.robustness.curve import Sweep, SweptNetwork, not_asked
from core.run_records import Phase
from core.run_spec import RunSpec, network_labels
from core.runs import RunFolder, list_runs, nothing_finished
from core.tables import load_dotted
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.training.loaders import Batch

Emit = Callable[[Event], None]


def sweep(
    study: str,
    corruption: str,
    workspace: Workspace,
    levels: Sequence[float] = (),
    control: Control | None = None,
    emit: Emit = lambda event: None,
) -> Sweep:
    """Ask every finished run of a study again at every level; its predictions are kept in its folder.

    What is there already is not asked again.

    Raises:
        UserError: there is no finished run, its clips or weights are gone, also meanwhile, or a level is out of bounds.
        Cancelled: through `control`; what is done is kept.
    """
    row = CORRUPTIONS[corruption]
    levels = row.in_order(levels or row.levels)
    workspace.require_writable()
    finished, left_out = _finished(workspace, study)
    if not finished and not left_out:
        raise nothing_finished(workspace, study)
    todo = [
        (folder, level)
        for folder in finished
        if row.wing in folder.spec.modality.wings
        for level in levels
        if _answer(folder, corruption, level) is None
    ]
    if todo:
        _ask(todo, row, corruption, workspace, control or Control(), emit)
    return _read(study, corruption, finished, left_out, control or Control(), emit).at(levels)


def read_sweep(
    workspace: Workspace, study: str, corruption: str, control: Control, report: Emit = lambda event: None
) -> Sweep | None:
    """What has been asked of a study already, at all levels; None where it has no finished run.

    Raises:
        UserError: there are finished runs and none can be read, or none can be asked again.
        Cancelled: through `control`.
    """
    finished, left_out = _finished(workspace, study)
    return _read(study, corruption, finished, left_out, control, report) if finished or left_out else None


def _finished(workspace: Workspace, study: str) -> tuple[list[RunFolder], tuple[str, ...]]:
    """The finished runs that can be asked again, and the networks whose runs cannot."""
    asked, left_out = [], []
    for folder in list_runs(workspace, study):
        if folder.status.phase is not Phase.DONE:
            continue
        try:
            never = folder.spec.never_again
        except UserError:  # it is said where the run is read
            never = ""
        if never:
            left_out.append(folder.spec.network.label)
        else:
            asked.append(folder)
    return asked, tuple(dict.fromkeys(left_out))


def _answer(folder: RunFolder, corruption: str, level: float) -> Predictions | None:
    """What a run said at a level; None where it was not asked, or its answer is torn and has to be asked for again."""
    try:
        return Predictions.load(folder.corrupted(corruption, level))
    except UserError:
        return None


def _ask(
    todo: Sequence[tuple[RunFolder, float]],
    row: Corruption,
    corruption: str,
    workspace: Workspace,
    control: Control,
    emit: Emit,
) -> None:
    from core.caches import Caches
    from core.chosen import open_chosen
    from core.training.device import choose_device, use_threads
    from core.training.loaders import Batches
    from core.training.predict import predict
    from core.training.restore import restore

    use_threads()
    device = choose_device("auto")
    specs = [folder.spec for folder, _ in todo]
    dataset = open_chosen(specs[0].dataset, workspace, control)
    caches = Caches(dataset, workspace.cache).open(specs, control, emit)
    apply: Callable[..., Batch] = load_dotted(row.apply)
    clips = {clip.id: clip for clip in dataset.clips}
    done = 0
    for folder, asked in groupby(todo, key=itemgetter(0)):
        begun = folder.predicted_ns
        spec, clean = folder.spec, folder.predictions()
        tested = clean.clip_ids.tolist()
        gone = [name for name in tested if name not in clips]
        if gone:
            raise UserError(f"{folder.id} was tested on {gone[0]}, which is no longer in {dataset.root}.")
        of_wings = {wing: caches.of(wing, spec.recipe) for wing in spec.modality.wings}
        batches = Batches([clips[name] for name in tested], of_wings, spec.recipe, spec.seed)
        task = restore(folder, device)
        for _, level in asked:
            emit(Progress(f"{row.title}, {row.word(level)}", done, len(todo), "tests"))
            worse = partial(apply, level=level, seed=spec.seed)
            said = predict(task, batches, clean.classes, control, worse)
            if folder.predicted_ns != begun:
                raise UserError(
                    f"{folder.name} was deleted or trained anew while it was tested. Test again: what else was found "
                    "is kept."
                )
            pooled([said]).save(folder.corrupted(corruption, level))  # its features would take most of the room
            done += 1


def _read(
    study: str,
    corruption: str,
    finished: Sequence[RunFolder],
    left_out: tuple[str, ...],
    control: Control,
    report: Emit,
) -> Sweep:
    found: list[tuple[RunFolder, RunSpec, Predictions]] = []
    problems = []
    for done, folder in enumerate(finished):
        control.checkpoint()
        report(Progress("Reading predictions", done, len(finished), "runs"))
        try:
            found.append((folder, folder.spec, folder.predictions()))
        except UserError as error:
            problems.append(str(error))
    if not found:
        raise UserError(" ".join(filter(None, (*problems, not_asked(left_out)))))
    row, names = CORRUPTIONS[corruption], network_labels([spec for _, spec, _ in found])
    levels = row.in_order({level for folder, _, _ in found for level in folder.corrupted_levels(corruption)})
    grouped: dict[str, list[tuple[RunFolder, RunSpec, Predictions]]] = {}
    for name, run in zip(names, found, strict=True):
        grouped.setdefault(name, []).append(run)
    label_of = {folder.id: name for name, (folder, _, _) in zip(names, found, strict=True)}
    specs = {name: runs[0][1] for name, runs in grouped.items()}
    networks = {}
    for name in sorted(grouped, key=lambda name: _place(name, specs[name])):
        runs = grouped[name]
        said: dict[Level, list[tuple[RunSpec, Predictions]]] = {None: [(spec, clean) for _, spec, clean in runs]}
        for level in levels:
            control.checkpoint()
            answers = ((spec, _answer(folder, corruption, level)) for folder, spec, _ in runs)
            said[level] = [(spec, answer) for spec, answer in answers if answer is not None]
        networks[name] = SweptNetwork(
            label=name,
            architecture=specs[name].network.architecture,
            modality=specs[name].modality,
            branches=_branches(specs[name], label_of, specs),
            scores={level: _accuracies(answers) for level, answers in said.items()},
            tested={(spec.fold, spec.seed): tuple(clean.clip_ids.tolist()) for _, spec, clean in runs},
            train_clips=float(np.mean([folder.status.pool for folder, _, _ in runs])),
            sound_shares={
                level: share for level, answers in said.items() if (share := _sound_share(answers)) is not None
            },
        )
    _, first, clean = found[0]
    title, classes = dataset_title(first.dataset), len(clean.classes)
    return Sweep(study, title, corruption, (None,), networks, classes, tuple(problems), left_out).at(levels)


def _accuracies(said: Iterable[tuple[RunSpec, Predictions]]) -> dict[tuple[int, int], float]:
    return {(spec.fold, spec.seed): float(answer.correct.mean()) for spec, answer in said}


def _sound_share(said: Iterable[tuple[RunSpec, Predictions]]) -> float | None:
    shares = [answer.shares[:, :1].astype(np.float64) for _, answer in said]
    return float(np.concatenate(shares).mean()) if shares and all(share.size for share in shares) else None


def _place(label: str, spec: RunSpec) -> tuple[int, int, str]:
    return list(ARCHITECTURES).index(spec.network.architecture), list(Modality).index(spec.modality), label


def _branches(spec: RunSpec, label_of: Mapping[str, str], specs: Mapping[str, RunSpec]) -> tuple[str, ...]:
    """Labels of the networks whose runs an audio-visual one started from; of one that was trained jointly, those of
    its architecture on sound and on sight alone where there is one of each."""
    if spec.modality != Modality.AUDIO_VISUAL:
        return ()
    labels: list[str] = []
    for branch in spec.branches:
        alike = [
            label
            for label, other in specs.items()
            if (other.network.architecture, other.modality) == (branch.network.architecture, branch.modality)
        ]
        found = [label_of[branch.run]] if branch.run in label_of else alike if not branch.run else []
        labels += found if len(found) == 1 else []
    return tuple(labels) if len(labels) == len(spec.branches) else ()
