"""Compare, Differences."""

from __future__ import annotations

import html

import pytest

from core.evaluation.comparison import with_clips
from core.evaluation.comparison_tables import clip_table, pair_table
from gui import theme
from gui.panels.compare_differences import DifferencesPage
from gui.panels.compare_means import FEW, MeansPage
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips
from tests.gui.panels.compare.steps import choose_metric, page


@pytest.fixture
def panel(opened, context, qtbot):
    make_study(context.workspace, synthetic_clips(6, per_class=16), seeds=(0, 1))
    made = opened()
    shown = page(made, DifferencesPage)
    made.plots.setCurrentWidget(shown)
    qtbot.waitUntil(lambda: not shown.is_reading, timeout=20_000)
    return made


def choose(combo, data):
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex())


def test_every_pair_stands_with_its_interval_and_its_folds(panel):
    differences, pairs = page(panel, DifferencesPage), panel.overview.summary.compare("accuracy")
    assert len(pairs) == 3
    for row, pair in zip(differences.forest.rows, pairs, strict=True):
        assert row.name.splitlines() == [pair.a.label, f"− {pair.b.label}"]
        assert row.mean == pytest.approx(100 * pair.difference.mean)
        assert (row.low, row.high) == pytest.approx(tuple(100 * end for end in pair.interval))
        assert [value for _, value in row.dots] == pytest.approx(
            [100 * (pair.a.by_fold("accuracy")[f] - pair.b.by_fold("accuracy")[f]) for f in (1, 2, 3, 4)]
        )
        assert row.tip == pair.sentence and pair.sentence in differences.findings.text()
        assert (row.colour == theme.colour("muted")) == (not pair.told_apart)
    assert differences.table() == pair_table(pairs)


def test_the_same_clips_are_compared_in_the_background(panel, context):
    differences = page(panel, DifferencesPage)
    pairs = with_clips(panel.overview.summary.compare("accuracy"), context.workspace)
    choose(differences.over, "clips")
    assert [row.mean for row in differences.forest.rows] == pytest.approx([100 * p.clips.gain.mean for p in pairs])
    assert all(html.escape(pair.clip_sentence) in differences.findings.text() for pair in pairs)
    assert differences.table() == clip_table(pairs)


def test_against_one_network_fewer_questions_are_asked(panel, qtbot):
    differences, label = page(panel, DifferencesPage), panel.overview.summary.networks[-1].label
    choose(differences.against, label)
    qtbot.waitUntil(lambda: not differences.is_reading, timeout=20_000)
    assert [pair.b.label for pair in differences.pairs] == [label, label]
    assert "over 2 pairs" in differences.findings.text() and "over 3 pairs" not in differences.findings.text()
    assert all(pair.clips is not None for pair in differences.pairs)


def test_what_matters_is_set_in_the_unit_of_the_metric(panel):
    differences = page(panel, DifferencesPage)
    differences.rope.setValue(3.0)
    assert all(pair.rope == pytest.approx(0.03) for pair in differences.pairs)
    assert "exceeds 3 points" in differences.findings.text()
    choose_metric(panel, "macro_f1")
    assert differences.rope.value() == 3.0, "the unit is the same"
    choose_metric(panel, "log_loss")
    assert differences.rope.suffix() == " nats" and differences.pairs[0].rope == pytest.approx(0.01)
    assert differences.forest.rows[0].mean == pytest.approx(differences.pairs[0].difference.mean)


def test_of_many_pairs_the_means_tell_those_with_the_best(opened, context):
    networks = tuple(n.model_copy(update={"name": f"{n.label} {k}"}) for n in NETWORKS for k in (1, 2))
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=networks, folds=(1, 2))
    panel = opened()
    summary, text = panel.overview.summary, page(panel, MeansPage).findings.text()
    best = summary.ranked("accuracy")[0].label
    told = [pair for pair in summary.compare("accuracy") if pair.sentence in text]
    assert len(told) == 5 < FEW < 15 and all(best in (pair.a.label, pair.b.label) for pair in told)


def test_one_network_has_no_differences(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=8), networks=NETWORKS[:1])
    panel = opened()
    assert not panel.plots.isTabVisible(panel.pages.index(page(panel, DifferencesPage)))
