"""What runs score on captures beside their test clips: a row a run, one of which can be chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.live.shift import Shift, Shifts
from core.live.shift_table import HEADINGS, shift_table
from gui import theme

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RUN = HEADINGS.index("Run")
HELP = (
    "What it is called.",
    "What it is given of a clip.",
    "The folder of its run: study, and the run in it.",
    "Share of its test clips that it gets right, with Wilson's 95 % interval.",
    "Share of the captures of its classes that it gets right, with Wilson's 95 % interval. Clips of one session are "
    "alike: the true interval is wider.",
    "Captured less test, in percentage points.",
    "Captures that it was not asked about, and why.",
)


class ShiftTable(QTableWidget):
    """Says which run is chosen; knows nothing of how it was asked."""

    chosen_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(HEADINGS), parent)
        self._shifts: tuple[Shift, ...] = ()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # runs differ in what comes first and last
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Networks on captures")
        self.verticalHeader().hide()
        for column, (heading, words) in enumerate(zip(HEADINGS, HELP, strict=True)):
            item = QTableWidgetItem(heading)
            item.setTextAlignment(LEFT if column <= RUN else RIGHT)
            item.setToolTip(words)
            self.setHorizontalHeaderItem(column, item)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(RUN, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self.chosen_changed)

    def show_shifts(self, found: Shifts) -> None:
        """The run that was chosen stays so; where none was, the first is."""
        before = self.chosen()
        self._shifts = found.shifts
        self.setRowCount(len(found.shifts))
        for row, (shift, cells) in enumerate(zip(found.shifts, shift_table(found).rows, strict=True)):
            for column, words in enumerate(cells):
                item = QTableWidgetItem(words)
                item.setTextAlignment(LEFT if column <= RUN else RIGHT)
                item.setToolTip(words)
                if not column:
                    spec = shift.run.spec
                    colour = theme.architecture_colour(spec.network.architecture)
                    item.setIcon(theme.swatch(colour, theme.MODALITY_STYLE[spec.modality]))
                self.setItem(row, column, item)
        names = [shift.run.name for shift in found.shifts]
        self.selectRow(names.index(before.run.name) if before is not None and before.run.name in names else 0)

    def chosen(self) -> Shift | None:
        rows = self.selectionModel().selectedRows()
        return self._shifts[rows[0].row()] if rows else None
