"""Home's side of a study on a cluster: which runs are sent when, and what becomes of what comes back."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from core.cluster.home import Attempt, Home, Mail, Offer, Wish
from core.cluster.node import Job, Order, Parcel, train_on_node
from core.environment import commit, packages
from core.errors import Cancelled, UserError
from core.events import Message, Outcome, RunFinished, RunStarted
from core.run_records import Phase
from core.run_spec import RunSpec
from core.runner import Work, in_order
from core.runs import RunFolder, run_folder
from core.training.initial import weights_files
from core.training.workbench import Workbench

log = logging.getLogger(__name__)
ATTEMPTS = 3  # of a run whose nodes are lost; more, and it is likely the run that ends them
POLL = 0.3  # seconds between two looks at the mail
AGAIN = "{run}: {where} {what}. It {again} on another (attempt {number} of {attempts})."
LOST = "was lost, and what the run had learned there with it"
CUT_OFF = "could not reach this machine any more, and gave the run up"
ENDED = "The study ended before this run did. Start the study again: the run {again}."


@dataclass
class _Sent:
    """A run that was given to the cluster."""

    order: Order
    host: str = ""  # "" = not begun: nobody has reported

    @property
    def run(self) -> str:
        return self.order.attempt.run


class Dispatch:
    """One study."""

    def __init__(self, ray: ModuleType, cpus: int, gpus: float, work: Work) -> None:
        self._ray, self._cpus, self._gpus, self._work = ray, cpus, gpus, work
        self._sent: dict[Any, _Sent] = {}  # by the reference of what will come back
        self._waiting: deque[tuple[RunSpec, int]] = deque()  # with the number of the attempt
        self._warned: list[Message] = []  # once is enough, though every run of a node says it
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        place = {"num_cpus": 0, "max_concurrency": 16, "scheduling_strategy": here}
        self._home = ray.remote(Home).options(**place).remote()
        task = {"num_cpus": cpus, "num_gpus": gpus, "max_retries": 0, "scheduling_strategy": "SPREAD"}
        self._task = ray.remote(train_on_node).options(**task)

    def train(self, specs: Sequence[RunSpec]) -> None:
        """Send every run as soon as there is room and its branches are trained; return when all have ended.

        Raises:
            Cancelled: through the control of the work, when what was under way has come home.
        """
        self._waiting.extend((spec, 1) for spec in specs)
        job = self._ray.put(self._job())
        try:
            while self._waiting or self._sent:
                if self._work.control.cancelled:
                    self._waiting.clear()
                    self._call_back()
                self._send(job)
                if self._sent:
                    self._look()
                else:  # nothing to wait for but a person who has paused it
                    self._work.control.checkpoint()
        finally:
            self._abandon()
        if self._work.control.cancelled:
            raise Cancelled

    def _look(self) -> None:
        """What has happened meanwhile."""
        ended, _ = self._ray.wait(list(self._sent), num_returns=len(self._sent), timeout=POLL)
        for mail in self._ray.get(self._home.collect.remote(self._wish)):  # said before the tasks ended
            self._read(mail)
        for reference in ended:
            self._take(reference, self._sent[reference])
            del self._sent[reference]

    def _abandon(self) -> None:
        """Something unexpected ends the study: what is under way will not come home."""
        for sent in self._sent.values():
            folder = run_folder(self._work.workspace, sent.order.spec)
            if sent.host or folder.status.phase is Phase.RUNNING:
                with contextlib.suppress(UserError):  # the disk is full: it can be said all the same
                    folder.write_status(phase=Phase.FAILED, reason=ENDED.format(again=_goes_on(folder)))
                self._work.emit(RunFinished(sent.run, Outcome.FAILED, ENDED.format(again=_goes_on(folder))))
        self._sent.clear()

    def _job(self) -> Job:
        study, device = self._work.study, self._work.study.device
        if device in ("auto", "cuda"):
            device = "cuda" if self._gpus else "cpu"
        dataset, caches = self._work.dataset, self._work.caches.unmapped()
        return Job(dataset, caches, device, self._cpus, study.checkpoint_every, commit(), packages(), study.wandb)

    @property
    def _wish(self) -> Wish:
        control = self._work.control
        return Wish.CANCEL if control.cancelled else Wish.PAUSE if control.paused else Wish.GO

    def _send(self, job: Any) -> None:
        """As many as there is room for, and so many more that no node waits for one."""
        if not self._waiting or self._work.control.paused:
            return
        there = self._ray.cluster_resources()
        room = there.get("CPU", 0) // self._cpus
        if self._gpus:
            room = min(room, there.get("GPU", 0) // self._gpus)
        attempts = {spec.id: number for spec, number in self._waiting}
        ordered = in_order([spec for spec, _ in self._waiting], self._work.control.first)
        self._waiting = deque((spec, attempts[spec.id]) for spec in ordered)
        blocked: deque[tuple[RunSpec, int]] = deque()
        while self._waiting and sum(not sent.host for sent in self._sent.values()) < max(room, 1):
            spec, number = self._waiting.popleft()
            unfinished = {sent.run for sent in self._sent.values()} | {other.id for other, _ in blocked}
            if any(branch.run in unfinished for branch in spec.branches):
                blocked.append((spec, number))
                continue
            try:
                order = self._order(spec, number)
            except UserError as error:
                self._failed(run_folder(self._work.workspace, spec), str(error))
                continue
            except Cancelled:  # while weights were fetched: what is under way is called back
                return
            except Exception as error:  # of any library: it must not take the rest of the study with it
                log.exception("run %s could not be sent", spec.id)
                reason = f"{type(error).__name__}: {error}. The log has the details."
                self._failed(run_folder(self._work.workspace, spec), reason)
                continue
            self._ray.get(self._home.offer.remote(order.offers))
            self._sent[self._task.remote(job, order, self._home)] = _Sent(order)
        self._waiting.extendleft(reversed(blocked))

    def _order(self, spec: RunSpec, number: int) -> Order:
        work, folder = self._work, run_folder(self._work.workspace, spec)
        import torch

        bench = Workbench(
            work.workspace, work.dataset, work.caches, torch.device("cpu"), work.study.checkpoint_every,
            work.control, work.emit, work.on_batch,
        )  # fmt: skip
        weights = tuple((_offer(file.path), file) for file in weights_files(spec, bench, bench.parts(spec)))
        return Order(spec, Attempt(spec.id, number), tuple(map(_offer, folder.resumable())), weights)

    def _read(self, mail: Mail) -> None:
        """Say what a node says, unless of an attempt that was given up."""
        sent = next((sent for sent in self._sent.values() if sent.order.attempt == mail.attempt), None)
        if sent is None:
            return
        sent.host = mail.host
        folder = run_folder(self._work.workspace, sent.order.spec)
        events = list(mail.events)
        try:
            folder.receive(mail.files)
        except UserError as error:  # the disk is full, say: it may have room again when the run ends
            events.append(Message(f"{sent.run}: {error}", "warning"))
        for event in events:
            if isinstance(event, RunStarted):
                folder.write_status(phase=Phase.RUNNING)
            if event not in self._warned:
                self._work.emit(event)
            if isinstance(event, Message) and event.level == "warning":
                self._warned.append(event)
        for batch in mail.batches:
            self._work.on_batch(batch)

    def _take(self, reference: Any, sent: _Sent) -> None:
        """Keep what a task brought; try again where its node is lost, or was stopped by nobody here."""
        folder, errors = run_folder(self._work.workspace, sent.order.spec), self._ray.exceptions
        try:
            parcel: Parcel = self._ray.get(reference)
            folder.receive(parcel.files, {file.path.name for file in sent.order.begun} - parcel.files.keys())
            if parcel.finished.outcome is Outcome.CANCELLED and not self._work.control.cancelled:
                self._again(sent, folder, CUT_OFF)
            else:
                self._work.emit(parcel.finished)
        except UserError as error:  # the disk at home is full, or something could not be brought to the node
            self._failed(folder, str(error))
        except errors.TaskCancelledError:
            pass  # it had not begun: it waits
        except errors.RayTaskError as error:
            log.error("run %s failed on %s: %s", sent.run, sent.host, error)
            if self._work.control.cancelled or isinstance(error.cause, (Cancelled, errors.RayError)):
                self._again(sent, folder, CUT_OFF)
            else:
                self._failed(folder, f"{error.cause or error} (on {sent.host or 'a node'}; the log has the details)")
        except errors.RayError as error:
            log.warning("run %s was lost: %s", sent.run, error)
            self._again(sent, folder, LOST)

    def _again(self, sent: _Sent, folder: RunFolder, what: str) -> None:
        spec, number = sent.order.spec, sent.order.attempt.number + 1
        if self._work.control.cancelled:
            if folder.status.phase is not Phase.WAITING:  # else it had not begun
                folder.write_status(phase=Phase.CANCELLED, reason="stopped, and its node was lost")
                self._work.emit(RunFinished(folder.id, Outcome.CANCELLED, "stopped, and its node was lost"))
        elif number > ATTEMPTS:
            self._failed(
                folder,
                f"It was lost {ATTEMPTS} times on its way. Perhaps it needs more memory than the nodes have, or the "
                "network between them and this machine fails.",
            )
        else:
            where = f"the node {sent.host}" if sent.host else "its node"
            said = AGAIN.format(
                run=folder.id, where=where, what=what, again=_goes_on(folder), number=number, attempts=ATTEMPTS
            )
            folder.write_status(phase=Phase.WAITING, reason="")
            self._work.emit(Message(said, "warning"))
            self._waiting.appendleft((spec, number))

    def _failed(self, folder: RunFolder, reason: str) -> None:
        folder.write_status(phase=Phase.FAILED, reason=reason)
        self._work.emit(RunFinished(folder.id, Outcome.FAILED, reason))

    def _call_back(self) -> None:
        """What has not begun need not; what has hears of it by its line home.

        A process that has a run already, and still imports what it needs, ends with it: one that was merely interrupted
        would keep half of an import, and fail every later run.
        """
        for reference, sent in self._sent.items():
            if not sent.host:
                self._ray.cancel(reference, force=True)


def _goes_on(folder: RunFolder) -> str:
    epochs = folder.epochs_kept()
    return f"goes on after epoch {epochs}" if epochs else "is begun anew"


def _offer(path: Path) -> Offer:
    """Raises UserError where there is no such file."""
    try:
        return Offer(path, path.stat().st_size)
    except OSError:
        raise UserError(f"There is no weights file {path}. Check the path.") from None
