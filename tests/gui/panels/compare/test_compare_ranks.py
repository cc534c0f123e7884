"""Compare, Over datasets."""

from __future__ import annotations

import shutil

import pytest
from PySide6.QtGui import QGuiApplication

from core.evaluation.across_studies import rank_studies, ranking_table
from core.evaluation.summary import summarise
from core.run_spec import DatasetChoice
from core.runs import list_runs
from gui import theme
from gui.looks import looks
from gui.panels.compare_ranks import CHOOSE, MANY, RanksPage
from gui.save_plot import picture
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips
from tests.gui.panels.compare.steps import choose_metric, page

OWN, OTHER, THIRD, TWIN = "own", "other", "third", "twin"
DATASETS = {OWN: "esc10", TWIN: "demo-videos", OTHER: "demo-sounds", THIRD: "demo-videos"}


def make(context, study: str, dataset: str = "", root: str = "", networks=NETWORKS, folds=(1, 2)) -> None:
    make_study(
        context.workspace,
        synthetic_clips(4, per_class=8),
        study=study,
        dataset=DatasetChoice(name=dataset or DATASETS[study], root=root),
        networks=networks,
        folds=folds,
    )


@pytest.fixture
def shown(opened, context, qtbot):
    """The page of some studies, `own` in view."""

    def show(*studies: str, wait: bool = True):
        for study in studies:
            make(context, study)
        context.settings.setValue("compare/page", RanksPage.title)
        context.settings.setValue("compare/study", OWN)
        panel = opened()
        view = page(panel, RanksPage)
        if wait:
            qtbot.waitUntil(lambda: view.ranked is not None)
        return panel, view

    return show


def visible(panel) -> bool:
    return bool(panel.plots.isTabVisible(panel.pages.index(page(panel, RanksPage))))


def ticked(view: RanksPage) -> set[str]:
    return {study for study, box in view.boxes.items() if box.isChecked()}


def test_one_dataset_has_no_tab(shown, context, qtbot):
    make(context, "again", DATASETS[OWN])
    panel, _ = shown(OWN, wait=False)
    assert not visible(panel)
    make(context, OTHER)
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: not panel.is_reading)
    assert visible(panel)


def test_what_is_drawn_is_the_ranking_of_the_engine(shown, context, qtbot):
    panel, view = shown(OTHER, OWN)
    assert ticked(view) == {OTHER} and OWN in view.own.text()
    summaries = {study: summarise(list_runs(context.workspace, study)) for study in (OWN, OTHER)}
    for metric in ("accuracy", "log_loss"):
        choose_metric(panel, metric)
        qtbot.waitUntil(lambda metric=metric: view.ranked is not None and view.ranked.metric == metric)
        expected = rank_studies(summaries, metric)
        drawn = {network.name: network.rank for network in view.diagram.networks}
        assert drawn == dict(zip(expected.ranking.networks, expected.ranking.mean_ranks, strict=True))
        assert view.diagram.ruler() is None and "tells nobody apart" in view.diagram.above  # two datasets
        assert "too few" in view.said.text() and "not told apart" in view.said.text()
        assert view.ranks.rowCount() == 3 and view.ranks.columnCount() == 5
    for network in view.diagram.networks:
        row = view.ranked.rows[network.name][0]
        assert network.look.colour == theme.architecture_colour(row.architecture)
        for dataset in expected.ranking.datasets:
            assert f"{dataset}: rank" in network.tip
    next(action for action in panel.copy.menu().actions() if action.data() == "tab markdown").trigger()
    assert QGuiApplication.clipboard().text() == ranking_table(expected).markdown()
    assert view.picture() is view.diagram and b"<svg" in picture(view.diagram, "svg", "ranks")


def test_a_critical_difference_is_drawn_where_friedman_finds_one(shown, context, tmp_path):
    for name in ("one", "two", "three"):
        make(context, name, "labelled-folder", root=str(tmp_path / name))
    _, view = shown(OWN, OTHER)
    ranking = view.ranked.ranking
    assert ranking.differ and len(ranking.datasets) == 5
    start, end = view.diagram.ruler()
    one_rank = view.diagram.x_of(1) - view.diagram.x_of(2)
    assert (end.x() - start.x()) / one_rank == pytest.approx(ranking.critical_difference)
    assert view.diagram.above == f"critical difference {ranking.critical_difference:.2f}"
    joined = {(bar.best, bar.worst) for bar in view.diagram.bars}
    assert joined == {(group[0], group[-1]) for group in ranking.groups if len(group) > 1}
    assert "0.05" in view.diagram.tip_at((start + end) / 2)


def test_choices_change_the_ranking_and_come_back_at_the_next_start(shown, context, qtbot):
    panel, view = shown(OWN, TWIN, THIRD, OTHER)
    assert ticked(view) in ({OTHER, THIRD}, {OTHER, TWIN})  # the latest of the two on one dataset
    view.boxes[OTHER].click()
    qtbot.waitUntil(lambda: view.ranked is not None and len(view.ranked.ranking.datasets) == 2)
    before = ticked(view).pop()
    other = THIRD if before == TWIN else TWIN
    view.boxes[other].click()
    assert ticked(view) == {other}  # a dataset counts once
    qtbot.waitUntil(lambda: view.ranked is not None)
    panel.save_state()
    again = RanksPage(context)
    qtbot.addWidget(again)
    again.show_overview(panel.overview, "accuracy", looks(context.workspace, panel.overview))
    again.refresh()
    assert ticked(again) == {other}
    qtbot.waitUntil(lambda: again.ranked is not None)
    view.boxes[other].click()
    assert ticked(view) == set() and view.ranked is None and view.table() is None
    assert view.diagram.empty == CHOOSE and view.diagram.networks == () and view.said.text() == ""


def test_networks_without_a_partner_are_refused_in_words(shown, context, qtbot):
    make(context, OTHER, networks=NETWORKS[:1])
    _, view = shown(OWN, wait=False)
    qtbot.waitUntil(lambda: "fewer than two networks in common" in view.diagram.empty)
    assert view.ranked is None and not view.grab().isNull()


def test_other_results_of_a_study_beside_it_are_read_again(shown, context, qtbot):
    panel, view = shown(OTHER, OWN)
    first = view.ranked
    run = next(iter(list_runs(context.workspace, OTHER)))
    shutil.rmtree(run.path)
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: view.ranked is not None and view.ranked is not first)
    assert not panel.is_reading
    assert {len(rows[1].runs) for rows in view.ranked.rows.values()} == {1, 2}


def test_many_studies_are_offered_in_a_menu(shown, context, qtbot, tmp_path):
    for n in range(MANY + 1):
        make(context, f"study-{n}", "labelled-folder", root=str(tmp_path / str(n)), networks=NETWORKS[:2], folds=(1,))
    panel, view = shown(OWN)
    assert view.more.isVisible() and len(view.more.menu().actions()) == len(view.boxes) == MANY + 1
    assert view.more.text() == "9 of 9 other studies" and len(view.ranked.ranking.datasets) == 10
    view.boxes["study-3"].click()
    assert view.more.text() == "8 of 9 other studies"
    qtbot.waitUntil(lambda: view.ranked is not None)
    assert len(view.ranked.ranking.datasets) == 9
    shutil.rmtree(context.workspace.runs / "study-0")
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: len(view.boxes) == MANY and view.ranked is not None)
    assert not view.more.isVisible() and all(box.isVisible() for box in view.boxes.values())
    panel.present(True)
    assert not view.own.isVisible() and view.diagram.isVisible()
