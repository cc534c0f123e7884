"""The critical-difference diagram: places against ranks, Demšar's example, nothing on top of anything else."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPointF, QRectF

from core.datasets.base import Modality
from core.evaluation.several_datasets import Ranking, rank_networks
from gui.looks import Look
from gui.widgets.rank_diagram import RankDiagram, RankedNetwork
from tests.core.evaluation.test_several_datasets import SCORES, VARIANTS

LOOK = Look("alexnet", Modality.AUDIO, 1)


@pytest.fixture
def diagram(qtbot):
    made = RankDiagram()
    qtbot.addWidget(made)
    made.resize(1190, 232)
    return made


def show(diagram: RankDiagram, ranking: Ranking) -> None:
    networks = [
        RankedNetwork(name, rank, LOOK, Modality.AUDIO, f"{name}: {rank:.2f}")
        for name, rank in zip(ranking.networks, ranking.mean_ranks, strict=True)
    ]
    difference = ranking.critical_difference if ranking.differ else None
    diagram.show_ranks(networks, ranking.groups, difference, above="words", title="title")


def of_ranks(ranks: list[float]) -> list[RankedNetwork]:
    names = (f"network number {n} with a name of some length" for n in range(len(ranks)))
    return [RankedNetwork(name, rank, LOOK, None, name) for name, rank in zip(names, ranks, strict=True)]


def test_demsars_example_is_drawn_as_in_his_figure(diagram):
    """Figure 1 (a), α = 0.10: rank 1 at the right, C4.5 joined with cf only, the other three joined."""
    show(diagram, rank_networks(SCORES, VARIANTS, alpha=0.10))
    assert diagram.x_of(1) > diagram.x_of(4)
    one_rank = (diagram.x_of(1) - diagram.x_of(4)) / 3
    for label in diagram.labels():
        start, corner, _ = diagram.leader(label)
        rank = diagram.networks[label.place].rank
        assert start.x() == corner.x() == pytest.approx(diagram.x_of(1) - (rank - 1) * one_rank)
        assert start.y() == diagram.axis_y
    sides = {diagram.networks[label.place].name: label.at_right for label in diagram.labels()}
    assert sides == {"C4.5+m+cf": True, "C4.5+m": True, "C4.5+cf": False, "C4.5": False}
    start, end = diagram.ruler()
    assert end.x() - start.x() == pytest.approx(1.12 * one_rank, abs=0.005 * one_rank)
    joined = [[n.name for n in diagram.networks[bar.best : bar.worst + 1]] for bar in diagram.bars]
    assert joined == [["C4.5+m+cf", "C4.5+m", "C4.5+cf"], ["C4.5+cf", "C4.5"]]
    best, worst = map(diagram.bar_rect, diagram.bars)
    assert not best.intersects(worst) and best.top() < worst.top()  # they share C4.5+cf
    assert best.left() < diagram.x_of(2.893) < worst.right()
    assert "C4.5+cf, C4.5" in diagram.tip_at(worst.center())
    assert not diagram.grab().isNull()


def test_without_a_verdict_of_friedman_there_is_a_bar_and_no_ruler(diagram):
    ranking = rank_networks({"x": (0.9, 0.8, 0.7), "y": (0.9, 0.7, 0.8)}, "abc")
    show(diagram, ranking)
    assert diagram.ruler() is None and [(bar.best, bar.worst) for bar in diagram.bars] == [(0, 2)]
    assert len(diagram.labels()) == 3 and not diagram.grab().isNull()


@pytest.mark.parametrize("size", [(1190, 232), (640, 200), (360, 0)])
@pytest.mark.parametrize(
    ("ranks", "groups"),
    [
        ([1.5, 1.5], ((0, 1),)),
        ([2.0, 2.0, 2.0], ((0, 1, 2),)),
        ([1.2, 1.3, 2.0, 4.5, 5.0, 5.0, 6.5, 8.9, 9.2, 9.4], ((0, 1, 2), (2, 3), (3, 4, 5, 6), (4, 5, 6, 7, 8, 9))),
    ],
)
def test_names_and_bars_cover_nothing_and_leaders_do_not_cross(diagram, size, ranks, groups):
    networks = of_ranks(ranks)
    diagram.show_ranks(networks, groups, 2.5, above="words", title="title")
    diagram.resize(size[0], max(size[1], diagram.minimumSizeHint().height()))
    labels = diagram.labels()
    inside = QRectF(diagram.rect())
    assert sorted(label.place for label in labels) == [*range(len(ranks))]
    rects = [*(label.rect for label in labels), *map(diagram.bar_rect, diagram.bars)]
    assert all(inside.contains(rect) for rect in rects)
    assert not any(a.adjusted(0, 0.1, 0, -0.1).intersects(b) for a, b in combinations(rects, 2))
    for one, other in combinations(labels, 2):
        (a, corner, end), (b, turn, stop) = diagram.leader(one), diagram.leader(other)
        for (top, low, far), x, y in (((a, corner, end), b.x(), turn.y()), ((b, turn, stop), a.x(), corner.y())):
            crosses = min(low.x(), far.x()) < x < max(low.x(), far.x()) and top.y() < low.y() < y
            assert not crosses, (one, other)
    for label in labels:
        assert diagram.tip_at(label.rect.center()) == networks[label.place].tip
        across = diagram.leader(label)
        assert diagram.tip_at((across[1] + across[2]) / 2) == networks[label.place].tip


def test_an_empty_diagram_says_why(diagram):
    diagram.empty = "Tick another study."
    blank = diagram.grab().toImage()
    diagram.empty = ""
    assert blank != diagram.grab().toImage()
    assert diagram.tip_at(QPointF(5, 5)) == ""
