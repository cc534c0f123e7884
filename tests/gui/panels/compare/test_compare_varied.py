"""Compare, A setting varied."""

from __future__ import annotations

import html

from PySide6.QtGui import QGuiApplication

from core.evaluation.comparison import compare_pairs
from core.evaluation.varied import Question
from core.run_spec import Network
from gui.panels.compare_varied import VariedPage
from tests.gui.make_runs import make_study, synthetic_clips
from tests.gui.panels.compare.steps import choose_metric, page

FEW = tuple(
    Network(
        name=f"{weights}, {count or 'all'}",
        architecture="alexnet",
        weights=weights,
        recipe={"clips_per_class": count, "epochs": 40 - count},
    )
    for weights in ("none", "imagenet")
    for count in (1, 4, 16, 0)
)


def test_networks_stand_along_the_number_they_differ_in(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=FEW)
    panel = opened()
    varied = page(panel, VariedPage)
    panel.plots.setCurrentWidget(varied)
    assert varied.axis.currentText() == "Clips per class" and varied.axis.itemText(1) == "Epochs"
    lines, networks = varied.curve.lines, {n.label: n for n in panel.overview.summary.networks}
    named = {line.name: line for line in lines}
    assert set(named) == {"none", "imagenet"}
    for weights, line in named.items():
        labels = [f"{weights}, {count}" for count in (1, 4, 16, "all")]
        assert [p.mean for p in line.points] == [100 * networks[label].means["accuracy"].value for label in labels]
        assert all(label in p.words for label, p in zip(labels, line.points, strict=True))
    (axis, *_) = varied.axes
    for place, (question, count) in enumerate(zip(Question, (4, 6, 6), strict=True)):
        varied.question.setCurrentIndex(place)
        varied.question.activated.emit(place)
        pairs = compare_pairs(axis.pairs(question), "accuracy")
        assert len(pairs) == count
        assert all(html.escape(pair.sentence) in varied.findings.text() for pair in pairs)
    choose_metric(panel, "log_loss")
    assert varied.curve.plot.getAxis("left").labelText == "Log loss (nats)"
    (scratch,) = (line for line in varied.curve.lines if line.name == "none")
    assert scratch.points[0].mean == networks["none, 1"].means["log_loss"].value
    copies = {action.data(): action for action in panel.copy.menu().actions()}
    copies["tab markdown"].trigger()
    text = QGuiApplication.clipboard().text()
    assert text == varied.table().markdown() and text.count("\n") == 6 and "| all |" in text


def test_a_study_without_such_a_number_has_no_such_tab(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8))
    panel = opened()
    assert not panel.plots.isTabVisible(panel.pages.index(page(panel, VariedPage)))
    panel.copy.menu().actions()[-1].trigger()
    assert page(panel, VariedPage).table() is None
