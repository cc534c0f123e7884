"""What networks cost: which are beaten by none, what a training with branches took, which latencies go together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.costs import COSTS, cost_table, front, latencies
from core.control import Control
from core.evaluation.overview import Overview, read_overview
from core.run_records import Latency
from core.workspace import Workspace
from tests.gui.make_runs import make_modalities, make_study, synthetic_clips

STUDY = "fabricated-test-data"
HERE = Latency(0.02, 0.03, 50, "here", "CPU", 2, "2.14.1", at=100.0)


def beaten(one: tuple[float, float], points: list[tuple[float, float]], higher: bool) -> bool:
    """By the definition, whatever the order."""
    sign = 1 if higher else -1
    return any(c <= one[0] and sign * s >= sign * one[1] and (c, s) != one for c, s in points)


@pytest.mark.parametrize("higher", [True, False])
def test_the_front_is_what_the_definition_says(higher: bool) -> None:
    rng = np.random.default_rng(3)
    for count in range(1, 12):
        points = {str(n): (float(c), float(s)) for n, (c, s) in enumerate(rng.integers(0, 5, (count, 2)))}
        found = front(points, higher)
        assert set(found) == {name for name, p in points.items() if not beaten(p, [*points.values()], higher)}
        assert [points[name][0] for name in found] == sorted(points[name][0] for name in found)
    assert front({}, higher) == ()


def overview(workspace: Workspace) -> Overview:
    return read_overview(workspace, STUDY, Control())


def test_training_counts_the_branches_that_were_trained_first(workspace: Workspace) -> None:
    runs = make_modalities(
        workspace, synthetic_clips(4, per_class=8), architectures=("alexnet",), fusions=("score average",), folds=(1, 2)
    )
    for run in runs:
        run.write_status(
            seconds={"audio": 100.0, "video": 40.0, "audio-visual": 2.0}[run.spec.modality] * run.spec.fold
        )
    found = overview(workspace)
    spent = {n.modality: COSTS["seconds"].of(n, found) for n in found.summary.networks}
    assert spent["audio"] == (150.0, 100.0, 200.0)
    assert spent["audio-visual"] == (213.0, 142.0, 284.0)
    next(run for run in runs if run.spec.modality == "video").delete()
    found = overview(workspace)
    (both,) = [n for n in found.summary.networks if n.modality == "audio-visual"]
    assert COSTS["seconds"].of(both, found) is None


def test_latencies_of_several_machines_are_not_mixed(workspace: Workspace) -> None:
    runs = make_study(workspace, synthetic_clips(4, per_class=8), folds=(1, 2))
    of = {run.spec.network.architecture: run for run in reversed(runs)}
    of["alexnet"].write_latency(HERE)
    of["resnet50"].write_latency(replace(HERE, p50=0.05, threads=4, at=90.0))
    found = overview(workspace)
    assert {label: latency.p50 for label, latency in latencies(found).items()} == {
        of["alexnet"].spec.network.label: 0.02
    }
    of["resnet50"].write_latency(replace(HERE, p50=0.05, at=90.0))
    of["baseline_cnn"].latency_file.write_text('{"p50": 1}')
    found = overview(workspace)
    assert sorted(latency.p50 for latency in latencies(found).values()) == [0.02, 0.05]
    table = cost_table(found, "accuracy")
    assert [row[0] for row in table.rows] == [n.label for n in found.summary.ranked("accuracy")]
    cells = {row[0]: dict(zip(table.headings, row, strict=True)) for row in table.rows}
    alexnet = cells[of["alexnet"].spec.network.label]
    assert (alexnet["Parameters (M)"], alexnet["Multiply-adds (G)"]) == ("57.04", "0.710")
    assert (alexnet["Latency p50 (ms)"], alexnet["Latency p95 (ms; CPU, 2 threads)"]) == ("20.0", "30.0")
    assert cells[of["baseline_cnn"].spec.network.label]["Latency p50 (ms)"] == "–"


def test_a_run_that_is_begun_anew_has_no_latency(workspace: Workspace) -> None:
    run = make_study(workspace, synthetic_clips(4, per_class=8), folds=(1,))[0]
    run.write_latency(HERE)
    assert run.latency == HERE and "here: CPU, 2 threads, PyTorch 2.14.1" in HERE.where
    run.create(run.spec)
    assert run.latency is None
