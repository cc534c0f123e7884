"""A finished run's network, ready to be asked again."""

from __future__ import annotations

import torch

from core.errors import UserError
from core.run_records import Phase
from core.runs import RunFolder
from core.training.initial import build_network
from core.training.task import Task
from core.weights import read_tensors


def restore(folder: RunFolder, device: torch.device) -> Task:
    """The task of a finished run with its tested weights and the levels of its front ends, in eval mode.

    Raises:
        UserError: the run is not finished, is of a classical baseline, or its weights are not those of its network.
    """
    if folder.status.phase is not Phase.DONE:
        raise UserError(f"{folder.id} is not finished ({folder.status.phase.word}): it has no weights to use.")
    spec, classes = folder.spec, folder.classes
    if spec.never_again:
        raise UserError(spec.never_again)
    task = Task(build_network(spec, len(classes)), spec.recipe, spec.modality.wings, len(classes), spec.seed)
    try:
        task.load_state_dict(read_tensors(folder.weights))
    except RuntimeError as error:
        raise UserError(
            f"{folder.weights} does not fit the run's network: it was changed, or written by another version. "
            f"Train the run again. ({str(error).splitlines()[0]})"
        ) from None
    return task.to(device).eval()
