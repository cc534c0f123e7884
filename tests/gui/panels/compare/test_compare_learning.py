"""How the networks learned, in the Compare panel: the lines, their axes, and the gaps beside them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from core.evaluation.learning import Along, Part, Quantity, Spread
from core.run_records import LogRow
from gui.panels.compare_learning import NOTHING, LearningPage
from gui.widgets.band_plot import HINT
from gui.widgets.gap_plot import HEAD
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips
from tests.gui.panels.compare.steps import page

EPOCHS = {"baseline_cnn": 12, "alexnet": 8, "resnet50": 5}


@pytest.fixture
def shown(qtbot, opened, context):
    """Open the panel with the page in front, and wait until it has read."""

    def show() -> tuple:
        context.settings.setValue("compare/page", LearningPage.title)
        panel = opened()
        learning = page(panel, LearningPage)
        qtbot.waitUntil(lambda: bool(learning.gaps), timeout=60_000)
        return panel, learning

    return show


def write_logs(runs, validated=True, seconds=40.0) -> None:
    for run in runs:
        epochs = EPOCHS[run.spec.network.architecture]
        run.write_log(
            [
                LogRow(e, 2 / e, 1 - 0.8 / e, 3 / e if validated else None, 1 - 0.9 / e if validated else None,
                       0.001, 30.0, seconds)
                for e in range(1, epochs + 1)
            ]
        )  # fmt: skip


def choose(qtbot, learning, **options) -> None:
    for word, option in options.items():
        combo = learning.choices[word]
        combo.setCurrentIndex(combo.findData(option.value))
        combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: not learning.is_reading, timeout=60_000)


def test_training_and_validation_are_drawn_over_epochs_shares_and_time(qtbot, shown, context):
    write_logs(make_study(context.workspace, synthetic_clips(4, per_class=8), folds=(1, 2)))
    panel, learning = shown()
    for quantity in Quantity:
        for along, last, unit in ((Along.EPOCH, 12, ""), (Along.SHARE, 100, "%"), (Along.TIME, 8, "min")):
            choose(qtbot, learning, Show=quantity, Over=along)
            assert {(c.network.label, c.part) for c in learning.curves} == {
                (n.label, part) for n in panel.overview.summary.networks for part in Part
            }
            longest = learning.plot.lines[[c.network.architecture for c in learning.curves].index("baseline_cnn")]
            assert longest.x[-1] == pytest.approx(last)
            assert unit in learning.plot.plot.getAxis("bottom").labelText
            for curve, line in zip(learning.curves, learning.plot.lines, strict=True):
                up = 100 if quantity is Quantity.ACCURACY else 1
                np.testing.assert_allclose(line.y, up * curve.y)
                assert line.thin == (curve.part is Part.TRAINING)
                assert f"{curve.part} {quantity}" in line.words(0)
            assert not panel.grab().isNull()
    assert "thin lines: training" in learning.said.text()


def test_bands_are_of_folds_or_of_runs_and_their_absence_is_said(qtbot, shown, context):
    write_logs(
        make_study(context.workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:1], folds=(1,), seeds=(0, 1)),
        validated=False,
    )
    _, learning = shown()
    assert learning.plot._bands == [None] and not learning.plot.lines[0].thin
    assert "One fold allows no band: Baseline CNN." in learning.said.text()
    choose(qtbot, learning, Band=Spread.RANGE)
    assert learning.plot._bands != [None]
    assert "lowest and the highest run" in learning.said.text()


def test_runs_of_different_length_are_said(shown, context):
    runs = make_study(context.workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:1], folds=(1, 2, 3))
    write_logs(runs)
    runs[0].write_log(runs[0].log()[:7])
    _, learning = shown()
    assert learning.plot.lines[0].x[-1] == 7
    assert "Baseline CNN, after which 2 runs of 3 went on" in learning.said.text()


def test_gaps_stand_beside_the_curves_and_are_copied(qtbot, shown, context):
    write_logs(make_study(context.workspace, synthetic_clips(4, per_class=16)))
    panel, learning = shown()
    plot = learning.gap_plot
    assert [gap.network.label for gap in plot.gaps] == [n.label for n in panel.overview.summary.networks]
    assert plot.parts == ("training", "test")
    for row, gap in enumerate(plot.gaps):
        assert plot.row_at(HEAD + (row + 0.5) * plot._row()) == row
        words = plot.words(gap)
        assert gap.test.text() in words and gap.gap.figures() in words
        assert 0 <= plot.x_of(gap.test.low) <= plot.x_of(gap.training.value) <= plot.width()
    assert plot.row_at(2) == plot.row_at(HEAD + len(plot.gaps) * plot._row() + 1) == -1
    for form, sign in (("markdown", "|---|"), ("csv", "Network,"), ("latex", r"\toprule")):
        next(action for action in panel.copy.menu().actions() if action.data() == f"tab {form}").trigger()
        text = QGuiApplication.clipboard().text()
        assert sign in text and all(n.label in text for n in panel.overview.summary.networks)


def test_a_click_hides_both_lines_of_a_network(shown, context):
    write_logs(make_study(context.workspace, synthetic_clips(4, per_class=8), folds=(1, 2)))
    _, learning = shown()
    label, chip = next(iter(learning.chips.chips.items()))
    chip.click()
    for line, curve in zip(learning.plot.lines, learning.plot.curves, strict=True):
        assert curve.isVisible() == (line.network != label)
    assert learning.plot.figures.text() == HINT


def test_score_averages_have_a_gap_and_no_curve(shown, context):
    runs = make_modalities(
        context.workspace, synthetic_clips(4, per_class=8), architectures=("alexnet",), fusions=("score average",),
        folds=(1, 2),
    )  # fmt: skip
    write_logs([run for run in runs if not run.spec.late])
    _, learning = shown()
    assert len(learning.gaps) == 3 and len(learning.chips.chips) == 2


def test_without_logs_it_says_why(shown, context):
    for run in make_study(context.workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:1], folds=(1,)):
        run.write_log([])
    _, learning = shown()
    assert learning.said.text() == NOTHING and learning.gaps


def test_choices_come_back_and_presentation_hides_them(qtbot, shown, context):
    write_logs(make_study(context.workspace, synthetic_clips(4, per_class=8), networks=NETWORKS[:1]))
    panel, learning = shown()
    choose(qtbot, learning, Show=Quantity.LOSS, Over=Along.TIME, Band=Spread.RANGE)
    panel.save_state()
    assert LearningPage(context).chosen() == (Quantity.LOSS, Along.TIME, Spread.RANGE)
    panel.present(True)
    assert not learning.choices["Show"].isVisible() and learning.plot.isVisible() and learning.chips.isVisible()
    panel.present(False)
    assert learning.choices["Show"].isVisible()
