"""Errors panel with 100,000 predictions × 100 classes: cell click to filled table, and the memory it takes.

Run on request: uv run pytest tests/benchmarks/bench_errors.py -s
The probabilities are fabricated; only time and memory are measured.
"""

from __future__ import annotations

import os
import time

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from core.engine import Engine
from core.run_spec import DatasetChoice
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.panels.errors import ErrorsPanel
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips

CLASSES, PER_CLASS, SEEDS, FOLDS = 100, 200, (0, 1, 2, 3, 4), (1, 2, 3, 4)  # 20,000 clips × 5 seeds × 1 network
LIMIT_MS = 30.0
CLICKS = 200


def private_mib() -> float:
    """Memory of this process that is its own, MiB: what maps of files would not count."""
    memory = psutil.Process().memory_full_info()
    return memory.uss / 2**20


@pytest.mark.benchmark
def test_cell_click_to_filled_table(qtbot, qapp, tmp_path):
    theme.apply(qapp, dark=False)
    workspace = Workspace(tmp_path / "workspace").open()
    nowhere = DatasetChoice(name="labelled-folder", root="/nowhere")
    make_study(
        workspace, synthetic_clips(CLASSES, PER_CLASS), dataset=nowhere, networks=NETWORKS[:1], folds=FOLDS, seeds=SEEDS
    )
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    context = Context(workspace, Engine(workspace), settings)
    panel = ErrorsPanel(context)
    qtbot.addWidget(panel)
    panel.resize(1200, 720)
    panel.show()
    qapp.processEvents()
    before = private_mib()
    started = time.perf_counter()
    panel.activate()
    qtbot.waitUntil(lambda: panel.data is not None and bool(panel.source.trouble), timeout=120_000)
    read_s = time.perf_counter() - started
    likeness = panel.matrix.order.model().item(panel.matrix.order.findData("cluster"))
    qtbot.waitUntil(likeness.isEnabled, timeout=60_000)  # an import in the background, once, would be measured too
    assert panel.data is not None
    records = panel.data.records
    assert len(records) == 100_000
    loaded = private_mib()

    canvas, random = panel.matrix.matrix, np.random.default_rng(0)
    # Half on the diagonal, where the cells are fullest, half on errors.
    wrong = np.flatnonzero(~records.correct)
    cells = [(int(c), int(c)) for c in random.integers(0, CLASSES, CLICKS // 2)]
    cells += [(int(records.true[i]), int(records.predicted[i])) for i in random.choice(wrong, CLICKS // 2)]
    times, largest = [], 0
    for cell in cells:
        at = canvas._rect(cell).center().toPoint()
        canvas.select(frozenset())
        qapp.processEvents()
        started = time.perf_counter()
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
        panel.table.viewport().repaint()
        times.append(1000 * (time.perf_counter() - started))
        rows = panel.table.clips.rows
        assert canvas.selected == {cell}
        assert len(rows) == ((records.true == cell[0]) & (records.predicted == cell[1])).sum()
        largest = max(largest, len(rows))
    started = time.perf_counter()
    canvas.select(frozenset())
    panel.table.viewport().repaint()
    everything_ms = 1000 * (time.perf_counter() - started)
    after = private_mib()

    median, worst = float(np.median(times)), float(np.max(times))
    print(
        f"\nErrors panel, {len(records):,} predictions × {CLASSES} classes"
        f"\n  reading {len(panel.data.specs)} runs and drawing: {read_s:.2f} s"
        f"\n  cell click → table filled and painted: median {median:.1f} ms, "
        f"p99 {np.percentile(times, 99):.1f} ms, worst {worst:.1f} ms over {CLICKS} clicks "
        f"(up to {largest} rows); limit {LIMIT_MS:.0f} ms, ratio {LIMIT_MS / median:.1f}×"
        f"\n  all {len(records):,} rows into the table again: {everything_ms:.1f} ms"
        f"\n  memory: + {loaded - before:.0f} MiB for the runs "
        f"(probabilities alone {records.true.size * CLASSES * 4 / 2**20:.0f} MiB), "
        f"+ {after - loaded:.1f} MiB after {CLICKS} clicks"
    )
    panel.close_panel()
    panel.hide()
    context.close()
    workspace.close()
    assert median <= LIMIT_MS
