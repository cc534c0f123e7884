"""A study's runs on a Ray cluster: one task a run, wherever there is room for it.

The machine that starts the study is home: it opens the dataset, decodes, guards against leaks and plans as always. It
sends each run with what it needs (`node`), says what the nodes say, and keeps what comes back (`dispatch`). An actor
beside it (`home`) is what the nodes talk to; what they lack they fetch through it (`fetch`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from core.errors import UserError
from core.run_spec import RunSpec
from core.runner import Runner, Work
from core.study import Study

CODE = Path(__file__).parents[2]
LOCAL = "local"  # the address of a cluster that is started here, and ends with the study


def offered() -> bool:
    """Whether Ray is installed."""
    return find_spec("ray") is not None


@dataclass(frozen=True)
class Cluster:
    """Where a cluster is, and what each run is given of it."""

    address: str = LOCAL  # HOST:PORT of its head, “auto” for the one that this machine has joined, or LOCAL
    cpus: int = 1  # of each run; also its threads
    gpus: float | None = None  # of each run; None = one where the cluster has any and the study may use them

    @contextlib.contextmanager
    def runner(self, study: Study) -> Iterator[Runner]:
        """Join the cluster; an `OpenRunner`.

        Raises:
            UserError: Ray is not installed, no cluster answers, or no node of it has room for a run.
        """
        with _joined(self.address) as ray:
            yield _OnCluster(ray, self.cpus, self._gpus(ray, study))

    def _gpus(self, ray: ModuleType, study: Study) -> float:
        """Of each run, where a node has so many.

        Raises:
            UserError: none has.
        """
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        gpus = self.gpus
        if gpus is None:
            there = any(node.get("GPU") for node in nodes)
            gpus = 1.0 if study.device == "cuda" or (study.device == "auto" and there) else 0.0
        if gpus > 1 and gpus != int(gpus):
            raise UserError(f"A run can have a share of one GPU or several whole ones, not {gpus:g}.")
        if study.device == "cuda" and not gpus:
            raise UserError("The study's device is “cuda”, but its runs are to have no GPU. Give them one, or a share.")
        if not any(node.get("CPU", 0) >= self.cpus and node.get("GPU", 0) >= gpus for node in nodes):
            none: dict[str, float] = {}
            most = max(nodes, key=lambda node: (node.get("GPU", 0), node.get("CPU", 0)), default=none)
            raise UserError(
                f"No node of the cluster has room for a run with {self.cpus} CPUs and {gpus:g} GPUs: the largest has "
                f"{most.get('CPU', 0):g} and {most.get('GPU', 0):g}. Ask for less, or add nodes."
            )
        return gpus


@dataclass(frozen=True)
class _OnCluster:
    ray: ModuleType
    cpus: int
    gpus: float

    @property
    def device(self) -> str:
        nodes = sum(node["Alive"] for node in self.ray.nodes())
        return f"a Ray cluster of {nodes} node{'s' * (nodes != 1)}"

    def train(self, specs: Sequence[RunSpec], work: Work) -> None:
        from core.cluster.dispatch import Dispatch

        Dispatch(self.ray, self.cpus, self.gpus, work).train(specs)


@contextlib.contextmanager
def _joined(address: str) -> Iterator[ModuleType]:
    """Ray, connected; only our own code is sent to the nodes, not the folder it lies in."""
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")  # it would send everything, and install it again
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if not offered():
        raise UserError(
            "Ray is not installed, which clusters need. Install it with `uv sync --extra cluster`, on every machine."
        )
    import ray

    code = {"py_modules": [str(CODE / "core"), str(CODE / "models")]}
    _require_answer(address)
    try:
        ray.init(
            address, runtime_env=code, log_to_driver=False, logging_level=logging.ERROR,
            include_dashboard=False if address == LOCAL else None,
        )  # fmt: skip
    except ConnectionError as error:
        raise UserError(f"{_no_answer(address)} Ray says: {error}") from error
    except (RuntimeError, ValueError) as error:  # other versions of Ray or Python; this machine has not joined it
        raise UserError(
            f"The Ray cluster {address} cannot be used: {error} All its machines, this one too, need the same versions "
            "of Python and Ray, and this one has to have joined it with `ray start --address=HOST:6379`."
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Raises UserError where nothing listens: Ray itself would try for many minutes."""
    if address.startswith("ray://"):
        raise UserError(
            f"{address} is the address of Ray's client. Let this machine join the cluster with `ray start "
            "--address=HOST:6379` and give HOST:6379, or “auto”."
        )
    if address in (LOCAL, "auto"):
        return
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            pass
    except (OSError, ValueError) as error:
        raise UserError(_no_answer(address)) from error


def _no_answer(address: str) -> str:
    return (
        f"No Ray cluster answers at {address}. Start one with `ray start --head --port=6379` and let this machine join "
        "it with `ray start --address=HOST:6379`, or give “local”, which needs neither."
    )
