from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFontMetricsF, QImage

from core.datasets.base import Modality
from core.errors import UserError
from core.run_records import LogRow
from gui import theme
from gui.looks import Look
from gui.widgets.batch_trace import BatchTrace
from gui.widgets.curves import Curves, RunCurves

ALEXNET, RESNET_50, BASELINE = (Look(name, Modality.AUDIO, 0) for name in ("alexnet", "resnet50", "baseline_cnn"))


def row(epoch: int, validation: float | None = None) -> LogRow:
    return LogRow(epoch, 1.0 / epoch, 0.5, validation, validation, 1e-3, 10.0, 1.0)


@pytest.fixture
def curves(qtbot):
    made = Curves()
    qtbot.addWidget(made)
    made.add_run(RunCurves("one", "AlexNet", ALEXNET, batches_per_epoch=10, rows=[row(1), row(2)]))
    made.add_run(RunCurves("two", "ResNet-50", RESNET_50, batches_per_epoch=10, rows=[row(1)]))
    made.refresh()
    return made


def test_a_trace_stays_small_and_keeps_its_mean():
    trace = BatchTrace(most=100)
    losses = np.linspace(3, 0, 10_000)
    for step, loss in enumerate(losses):
        trace.add(step / 100, float(loss))
    epochs, kept = trace.points()
    assert 50 <= len(kept) <= 100
    assert np.all(np.diff(epochs) > 0)
    assert epochs[-1] == pytest.approx(100, abs=3)
    assert np.mean(kept) == pytest.approx(np.mean(losses), abs=0.05)
    assert kept == pytest.approx(np.interp(epochs * 100, np.arange(10_000), losses), abs=1e-3)


def test_batches_trained_again_after_a_resume_replace_those_that_were_there():
    trace = BatchTrace(most=100)
    for step in [*range(1, 251), *range(201, 301)]:  # stopped at 250; the checkpoint was of 200
        trace.add(step / 10, float(step))
    epochs, losses = trace.points()
    assert np.all(np.diff(epochs) > 0), "or a line would run back through the plot"
    assert epochs * 10 == pytest.approx(losses)
    assert epochs[-1] == pytest.approx(30, abs=0.5)


def test_batches_have_no_place_before_it_is_known_how_many_make_an_epoch(curves):
    curves.add_run(RunCurves("three", "AlexNet", ALEXNET))
    curves.add_batch("three", 700, 1.0)
    curves.runs["three"].batches_per_epoch = 10
    curves.add_batch("three", 701, 0.5)
    curves.refresh()
    x, y = curves.runs["three"].items["loss of batches"].getData()
    assert (list(x), list(y)) == ([70.1], [0.5])


def test_a_batch_that_was_halved_for_want_of_memory_keeps_its_place(curves):
    curves.add_batch("one", 5, 1.0)
    curves.runs["one"].batches_per_epoch = 20
    curves.add_batch("one", 20, 0.5)
    assert list(curves.runs["one"].trace.points()[0]) == [0.5, 1.0]


def test_only_what_changed_is_drawn(curves, monkeypatch):
    drawn = []
    monkeypatch.setattr(curves, "_draw", lambda run: drawn.append(run.run))
    curves.add_epoch("two", row(2))
    curves.refresh()
    curves.refresh()
    assert drawn == ["two"]


def test_variants_of_an_architecture_differ_and_follow_the_scheme(qapp, curves):
    theme.apply(qapp, dark=False)
    curves.add_run(RunCurves("three", "AlexNet (imagenet)", Look("alexnet", Modality.AUDIO, 1)))
    pure, shade, icon = (
        curves.runs["one"].look.colour,
        curves.runs["three"].look.colour,
        curves.chips["AlexNet (imagenet)"],
    )
    light = icon.icon().cacheKey()
    theme.apply(qapp, dark=True)
    qapp.processEvents()
    assert curves.runs["one"].look.colour == pure
    assert curves.runs["three"].look.colour.lightness() > pure.lightness() > shade.lightness()
    assert icon.icon().cacheKey() != light
    theme.apply(qapp, dark=False)


def test_an_epoch_trained_again_replaces_what_was_there(curves):
    curves.add_epoch("one", row(3))
    curves.add_epoch("one", row(2))
    assert [r.epoch for r in curves.runs["one"].rows] == [1, 2]


def test_the_legend_hides_a_network(curves):
    assert list(curves.chips) == ["AlexNet", "ResNet-50"]
    curves.chips["AlexNet"].setChecked(False)
    assert not curves.runs["one"].items["training loss"].isVisible()
    assert curves.runs["two"].items["training loss"].isVisible()
    curves.chips["AlexNet"].setChecked(True)
    assert curves.runs["one"].items["training loss"].isVisible()


def test_a_double_click_shows_everything_again(curves, qtbot):
    curves.resize(600, 400)
    curves.show()
    qtbot.waitExposed(curves)
    curves.loss.setXRange(1.2, 1.3)
    curves.accuracy.setYRange(40, 60)
    curves.graphics.scene().sigMouseClicked.emit(SimpleNamespace(double=lambda: False))
    assert curves.loss.viewRange()[0][1] < 1.4, "a single click is no wish to reset"
    curves.graphics.scene().sigMouseClicked.emit(SimpleNamespace(double=lambda: True))
    qtbot.waitUntil(lambda: curves.loss.viewRange()[0][0] <= 1 and curves.loss.viewRange()[0][1] >= 2)
    assert curves.accuracy.viewRange()[1][1] > 99
    curves.hide()


