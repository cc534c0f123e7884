"""All runs of a study as a table shows them: the finished ones scored, the others with where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.control import Control
from core.evaluation.summary import Summary, summarise
from core.events import Event
from core.game_results import HumanBaseline, human_baselines
from core.run_lists import folds_without_runs
from core.run_records import Latency, Phase, RunStatus
from core.runs import RunFolder, list_runs
from core.workspace import Workspace


@dataclass(frozen=True)
class UnfinishedRun:
    """A run without results, and how far it came."""

    folder: RunFolder
    status: RunStatus


@dataclass(frozen=True)
class Overview:
    """What there is of a study on disk.

    Attributes:
        study: name of its folder.
        summary: of the finished runs.
        unfinished: the others: waiting, running, interrupted, cancelled or failed.
        sizes: bytes on disk, by id of the run.
        notes: what the user wrote, by id of the run.
        titles: what the user calls them, by id of the run.
        latencies: how long a network took over one clip, by id of the run that was asked.
        people: how people did on the same clips, in the guessing game.
        problems: a sentence for each kept game that cannot be read.
        without_runs: which folds the study asks for in vain, in words.
    """

    study: str
    summary: Summary
    unfinished: tuple[UnfinishedRun, ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    latencies: dict[str, Latency] = field(default_factory=dict)
    people: tuple[HumanBaseline, ...] = ()
    problems: tuple[str, ...] = ()
    without_runs: str = ""

    @property
    def empty(self) -> bool:
        return not (self.summary.runs or self.unfinished or self.summary.problems)


def read_overview(
    workspace: Workspace,
    study: str,
    control: Control,
    report: Callable[[Event], None] = lambda event: None,
    *,
    trained: str = "",
) -> Overview:
    """Read every run of a study. `trained` names the folder of the study that this program trains.

    Raises:
        Cancelled: as `control` says.
    """
    folders = list(list_runs(workspace, study))
    alive = study == trained or workspace.used_by_another
    seen = [UnfinishedRun(folder, folder.status_seen(alive)) for folder in folders]
    summary = summarise(folders, control, report)
    people, problems = human_baselines(workspace, (network.runs[0].folder for network in summary.networks))
    return Overview(
        study=study,
        summary=summary,
        unfinished=tuple(run for run in seen if run.status.phase is not Phase.DONE),
        sizes={folder.id: folder.size() for folder in folders},
        notes={folder.id: folder.note for folder in folders},
        titles={folder.id: folder.title for folder in folders},
        latencies={folder.id: found for folder in folders if (found := folder.latency) is not None},
        people=people,
        problems=problems,
        without_runs=folds_without_runs(workspace, study, folders),
    )
