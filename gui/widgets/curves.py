"""Loss and accuracy of many runs while they learn: per epoch, and per batch as a faint trace behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from core.errors import UserError
from core.run_records import LogRow
from gui import theme
from gui.looks import Look
from gui.widgets.batch_trace import BatchTrace
from gui.widgets.curve_pointer import CurvePointer, Line
from gui.widgets.flow import FlowLayout

EXPORT_WIDTH = 2400  # pixels of an exported PNG
_FAINT = {False: 0.5, True: 0.3}  # share of the background in a thin line, by dark: thin and dark on dark is lost


@dataclass
class RunCurves:
    """What is known of one run, and how it is drawn."""

    run: str
    network: str  # label, shown in the legend
    look: Look
    part: str = ""  # modality where there are several, fold and seed, in words
    epochless: bool = (
        False  # nothing is trained in epochs: averages of branches and what is fitted have a test accuracy and no curve
    )
    batches_per_epoch: int = 0
    rows: list[LogRow] = field(default_factory=list)
    trace: BatchTrace = field(default_factory=BatchTrace)
    test_accuracy: float | None = None
    items: dict[str, pg.PlotDataItem] = field(default_factory=dict)

    @property
    def validated(self) -> bool:
        return any(row.validation_loss is not None for row in self.rows)


class Curves(QWidget):
    """Told of epochs and batches; draws only the runs that changed, when `refresh` is called."""

    run_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs: dict[str, RunCurves] = {}
        self._changed: set[str] = set()
        self._validated = False  # any run: then lines of training are thin, also those of runs without validation
        self._hidden: set[str] = set()  # labels of networks
        self.chips: dict[str, QToolButton] = {}
        self._chosen: frozenset[str] = frozenset()
        self.graphics = pg.GraphicsLayoutWidget()
        self.loss = self._plot(0, "Loss", "nats")
        self.accuracy = self._plot(1, "Accuracy", "%, ◆ test")
        self.accuracy.setXLink(self.loss)
        self.accuracy.setLabel("bottom", "Epoch")
        self.accuracy.setYRange(0, 100)
        theme.style_plot(self.graphics)
        for plot in (self.loss, self.accuracy):
            plot.vb.sigYRangeChanged.connect(self._fit_axes)
            plot.vb.sigResized.connect(self._fit_axes)
        self.graphics.scene().sigMouseClicked.connect(self._mouse_clicked)
        self.key = theme.label("", theme.SMALL, muted=True)
        self.figures = theme.label("", theme.SMALL)
        self._pointer = CurvePointer(self.graphics, (self.loss, self.accuracy), self._lines)
        self._pointer.said.connect(self.figures.setText)
        self._lay_out()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 240)

    def clear(self) -> None:
        for curves in self.runs.values():
            for name, item in curves.items.items():
                self._plot_of(name).removeItem(item)
        self.runs.clear()
        self._changed.clear()
        self._pointer.forget()
        self._fill_legend()

    def add_run(self, curves: RunCurves) -> None:
        self.runs[curves.run] = curves
        self._changed.add(curves.run)
        self._fill_legend()

    def add_epoch(self, run: str, row: LogRow) -> None:
        """An epoch that has been trained again, after a resume, replaces what was there from it on."""
        curves = self.runs[run]
        curves.rows = [*(old for old in curves.rows if old.epoch < row.epoch), row]
        self._changed.add(run)

    def add_batch(self, run: str, step: int, loss: float) -> None:
        """`step` counts from the start of the run. Until it is known how many make an epoch, it has no place."""
        curves = self.runs.get(run)
        if curves is not None and curves.batches_per_epoch:
            curves.trace.add(step / curves.batches_per_epoch, loss)
            self._changed.add(run)

    def set_test_accuracy(self, run: str, accuracy: float) -> None:
        self.runs[run].test_accuracy = accuracy
        self._changed.add(run)

    def choose(self, runs: Iterable[str]) -> None:
        """Bring some runs to the front and let the others step back; none = all alike."""
        self._chosen = frozenset(runs)
        self._changed.update(self.runs)
        self.refresh()

    def refresh(self) -> None:
        """Draw what changed since the last call."""
        validated = any(curves.validated for curves in self.runs.values())
        if validated != self._validated:
            self._validated = validated
            self._changed.update(self.runs)
        for run in self._changed & self.runs.keys():
            self._draw(self.runs[run])
        self._changed.clear()
        lines = "Thin lines: training · thick lines: validation" if validated else "Lines: training"
        text = f"{lines} · ◆ test, once at the end"
        if any(curves.epochless for curves in self.runs.values()):
            text += " · score averages and classical baselines have no epochs: a ◆ and no curve"
        self.key.setText(text)

    def reset_view(self) -> None:
        self.loss.enableAutoRange()
        self.accuracy.enableAutoRange(x=True)
        self.accuracy.setYRange(0, 100)

    def export(self, path: Path) -> None:
        """Write both plots as .png or .svg.

        Raises:
            UserError: the file cannot be written.
        """
        size = self.graphics.size()
        if path.suffix.lower() == ".svg":
            # Not pyqtgraph's exporter: 0.14 fails on the closed paths that Qt 6.11 writes.
            page: QSvgGenerator | QImage = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
            assert isinstance(page, QSvgGenerator)
            page.setFileName(str(path))
            page.setSize(size)
            page.setViewBox(QRect(QPoint(0, 0), size))
        else:
            page = QImage(size * (EXPORT_WIDTH / size.width()), QImage.Format.Format_RGB32)
        painter = QPainter()
        written = painter.begin(page)
        if written:
            self.graphics.render(painter)
            painter.end()
        if isinstance(page, QImage):
            written = page.save(str(path))
        if not written:
            raise UserError(f"{path} could not be written. Choose another folder.")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "chips"):
            for curves in self.runs.values():
                self.chips[curves.network].setIcon(curves.look.icon())
            self._everything_changed()
        super().changeEvent(event)

    def _plot(self, row: int, title: str, unit: str) -> pg.PlotItem:
        plot = self.graphics.addPlot(row=row, col=0)
        plot.setLabel("left", f"{title} ({unit})")
        plot.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):  # drawn anew when the range changes, not with every point
            plot.getAxis(side).setCacheMode(pg.AxisItem.CacheMode.DeviceCoordinateCache)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.getAxis("left").enableAutoSIPrefix(False)  # or a loss of 0.2 is written 200, times 0.001
        plot.getAxis("bottom").setStyle(tickTextOffset=theme.GRID // 2)
        return plot

    def _fit_axes(self) -> None:
        """Both upright axes as wide as the longest number there: no name is written over it, and epochs are aligned."""
        metrics = QFontMetricsF(theme.font(theme.SMALL))
        width = theme.pixels(7 * theme.GRID)
        for plot in (self.loss, self.accuracy):
            axis, (low, high) = plot.getAxis("left"), plot.viewRange()[1]
            room = axis.label.boundingRect().height() + theme.GRID
            for spacing, values in axis.tickValues(low, high, max(1.0, axis.height())):
                texts = axis.tickStrings(values, axis.scale, spacing)
                width = max([width, *(room + metrics.horizontalAdvance(text) for text in texts)])
        for plot in (self.loss, self.accuracy):
            if plot.getAxis("left").fixedWidth != width:
                plot.getAxis("left").setWidth(width)

    def _plot_of(self, name: str) -> pg.PlotItem:
        return self.loss if "loss" in name else self.accuracy

    def _draw(self, curves: RunCurves) -> None:
        shown = curves.network not in self._hidden
        behind = bool(self._chosen) and curves.run not in self._chosen
        colour = theme.mix(curves.look.colour, theme.colour("base"), 0.65) if behind else curves.look.colour
        style = curves.look.style
        epochs = np.array([row.epoch for row in curves.rows], dtype=float)
        validated = curves.validated
        faint = theme.mix(colour, theme.colour("base"), _FAINT[theme.is_dark()])
        thin, thick = pg.mkPen(faint, width=1, style=style), pg.mkPen(colour, width=2, style=style)
        places, losses = curves.trace.points()
        trace = theme.mix(colour, theme.colour("base"), 0.7)
        self._set(curves, "loss of batches", places, losses, shown and self.batches.isChecked(), pg.mkPen(trace))
        training = thin if self._validated else thick
        for name, pen, attribute, scale in (
            ("training loss", training, "train_loss", 1),
            ("training accuracy", training, "train_accuracy", 100),
            ("validation loss", thick, "validation_loss", 1),
            ("validation accuracy", thick, "validation_accuracy", 100),
        ):
            values = np.array([getattr(row, attribute) for row in curves.rows], dtype=float) * scale
            self._set(curves, name, epochs, values, shown and (validated or "training" in name), pen)
        if curves.test_accuracy is not None:
            last = epochs[-1:] if len(epochs) else np.full(1, self._last_epoch())
            self._set(curves, "test accuracy", last, np.full(1, 100 * curves.test_accuracy), shown, thick, symbol="d")
            curves.items["test accuracy"].setSymbolBrush(colour)
            curves.items["test accuracy"].setSymbolPen(pg.mkPen(theme.colour("text")))

    def _last_epoch(self) -> float:
        """Where the curves end: there stands the test of a run without a curve."""
        return float(max((curves.rows[-1].epoch for curves in self.runs.values() if curves.rows), default=0))

    def _set(
        self,
        curves: RunCurves,
        name: str,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        shown: bool,
        pen: object,
        symbol: str | None = None,
    ) -> None:
        if name not in curves.items:
            item = pg.PlotDataItem(symbol=symbol, symbolSize=10, connect="finite", name=name)
            item.setZValue(-1 if "batches" in name else 1)
            item.setCurveClickable(True, width=8)
            item.setProperty("run", curves.run)
            item.sigClicked.connect(self._curve_clicked)
            curves.items[name] = item
            self._plot_of(name).addItem(item)
        item = curves.items[name]
        item.setPen(pen)
        item.setVisible(shown)
        if shown:
            item.setData(x, y)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        self._tools = QWidget()
        top = QHBoxLayout(self._tools)
        top.setContentsMargins(0, 0, 0, 0)
        self._legend = QWidget()
        FlowLayout(self._legend, theme.GRID // 2)
        top.addWidget(self._legend, 1)
        self.batches = QToolButton()
        self.batches.setText("Batches")
        self.batches.setToolTip(
            "Also draw the loss of every batch, as a faint trace. It shows spikes that epochs hide.\n"
            "Batches are kept until another study is shown; epochs are kept for ever."
        )
        self.batches.setCheckable(True)
        self.batches.setChecked(True)
        self.batches.toggled.connect(self._everything_changed)
        self.reset = QToolButton()
        self.reset.setToolTip("Show everything again (double click in a plot).")
        theme.set_icon(self.reset, "mdi6.fit-to-page-outline")
        self.reset.clicked.connect(self.reset_view)
        top.addWidget(self.batches, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignTop)
        self.tools_layout = top
        words = QHBoxLayout()
        words.addWidget(self.key)
        words.addStretch(1)
        words.addWidget(self.figures)
        column.addWidget(self._tools)
        column.addLayout(words)
        column.addWidget(self.graphics, 1)

    def _fill_legend(self) -> None:
        networks = {curves.network: curves for curves in self.runs.values()}
        layout = self._legend.layout()
        assert layout is not None
        for text in [text for text in self.chips if text not in networks]:
            chip = self.chips.pop(text)
            layout.removeWidget(chip)
            chip.deleteLater()
        for network in [network for network in networks if network not in self.chips]:
            chip = self._chip(networks[network])
            self.chips[network] = chip
            layout.addWidget(chip)

    def _chip(self, curves: RunCurves) -> QToolButton:
        chip = QToolButton()
        chip.setText(f" {curves.network}")  # the blank parts it from the swatch, for which Qt leaves two pixels
        chip.setCheckable(True)
        chip.setChecked(curves.network not in self._hidden)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setIcon(curves.look.icon())
        chip.setToolTip(f"Show or hide the curves of {curves.network}. Diamonds are test accuracies.")
        chip.toggled.connect(partial(self._chip_toggled, curves.network))
        return chip

    def _chip_toggled(self, network: str, on: bool) -> None:
        (self._hidden.discard if on else self._hidden.add)(network)
        self._everything_changed()

    def _everything_changed(self) -> None:
        self._changed.update(self.runs)
        self.refresh()

    def _lines(self) -> Iterator[Line]:
        """What can be pointed at: epochs of the runs in view, of those in front where some are chosen."""
        for curves in self.runs.values():
            if self._chosen and curves.run not in self._chosen:
                continue
            for name, item in curves.items.items():
                if item.isVisible() and "batches" not in name:
                    yield Line(self._plot_of(name), item, partial(_words, curves, name))

    def _curve_clicked(self, item: pg.PlotDataItem) -> None:
        self.run_clicked.emit(item.property("run"))

    def _mouse_clicked(self, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]
            self.reset_view()


def _words(curves: RunCurves, name: str, epoch: float, value: float) -> str:
    """`AlexNet, fold 1, seed 0 · epoch 12 · training loss 0.812`."""
    run = f"{curves.network}, {curves.part}" if curves.part else curves.network
    figure = f"{value:.3f}" if "loss" in name else f"{value:.1f} %"
    return f"{run} · epoch {epoch:.0f} · {name} {figure}"
