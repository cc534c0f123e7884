"""Classes in the Compare panel: two networks, a row a class, a sentence, and the way to the clips; plots saved."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from gui import theme
from gui.panels.compare_classes import HINT, NOTHING, ClassesPage
from gui.panels.compare_means import MeansPage
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips
from tests.gui.panels.compare.steps import STUDY, page


def shown(qtbot, opened, context):
    context.settings.setValue("compare/page", ClassesPage.title)
    panel = opened()
    view = page(panel, ClassesPage)
    qtbot.waitUntil(lambda: view.found is not None, timeout=20_000)
    return panel, view


def choose(view: ClassesPage, combo, place: int) -> None:
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def test_one_network_has_no_such_page(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1])
    panel = opened()
    assert not panel.plots.isTabVisible(panel.pages.index(page(panel, ClassesPage)))


def test_the_two_best_are_compared_and_a_class_leads_to_the_clips_of_the_worse(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(10, per_class=16))
    panel, view = shown(qtbot, opened, context)
    best, second, third = panel.overview.summary.ranked("accuracy")
    assert (view.found.a, view.found.b) == (best.label, second.label)
    assert view.plot.order == view.found.order() and view.whole.text() == view.found.summary()
    assert view.said.text() == HINT
    for row, pair in zip(view.plot.rows, view.found.classes, strict=True):
        assert [dot.value for dot in row.dots] == [pair.a.value, pair.b.value]
        assert [dot.low for dot in row.dots] == [pair.a.low, pair.b.low]
        assert [dot.colour for dot in row.dots] == [theme.architecture_colour(n.architecture) for n in (best, second)]
    label = view.plot.order[2]
    at = QPoint(60, round(view.plot.top_of(2) + 5))
    qtbot.mouseMove(view.plot.viewport(), at)
    qtbot.waitUntil(lambda: view.said.text() == view.found.sentence(label))
    with qtbot.waitSignal(context.panel_wanted):
        qtbot.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert context.errors_request.true_class == view.found.classes[label].name
    assert context.errors_request.network == view.found.worse(label)
    choose(view, view.second, 2)
    qtbot.waitUntil(lambda: view.found is not None and view.found.b == third.label, timeout=20_000)
    choose(view, view.score, 2)
    qtbot.waitUntil(lambda: view.found is not None and view.found.score == "f1", timeout=20_000)
    choose(view, view.second, 0)
    assert view.found is None and view.plot.rows == () and "two different" in view.said.text()
    assert view.table() is None


def test_networks_of_one_architecture_have_two_colours(qtbot, opened, context):
    twice = [NETWORKS[0].model_copy(update={"name": name, "recipe": {"epochs": n}}) for n, name in ((5, "a"), (6, "b"))]
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=twice)
    _, view = shown(qtbot, opened, context)
    one, other = view.plot.rows[0].dots
    assert one.colour != other.colour and [key.colour for key in view.plot.key] == [one.colour, other.colour]


def test_networks_tested_on_other_clips_are_not_compared(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1], folds=(1,))
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[1:2], folds=(2,))
    context.settings.setValue("compare/page", ClassesPage.title)
    view = page(opened(), ClassesPage)
    qtbot.waitUntil(lambda: view.said.text() == NOTHING, timeout=20_000)
    assert view.plot.rows == ()


def test_a_hundred_classes_are_shown_copied_and_saved_whole(qtbot, opened, context, tmp_path, monkeypatch):
    make_study(context.workspace, synthetic_clips(101, per_class=4), networks=NETWORKS[:2], folds=(1, 2))
    panel, view = shown(qtbot, opened, context)
    assert len(view.plot.order) == 101 and view.plot.verticalScrollBar().maximum() > 0
    assert "exploratory" in view.whole.text()
    next(a for a in panel.copy.menu().actions() if a.data() == "tab latex").trigger()
    assert QGuiApplication.clipboard().text().count(r" \\") == 102
    proposed = []

    def ask(parent, caption, name, kinds):
        proposed.append(name.replace("\\", "/").rpartition("/")[2])
        return str(tmp_path / proposed[-1]), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    for action in panel.save.menu().actions():
        action.trigger()
    assert proposed == [f"{STUDY}-classes.{form}" for form in ("svg", "pdf", "png")]
    assert all((tmp_path / name).stat().st_size > 10_000 for name in proposed)
    svg = (tmp_path / proposed[0]).read_text(encoding="utf-8")
    assert f"<title>{STUDY} · " in svg and "Classes · Accuracy</title>" in svg
    assert all(name.split()[0] in svg for name in view.found.classes[100].name.split())


def test_the_plot_in_view_is_saved(opened, context, tmp_path, monkeypatch):
    make_study(context.workspace, synthetic_clips(6, per_class=8), folds=(1,))
    panel = opened()
    asked = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (asked.append(given), ("", ""))[1])
    panel.save.menu().actions()[1].trigger()
    (given,) = asked
    assert given[0] is page(panel, MeansPage).forest and given[2].endswith(f"{STUDY}-means.pdf")
    panel.present(True)
    assert not panel.save.isVisible()
