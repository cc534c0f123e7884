"""Curves in the Compare panel: what is drawn is what was read, and what it says of it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from core.evaluation.curves import Kind
from core.run_spec import Network
from gui import theme
from gui.looks import looks
from gui.panels import compare_curves
from gui.panels.compare_cost import CostPage
from gui.panels.compare_curves import ALL, CurvesPage
from gui.panels.compare_means import MeansPage
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips
from tests.gui.panels.compare.steps import page


@pytest.fixture
def shown(qtbot, opened, context):
    """Open the panel with the page in front, and wait until it has read."""

    def show() -> tuple:
        context.settings.setValue("compare/page", CurvesPage.title)
        panel = opened()
        curves = page(panel, CurvesPage)
        qtbot.waitUntil(lambda: curves.curves is not None, timeout=60_000)
        return panel, curves

    return show


def choose(qtbot, curves, kind=None, name=None) -> None:
    for combo, wanted in ((curves.kind, kind), (curves.label, name)):
        if wanted is not None:
            combo.setCurrentIndex(combo.findData(str(wanted)))
            combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: not curves.is_reading, timeout=60_000)


def below(plot) -> float:
    """The room below the curves, in pixels: for the histogram."""
    return plot.graphics.height() - plot.plot.size().height()


def test_every_kind_and_class_is_drawn_as_it_was_read(qtbot, shown, context):
    make_study(context.workspace, synthetic_clips(4, per_class=16), networks=NETWORKS[:2])
    panel, curves = shown()
    names = ["", *synthetic_clips(4).classes]
    assert [curves.label.itemData(i) for i in range(curves.label.count())] == names
    for kind in Kind:
        for name in (names[2], ""):
            choose(qtbot, curves, kind, name)
            found = curves.curves
            assert (found.kind, found.name) == (kind, name)
            for curve, drawn, line in zip(found.curves, curves.plot.curves, curves.plot.lines, strict=True):
                x, y = drawn.getData()
                np.testing.assert_allclose((x, y), (100 * curve.x, 100 * curve.y))
                assert line.network == curve.network.label
                assert f"{curve.score.text()} %" in curves.chips.chips[line.network].text()
                assert f"{y[-1]:.1f} %" in line.words(len(x) - 1)
            assert curves.plot.counts.isVisible() == (kind is Kind.RELIABILITY)
            qtbot.waitUntil(lambda wide=kind is Kind.RELIABILITY: (below(curves.plot) > 60) == wide)
            assert (name or "classes" if kind is not Kind.RELIABILITY else "bins") in curves.said.text()
            assert not panel.grab().isNull()
    assert set(curves.plot.steps) == {curve.network.label for curve in curves.curves.curves}


def test_a_click_hides_a_network_and_pointing_brings_it_to_the_front(qtbot, shown, context):
    make_study(context.workspace, synthetic_clips(4, per_class=16))
    _, curves = shown()
    plot, first = curves.plot, next(iter(curves.chips.chips.values()))
    first.click()
    assert [curve.isVisible() for curve in plot.curves] == [False, True, True]
    choose(qtbot, curves, Kind.PRECISION_RECALL)
    assert [curve.isVisible() for curve in plot.curves] == [False, True, True]
    here, (first, second, *_) = QPointF(4, 4), curves.chips.chips.values()
    QApplication.sendEvent(second, QEnterEvent(here, here, here))
    assert plot.pointed == plot.lines[1].network
    assert [band.isVisible() for band in plot._bands] == [False, True, False]
    QApplication.sendEvent(second, QEvent(QEvent.Type.Leave))
    assert plot.pointed == ""
    curves.bands.click()
    assert not any(band.isVisible() for band in plot._bands)
    first.click()
    assert all(curve.isVisible() for curve in plot.curves)


def test_one_fold_has_no_band_and_says_so(shown, context):
    make_study(context.workspace, synthetic_clips(4, per_class=16), networks=NETWORKS[:1], folds=(1,))
    _, curves = shown()
    assert curves.plot._bands == [None]
    assert "One fold allows no band: Baseline CNN." in curves.said.text()


def test_the_table_is_copied(shown, context):
    make_study(context.workspace, synthetic_clips(4, per_class=16))
    panel, curves = shown()
    for action in panel.copy.menu().actions():
        if action.data().startswith("tab"):
            action.trigger()
            text = QGuiApplication.clipboard().text()
            assert "ROC-AUC" in text and all(label in text for label in curves.chips.chips)
    assert curves.picture().isAncestorOf(curves.plot) and curves.picture().isAncestorOf(curves.chips)


def test_a_class_that_another_study_has_not_gives_way_to_all(qtbot, shown, context):
    make_study(context.workspace, synthetic_clips(3, per_class=8), study="few", networks=NETWORKS[:1])
    make_study(context.workspace, synthetic_clips(5, per_class=8), study="more", networks=NETWORKS[:1])
    context.settings.setValue("compare/study", "more")
    panel, curves = shown()
    choose(qtbot, curves, name=synthetic_clips(5).classes[4])
    panel.study_choice.setCurrentText("few")
    panel.study_choice.activated.emit(0)
    qtbot.waitUntil(lambda: panel.study == "few" and curves.curves is not None, timeout=60_000)
    assert curves.label.currentText() == ALL and curves.curves.classes == synthetic_clips(3).classes


def test_a_file_that_cannot_be_read_is_said(qtbot, shown, context):
    runs = make_study(context.workspace, synthetic_clips(3, per_class=8), networks=NETWORKS[:1])
    _, curves = shown()
    runs[0].predictions_file.write_bytes(b"torn")
    choose(qtbot, curves, Kind.RELIABILITY)
    assert "is not a predictions file" in curves.said.text()
    assert curves.table() is None and not curves.plot.lines and not curves.chips.chips


def test_it_reads_only_when_it_is_in_front_and_once(qtbot, opened, context, monkeypatch):
    make_study(context.workspace, synthetic_clips(3, per_class=8), networks=NETWORKS[:1])
    asked, real = [], compare_curves.read_curves

    def reading(*args):
        asked.append(args[1])
        return real(*args)

    monkeypatch.setattr(compare_curves, "read_curves", reading)
    panel = opened()
    curves = page(panel, CurvesPage)
    assert not asked
    panel.plots.setCurrentWidget(curves)
    qtbot.waitUntil(lambda: curves.curves is not None, timeout=60_000)
    panel.metric_choice.setCurrentIndex(2)
    panel.metric_choice.activated.emit(2)
    assert asked == [Kind.ROC] and curves.curves is not None


def test_variants_have_shades_and_modalities_line_styles(shown, context):
    make_modalities(context.workspace, synthetic_clips(4, per_class=8), architectures=("alexnet",), folds=(1, 2))
    more = (Network(architecture="alexnet", name="another"),)
    make_study(context.workspace, synthetic_clips(4, per_class=8), networks=more, folds=(1, 2))
    panel, curves = shown()
    pens = {line.network: item.opts["pen"] for line, item in zip(curves.plot.lines, curves.plot.curves, strict=True)}
    assert {pen.style() for pen in pens.values()} == {Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine}
    assert len({pen.color().name() for pen in pens.values() if pen.style() == Qt.PenStyle.SolidLine}) == 2
    of_networks = looks(context.workspace, panel.overview)
    assert list(of_networks) == [n.label for n in panel.overview.summary.networks]
    for tab, drawn in ((MeansPage, lambda page: page.forest.rows), (CostPage, lambda page: page.plot.points)):
        page = next(page for page in panel.pages if isinstance(page, tab))
        panel.plots.setCurrentWidget(page)
        assert {of.name: of.colour.name() for of in drawn(page)} == {
            label: look.colour.name() for label, look in of_networks.items()
        }, f"{page.title}: a network has one colour on every tab"


def test_shades_follow_the_scheme_in_the_tables_too(shown, context, qapp):
    networks = (Network(architecture="alexnet"), Network(architecture="alexnet", name="another"))
    make_study(context.workspace, synthetic_clips(3, per_class=8), networks=networks)
    theme.apply(qapp, dark=False)
    panel, _ = shown()
    means = next(page for page in panel.pages if isinstance(page, MeansPage))
    panel.plots.setCurrentWidget(means)

    def drawn():
        panel.grab()
        items = [panel.tree.topLevelItem(place) for place in range(2)]
        return [row.colour.name() for row in means.forest.rows], [item.icon(0).cacheKey() for item in items]

    colours, icons = drawn()
    theme.apply(qapp, dark=True)
    try:
        qapp.processEvents()
        there, drawn_anew = drawn()
        assert len(set(there) & set(colours)) == 1, "the first has the colour itself, in either scheme"
        assert not {*drawn_anew} & {*icons}
    finally:
        theme.apply(qapp, dark=False)


def test_presentation_leaves_the_plot_and_its_legend(shown, context):
    make_study(context.workspace, synthetic_clips(3, per_class=8), networks=NETWORKS[:2])
    panel, curves = shown()
    panel.present(True)
    assert not curves.kind.isVisible() and curves.plot.isVisible() and curves.chips.isVisible()
    panel.present(False)
    assert curves.kind.isVisible()


def test_the_kind_comes_back(qtbot, shown, context):
    make_study(context.workspace, synthetic_clips(3, per_class=8), networks=NETWORKS[:1])
    panel, curves = shown()
    choose(qtbot, curves, Kind.RELIABILITY)
    panel.save_state()
    assert CurvesPage(context).kind.currentData() == Kind.RELIABILITY
