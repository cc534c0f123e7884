"""What was said live, as the Errors panel reads it: captures whose true class is known, by the study that was asked.

Every other score is of test clips that were chosen beforehand. Captures are kept by hand, mostly where something was
wrong: a share of them says nothing about how often a network errs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from core.analysis.study_records import PREFIX, Run, StudyRecords, collected
from core.captures import CAPTURED, Capture, Said, read_captures
from core.control import Control
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.events import Progress
from core.run_spec import DatasetChoice
from core.runs import RunFolder
from core.workspace import Workspace


def captured_studies(workspace: Workspace) -> list[str]:
    """PREFIX and the slug of every study of which a network was asked about a capture whose class is known."""
    captures, _ = read_captures(workspace.captures)
    asked = {said.run.partition("/")[0] for capture in captures if capture.label for said in capture.said}
    return sorted(PREFIX + study for study in asked if (workspace.runs / study).is_dir())


def read_capture_records(
    workspace: Workspace, study: str, control: Control, report: Callable[[Progress], None]
) -> StudyRecords | None:
    """The records of captures that networks of a study (PREFIX and its slug) were asked about; None = there are none.

    A run stands for itself with its fold and seed. Captures of a class that the networks do not know are left out, and
    `problems` says so.

    Raises:
        UserError: the runs that were asked cannot be read any more.
        Cancelled: as `control` says.
    """
    captures, _ = read_captures(workspace.captures)
    asked: dict[str, list[tuple[Capture, Said]]] = defaultdict(list)
    for capture in captures:
        control.checkpoint()
        for said in capture.said if capture.label else ():
            if said.run.partition("/")[0] == study.removeprefix(PREFIX) and said.probabilities:
                asked[said.run].append((capture, said))
    found: list[Run] = []
    problems: list[str] = []
    for done, (run, heard) in enumerate(asked.items()):
        report(Progress("Reading captures", done, len(asked), "runs"))
        try:
            spec = RunFolder(workspace.runs / run).spec
        except UserError as error:
            problems.append(str(error))
            continue
        predictions, unknown = _predictions(heard)
        if unknown:
            problems.append(f"{run} knows no class “{'”, “'.join(unknown)}”: captures of it are left out.")
        if len(predictions):
            captured = spec.model_copy(update={"dataset": DatasetChoice(name=CAPTURED)})
            found.append(Run(run, captured, predictions))
    if not found:
        if problems:
            raise UserError(" ".join(problems))
        return None
    return collected(study, found, problems)


def _predictions(heard: Sequence[tuple[Capture, Said]]) -> tuple[Predictions, list[str]]:
    """What a run said of captures of its classes, and the labels that it does not know."""
    classes = tuple(heard[0][1].probabilities)
    known = [(capture, said) for capture, said in heard if capture.label in classes]
    unknown = sorted({capture.label for capture, _ in heard} - set(classes))
    rows = [[said.probabilities[name] for name in classes] for _, said in known]
    return (
        Predictions(
            classes=classes,
            clip_ids=np.array([capture.id for capture, _ in known], dtype=np.str_),
            labels=np.array([classes.index(capture.label) for capture, _ in known], dtype=np.int64),
            probabilities=np.array(rows, dtype=np.float32).reshape(len(rows), len(classes)),
            features=np.zeros((len(rows), 0), np.float16),
        ),
        unknown,
    )
