"""How long networks take over a clip: timed as live use asks them, and not while something else runs."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from core.audio.settings import AudioSettings
from core.control import Control
from core.datasets.base import Modality
from core.errors import Cancelled
from core.recipe import Recipe
from core.robustness import latency
from core.robustness.latency import measure, measure_all
from core.run_spec import Branch, DatasetChoice, Network, RunSpec
from core.runs import RunFolder
from core.training import device
from core.training.initial import build_network
from core.training.task import Task
from core.video.settings import VideoSettings
from core.weights import write_tensors
from core.workspace import Workspace
from tests.gui.make_runs import make_run, synthetic_clips

SMALL = Recipe(
    audio=AudioSettings(rate=8000, seconds=0.5, n_fft=256, hop=128, mels=32),
    video=VideoSettings(frames=2, side=40, size=32),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Fewer clips, and the one core that a test has."""
    for name, value in {"WARM_UP": 3, "CLIPS": 24, "LEAST": 6}.items():
        monkeypatch.setattr(latency, name, value)
    monkeypatch.setattr(device, "use_threads", lambda: torch.set_num_threads(1) or 1)


def untrained(workspace: Workspace, name: str, modality: Modality = Modality.AUDIO) -> RunFolder:
    """A finished run with random weights: it takes as long as one that has learnt."""
    branches = tuple(Branch(network=Network(), modality=one) for one in (Modality.AUDIO, Modality.VIDEO))
    spec = RunSpec(study="s", network=Network(name=name), modality=modality, dataset=DatasetChoice(name="demo-sounds"),
                   recipe=SMALL, fold=1, seed=0, branches=branches if len(modality.wings) > 1 else ())  # fmt: skip
    clips = synthetic_clips(3, per_class=4)
    run = make_run(workspace, spec, clips)
    task = Task(build_network(spec, 3), SMALL, modality.wings, 3, 0)
    write_tensors(task.state_dict(), run.weights)
    return run


@pytest.fixture
def slow(monkeypatch):
    """A clock by which every clip takes 10 ms and every 20th takes 100; how often the network was asked."""
    asked = []
    clock = iter(np.cumsum([step for n in range(10_000) for step in (1.0, 0.1 if n % 20 == 19 else 0.01)]).tolist())
    monkeypatch.setattr(latency.time, "perf_counter", lambda: next(clock))
    forward = Task.forward

    def counted(task, inputs):
        asked.append(tuple(part.shape[0] for raw in inputs.values() for part in raw))
        assert not task.training and torch.is_inference_mode_enabled()
        return forward(task, inputs)

    monkeypatch.setattr(Task, "forward", counted)
    return asked


@pytest.mark.parametrize("modality", Modality)
def test_percentiles_are_those_of_the_times_after_the_warm_up(workspace, slow, modality):
    found = measure(untrained(workspace, "net", modality), Control())
    assert len(slow) == latency.WARM_UP + latency.CLIPS and all(batch == 1 for asked in slow for batch in asked)
    times = [0.1 if n % 20 == 19 else 0.01 for n in range(latency.WARM_UP, latency.WARM_UP + latency.CLIPS)]
    assert (found.p50, found.p95) == pytest.approx(tuple(np.percentile(times, [50, 95])))
    assert (
        found.clips == latency.CLIPS
        and found.device == device.describe(device.choose_device("auto"))
        and found.torch == torch.__version__
    )
    assert found.threads == 1 and found.machine


def test_slow_networks_are_asked_less_often(workspace, slow, monkeypatch):
    monkeypatch.setattr(latency, "ENOUGH", 0.05)
    assert measure(untrained(workspace, "net"), Control()).clips == latency.LEAST


def test_what_was_timed_before_a_pause_is_forgotten(workspace, slow):
    class Paused(Control):
        def checkpoint(self) -> None:
            if len(slow) == 10 and not self.waited:
                self.waited = 5.0

    assert measure(untrained(workspace, "net"), Paused()).clips == latency.CLIPS
    assert len(slow) == 10 + latency.WARM_UP + latency.CLIPS


def test_networks_are_measured_one_after_the_other_and_what_fails_is_said(workspace):
    runs = {name: untrained(workspace, name) for name in ("one", "two", "three")}
    runs["two"].weights.unlink()
    told = []
    before = time.time()
    problems = measure_all(runs, workspace, Control(), told.append)
    assert len(problems) == 1 and str(runs["two"].weights) in problems[0]
    assert [progress.what for progress in told] == [f"Latency of {name}" for name in runs]
    assert runs["two"].latency is None
    for name in ("one", "three"):
        found = runs[name].latency
        assert found is not None and 0 < found.p50 <= found.p95 and found.at >= before


def test_what_was_found_before_a_cancel_is_kept(workspace):
    runs, control = {name: untrained(workspace, name) for name in ("one", "two")}, Control()

    def stop(progress):
        if progress.done == 1:
            control.cancel()

    with pytest.raises(Cancelled):
        measure_all(runs, workspace, control, stop)
    assert runs["one"].latency is not None and runs["two"].latency is None


def test_a_run_that_is_deleted_meanwhile_leaves_nothing_behind(workspace):
    run = untrained(workspace, "one")

    class Deleting(Control):
        calls = 0

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls == 5:  # it is being timed
                run.delete()

    assert measure_all({"one": run}, workspace, Deleting()) == ()
    assert not run.path.exists()