def test_with_a_validation_part_training_steps_back(curves):
    curves.add_epoch("one", row(3, validation=0.4))
    curves.refresh()
    items = curves.runs["one"].items
    assert items["validation accuracy"].isVisible()
    assert items["validation accuracy"].opts["pen"].widthF() > items["training accuracy"].opts["pen"].widthF()
    other = curves.runs["two"].items  # a run without one beside it: the key speaks of all lines
    assert other["training loss"].opts["pen"].widthF() == items["training loss"].opts["pen"].widthF()
    assert not other["validation loss"].isVisible()


def test_the_test_accuracy_stands_at_the_last_epoch(curves):
    curves.set_test_accuracy("one", 0.75)
    curves.refresh()
    x, y = curves.runs["one"].items["test accuracy"].getData()
    assert (list(x), list(y)) == ([2.0], [75.0])


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_curves_are_exported(curves, tmp_path, suffix):
    curves.resize(600, 400)
    curves.show()
    path = tmp_path / f"curves.{suffix}"
    curves.export(path)
    if suffix == "png":
        assert QImage(str(path)).width() == 2400
    else:
        assert "<svg" in path.read_text()
    curves.hide()


def test_a_folder_that_cannot_be_written_to_is_said(curves, tmp_path):
    with pytest.raises(UserError, match="could not be written"):
        curves.export(tmp_path / "nowhere" / "curves.png")


def scene_place(plot, x: float, y: float):
    return plot.vb.mapViewToScene(QPointF(x, y))


def test_small_losses_are_written_as_they_are(curves):
    curves.loss.setYRange(0, 0.2)
    assert curves.loss.getAxis("left").autoSIPrefixScale == 1.0


@pytest.mark.parametrize("scale", [1.0, theme.PRESENTATION])
def test_long_numbers_stand_beside_the_name_of_their_axis(qapp, curves, qtbot, scale):
    theme.apply(qapp, dark=False, scale=scale)
    curves.resize(600, 400)
    curves.show()
    qtbot.waitExposed(curves)
    axes = [plot.getAxis("left") for plot in (curves.loss, curves.accuracy)]
    curves.loss.setYRange(2.30255, 2.30262)
    numbers = QFontMetricsF(theme.font(theme.SMALL)).horizontalAdvance("2.30258")
    qtbot.waitUntil(lambda: axes[0].width() >= numbers + axes[0].label.boundingRect().height())
    assert axes[0].width() == axes[1].width(), "epochs stand one above the other"
    curves.loss.setYRange(0, 2)
    qtbot.waitUntil(lambda: {axis.width() for axis in axes} == {theme.pixels(7 * theme.GRID)})
    curves.hide()
    theme.apply(qapp, dark=False)


def test_thin_lines_are_seen_on_dark_as_on_light(qapp, curves):
    def contrast(one, other):
        """After WCAG 2."""
        parts = [np.array([colour.redF(), colour.greenF(), colour.blueF()]) ** 2.2 for colour in (one, other)]
        dim, bright = sorted(float(part @ [0.2126, 0.7152, 0.0722]) for part in parts)
        return (bright + 0.05) / (dim + 0.05)

    curves.add_run(RunCurves("three", "Baseline CNN", BASELINE, rows=[row(1, 0.5), row(2, 0.4)]))
    curves.refresh()
    for dark in (False, True):
        theme.apply(qapp, dark=dark)
        qapp.processEvents()
        items, base = curves.runs["three"].items, theme.colour("base")
        training, validation = (
            contrast(items[f"{part} loss"].opts["pen"].color(), base) for part in ("training", "validation")
        )
        assert 2 < training < 0.75 * validation, "dark" if dark else "light"
    theme.apply(qapp, dark=False)


def test_the_point_under_the_mouse_is_named(curves, qtbot):
    curves.runs["one"].part = "fold 1, seed 0"
    curves.set_test_accuracy("one", 0.75)
    curves.resize(600, 400)
    curves.show()
    qtbot.waitExposed(curves)
    curves.refresh()
    curves.loss.setRange(xRange=(1, 2), yRange=(0, 1))
    qtbot.wait(20)
    moved = curves.graphics.scene().sigMouseMoved
    moved.emit(scene_place(curves.loss, 1.98, 0.48))
    qtbot.waitUntil(lambda: curves.figures.text() == "AlexNet, fold 1, seed 0 · epoch 2 · training loss 0.500")
    moved.emit(scene_place(curves.accuracy, 1.99, 76))
    qtbot.waitUntil(lambda: curves.figures.text() == "AlexNet, fold 1, seed 0 · epoch 2 · test accuracy 75.0 %")
    curves.chips["AlexNet"].setChecked(False)
    moved.emit(scene_place(curves.loss, 1.98, 0.48))
    qtbot.waitUntil(lambda: curves.figures.text() == "", timeout=2000)
    curves.hide()


def test_chosen_runs_are_pointed_at_alone(curves, qtbot):
    curves.resize(600, 400)
    curves.show()
    qtbot.waitExposed(curves)
    curves.loss.setRange(xRange=(1, 2), yRange=(0, 1))
    qtbot.wait(20)
    for chosen, network in (((), "AlexNet"), (("two",), "ResNet-50")):  # both begin at the same point
        curves.choose(chosen)
        curves.graphics.scene().sigMouseMoved.emit(scene_place(curves.loss, 1.0, 1.0))
        qtbot.waitUntil(lambda network=network: curves.figures.text().startswith(network))
    curves.hide()


def test_it_is_said_which_line_is_training_and_which_validation(curves):
    assert "Lines: training" in curves.key.text() and "◆ test" in curves.key.text()
    curves.add_epoch("one", row(3, validation=0.4))
    curves.refresh()
    assert "thick lines: validation" in curves.key.text()
