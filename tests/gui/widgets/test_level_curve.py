"""Curves over levels: what is drawn, what is told on hover, and names that cover neither data nor each other."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtTest import QTest

from core.control import Control
from core.datasets.base import Modality
from core.robustness import CORRUPTIONS
from core.robustness.sweep import read_sweep
from gui import theme
from gui.looks import Look
from gui.widgets.end_labels import spread
from gui.widgets.level_curve import LevelCurve, LevelLine, LevelPoint, level_lines
from tests.core.robustness.made_answers import make_answers
from tests.gui.make_runs import make_modalities, synthetic_clips


def lines_of(count, levels=5, *, interval=True):
    architectures = ("baseline_cnn", "alexnet", "resnet50")
    made = []
    for number in range(count):
        points = []
        for level in range(levels):
            mean = 90.0 - 10 * level - 3 * number
            ends = (mean - 4, mean + 4) if interval else (None, None)
            points.append(LevelPoint(mean, *ends, f"network {number} at {level}"))
        modality = list(Modality)[number // 3 % 3]
        made.append(LevelLine(f"network {number}", Look(architectures[number % 3], modality, 0), tuple(points)))
    return made


@pytest.fixture
def curve(qtbot):
    made = LevelCurve()
    qtbot.addWidget(made)
    made.resize(900, 480)
    made.show()
    return made


def show(curve, lines, chance=10.0):
    curve.show_lines(lines, ["clean", "20", "10", "0", "−10"], "Noise (dB SNR)", "synthetic", chance=chance)
    QTest.qWait(20)


def point_at(curve, line, level):
    """Move the mouse onto a mark."""
    place = QPointF(curve.x_of(line, level), curve.lines[line].points[level].mean)
    at = curve.plot.vb.mapViewToScene(place).toPoint()
    QTest.mouseMove(curve.graphics.viewport(), at - QPoint(12, 0))
    QTest.mouseMove(curve.graphics.viewport(), at)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_every_network_has_its_colour_line_mark_and_intervals(curve, count):
    lines = lines_of(count)
    show(curve, lines)
    for number, line in enumerate(lines):
        bars, drawn = curve._items[line.name]
        x, y = drawn.getData()
        assert y.tolist() == [point.mean for point in line.points]
        assert bars.opts["top"].tolist() == pytest.approx([4.0] * 5)
        pen = drawn.opts["pen"]
        assert pen.color() == theme.architecture_colour(line.look.architecture)
        assert pen.style() == theme.MODALITY_STYLE[line.look.modality]
        assert all(abs(place - level) < 0.5 for level, place in enumerate(x)), "nobody stands at another level"
        assert x[0] == curve.x_of(number, 0)
    places = [curve.x_of(number, 0) for number in range(count)]
    assert len(set(places)) == count, "intervals do not hide each other"


@pytest.mark.parametrize("count", [3, 9])
def test_names_stand_where_lines_end_and_leave_each_other_room(curve, count):
    show(curve, lines_of(count, levels=5))
    places = curve.names.places
    assert set(places) == {"", *(line.name for line in curve.lines)}
    heights = sorted(places.values())
    row = curve.names._row()
    assert all(b - a > row - 0.01 for a, b in pairwise(heights))
    assert [name for name, _ in sorted(places.items(), key=lambda item: item[1]) if name] == [
        line.name for line in sorted(curve.lines, key=lambda line: -line.points[-1].mean)
    ]
    curve.resize(900, 700)
    QTest.qWait(20)
    moved = curve.names.places["network 0"]
    end = curve.plot.vb.mapViewToScene(QPointF(0, curve.lines[0].points[-1].mean)).y()
    assert moved == pytest.approx(end, abs=row), "they follow the plot"


def test_hover_tells_the_point_and_brings_its_network_to_the_front(qtbot, curve):
    show(curve, lines_of(9))
    point_at(curve, 7, 3)
    qtbot.waitUntil(lambda: curve.figures.text() == "network 7 at 3")
    assert curve.pointed == "network 7"
    front, back = (curve._items[name][1].opts["pen"] for name in ("network 7", "network 1"))
    assert front.width() > back.width()
    assert front.color() == theme.architecture_colour(curve.lines[7].look.architecture)
    assert back.color() != theme.architecture_colour(curve.lines[1].look.architecture)
    show(curve, lines_of(3))  # other networks arrive while one is pointed at
    assert curve.pointed == "" and len(curve._items) == 3
    name = curve.lines[1].name
    QTest.mouseMove(curve.names, QPoint(60, round(curve.names.places[name])))
    qtbot.waitUntil(lambda: curve.pointed == name)
    curve.names.leaveEvent(None)
    assert curve.pointed == ""


def test_one_fold_draws_no_interval_and_what_was_not_asked_is_a_gap(curve):
    (line,) = lines_of(1, interval=False)
    broken = LevelLine(line.name, line.look, (*line.points[:2], None, *line.points[3:]))
    show(curve, [broken])
    bars, drawn = curve._items[line.name]
    assert len(bars.opts["x"]) == 0
    assert drawn.getOriginalDataset()[1][2] != drawn.getOriginalDataset()[1][2], "NaN breaks the line"
    assert not curve.grab().isNull()


def test_chance_is_a_line_and_is_named(curve):
    show(curve, lines_of(3), chance=25.0)
    assert curve.chance.value() == 25.0
    assert curve.names.remark == "chance 25.0 %"
    low, high = curve.plot.vb.viewRange()[1]
    assert low < 25 < high


def test_a_double_click_shows_everything_again(curve):
    show(curve, lines_of(3))
    before = curve.plot.vb.viewRange()
    curve.plot.vb.scaleBy((0.5, 0.5))
    assert curve.plot.vb.viewRange() != before
    assert set(curve.names.places) <= {"", *(line.name for line in curve.lines)}
    zoomed = curve.plot.vb.viewRange()
    curve.graphics.scene().sigMouseClicked.emit(SimpleNamespace(double=lambda: False))
    assert curve.plot.vb.viewRange() == zoomed, "a single click is no wish to reset"
    curve.graphics.scene().sigMouseClicked.emit(SimpleNamespace(double=lambda: True))
    for now, then in zip(curve.plot.vb.viewRange(), before, strict=True):
        assert now == pytest.approx(then)


def test_another_scheme_is_another_ground(qapp, curve):
    show(curve, lines_of(3))
    curve.point_at("network 0")
    light = curve._items["network 1"][1].opts["pen"].color()
    theme.apply(qapp, dark=True)
    try:
        assert curve._items["network 1"][1].opts["pen"].color() != light
    finally:
        theme.apply(qapp, dark=False)


def test_names_that_want_more_room_than_there_is_share_it():
    room = QRectF(0, 10, 100, 90)
    for wanted in ([50.0] * 9, [10.0, 11.0, 99.0, 100.0], [100.0] * 3, [10.0]):
        placed = spread(wanted, 16, room)
        assert placed == sorted(placed)
        assert room.top() - 1e-9 <= placed[0] and placed[-1] <= room.bottom() + 1e-9
        least = min(16.0, room.height() / max(1, len(wanted) - 1))
        assert all(b - a >= least - 1e-9 for a, b in pairwise(placed))
    assert spread([30.0, 60.0], 16, room) == [30.0, 60.0]


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_lines_of_a_sweep_say_network_level_interval_and_basis(workspace, corruption):
    folders = make_modalities(
        workspace,
        synthetic_clips(6, per_class=16),
        architectures=("resnet50",),
        fusions=("gated attention", "concatenation", "score average"),
    )
    make_answers(folders, corruption)
    sweep = read_sweep(workspace, "fabricated-test-data", corruption, Control())
    lines = level_lines(sweep)
    assert [line.look.variant for line in lines] == [0, 0, 0, 1, 2]
    assert len({line.look.colour.name() for line in lines[2:]}) == 3, "fusions of one architecture are told apart"
    for line in lines:
        for level, point in zip(sweep.levels, line.points, strict=True):
            mean = sweep.mean(line.name, level)
            assert (point.mean, point.low, point.high) == (100 * mean.value, 100 * mean.low, 100 * mean.high)
            assert point.words == f"{line.name} · {sweep.row.word(level)} · {mean.text()} % · 4 folds × 1 seed"
