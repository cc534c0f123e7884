"""How long a network takes over one clip, on this machine: what a person waits for in live use."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping

import numpy as np

from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.run_records import Latency
from core.runs import RunFolder
from core.workspace import Workspace

WARM_UP = 5  # clips that are not timed: the first ones reserve memory and choose algorithms
CLIPS = 50  # that are timed …
LEAST = 20  # … or so many, where they take longer than
ENOUGH = 20.0  # seconds together


def measure(folder: RunFolder, control: Control) -> Latency:
    """Time a finished run's network on one made-up clip, again and again.

    Timed is what live use repeats: raw clip in memory → device → front end → network → probabilities back in memory,
    with a batch of 1, in eval mode, one view of the clip. Not timed: decoding, and the wait for the end of a window.
    The 50th and 95th percentile of the times are given (seconds; linear between neighbours, as NumPy does).

    What was timed before a pause is forgotten: whatever the pause was for may have been in the way.

    Raises:
        UserError: the run is not finished, or its weights are not those of its network.
        Cancelled: through `control`.
    """
    import torch

    from core.training.device import choose_device, describe, use_threads
    from core.training.restore import restore
    from core.training.task import made_up

    threads, device = use_threads(), choose_device("auto")
    task = restore(folder, device)
    clip = made_up(task, 1).to(torch.device("cpu"))
    times: list[float] = []
    warm = 0
    with torch.inference_mode():
        while len(times) < CLIPS and (len(times) < LEAST or sum(times) < ENOUGH):
            waited = control.waited
            control.checkpoint()
            if control.waited != waited:
                times, warm = [], 0
            begun = time.perf_counter()
            task(clip.to(device).inputs).float().softmax(1).cpu()  # which waits for the device
            took = time.perf_counter() - begun
            if warm < WARM_UP:
                warm += 1
            else:
                times.append(took)
    p50, p95 = np.percentile(times, [50, 95])
    return Latency(
        p50=float(p50),
        p95=float(p95),
        clips=len(times),
        machine=platform.node() or platform.machine(),
        device=describe(device),
        threads=threads,
        torch=torch.__version__,
        at=time.time(),
    )


def measure_all(
    folders: Mapping[str, RunFolder],
    workspace: Workspace,
    control: Control,
    report: Callable[[Progress], None] = lambda progress: None,
) -> tuple[str, ...]:
    """Time one network after another, and keep what was found in the folders of the runs.

    Args:
        folders: a finished run of each network, by the network's label.

    Returns:
        A sentence for each that could not be measured.

    Raises:
        UserError: another programme works in this workspace.
        Cancelled: through `control`; what was found is kept.
    """
    workspace.require_writable()
    problems = []
    for done, (label, folder) in enumerate(folders.items()):
        control.checkpoint()
        report(Progress(f"Latency of {label}", done, len(folders), "networks"))
        begun = folder.predicted_ns
        try:
            found = measure(folder, control)
        except UserError as error:
            problems.append(str(error))
            continue
        if folder.predicted_ns == begun:  # else it was deleted, or trained anew
            folder.write_latency(found)
    return tuple(problems)
