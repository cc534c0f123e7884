"""What every network scores at every level as a table, and what can be said of it as sentences."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.evaluation.statistics import INTERVALS
from core.robustness.curve import Sweep
from core.robustness.tables import findings, reservations
from core.wings import WINGS
from gui import theme
from gui.widgets.level_curve import LevelLine, level_lines

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ABOVE_AND_BELOW = (
    "Above both is tested by the larger of two p-values, below at each level by itself: either claim "
    "is made on its stricter reading. The better branch is the one with the higher mean on these very clips, which "
    "favours it a little."
)


class LevelTable(QTableWidget):
    """A row a network, a column a level: mean and interval in %."""

    pointed = Signal(str)  # label of the network in the row under the pointer; "" = none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # networks differ in what comes last, too
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.setMouseTracking(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Networks by level")
        self.setMinimumHeight(10 * theme.GRID)
        self.entered.connect(self._entered)
        self._lines: list[LevelLine] = []

    def show_sweep(self, sweep: Sweep) -> None:
        self._lines = level_lines(sweep)
        headings = ["Network", *(sweep.row.word(level) for level in sweep.levels), "Folds × seeds"]
        self.setColumnCount(len(headings))
        self.setRowCount(len(sweep.networks))
        for column, heading in enumerate(headings):
            item = QTableWidgetItem(heading)
            item.setTextAlignment(RIGHT if column else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, item)
        for row, (label, network) in enumerate(sweep.networks.items()):
            blind = label not in sweep.affected
            self.setItem(row, 0, QTableWidgetItem(label))
            for column, level in enumerate(sweep.levels, start=1):
                mean, missing = sweep.mean(label, level), network.missing(level)
                cell = QTableWidgetItem("–" if mean is None else mean.figures())
                cell.setTextAlignment(RIGHT)
                if blind and level is not None:
                    cell.setForeground(theme.colour("muted"))
                    cell.setToolTip(f"It is given no {WINGS[sweep.row.wing].word}: its clips stay as they are.")
                elif mean is None:
                    cell.setToolTip(f"{missing} of its {len(network.tested)} runs have not been tested.")
                else:
                    cell.setToolTip(f"{label}, {sweep.row.word(level)}: {mean.text()} %, {mean.basis}")
                self.setItem(row, column, cell)
            clean = sweep.mean(label, None)
            basis = QTableWidgetItem(clean.grid if clean is not None else "–")
            basis.setTextAlignment(RIGHT)
            self.setItem(row, len(headings) - 1, basis)
        self._paint_swatches()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def present(self, on: bool) -> None:
        """Names and figures need the room more than what the figures stand on."""
        self.setColumnHidden(self.columnCount() - 1, on)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_lines"):
            self._paint_swatches()
        super().changeEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.pointed.emit("")
        super().leaveEvent(event)

    def _entered(self, index: QModelIndex) -> None:
        self.pointed.emit(self._lines[index.row()].name)

    def _paint_swatches(self) -> None:
        for row, line in enumerate(self._lines):
            item = self.item(row, 0)
            if item is not None:
                item.setIcon(line.look.icon())


def level_findings(sweep: Sweep) -> list[str]:
    """Paragraphs of rich text: audio-visual networks against their branches, else what each network loses."""
    found = findings(sweep)
    parts = [html.escape(sentence) for sentence in reservations(sweep)]
    for verdict, sentences in found:
        parts += [f"<b>{html.escape(verdict)}</b>"] if verdict else []
        parts.append("<br>".join(map(html.escape, sentences)))
    blind = [label for label in sweep.networks if label not in sweep.affected]
    if blind:
        verb = "is" if len(blind) == 1 else "are"
        word = WINGS[sweep.row.wing].word
        parts.append(f"{html.escape(', '.join(blind))} {verb} given no {word}: nothing gets worse there.")
    means = [mean for label in sweep.networks if (mean := sweep.mean(label, None)) is not None]
    notes = [INTERVALS] if any(mean.n_folds > 1 for mean in means) else []
    notes += [ABOVE_AND_BELOW] if any(verdict for verdict, _ in found) else []
    return [*parts, f"<small>{html.escape(' '.join(notes))}</small>"]
