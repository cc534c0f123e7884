"""The queue of runs: state, epoch, accuracy, size, note; name, annotate and delete."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core import readable
from core.engine import State
from core.events import Event, StudyStarted
from core.run_lists import RunRow
from core.run_records import REPEATED, Phase
from core.runs import list_studies
from gui import run_actions, theme
from gui.context import Context
from gui.panels.train_origin import show_origin
from gui.panels.train_runs import StudyRuns

COLUMNS = ("Network", "Fold", "Seed", "State", "Epoch", "Test accuracy", "Size", "Note", "Modality")
MODALITY = 8  # shown second, and only where a study has more than one
AVERAGED = "Its branches are trained already: only the weight between their scores is learned, in no epochs."
_UNDER_WAY = {State.PAUSED: "paused", State.STOPPING: "stopping"}  # else training
_RIGHT = {1, 2, 4, 5, 6}
Index = QModelIndex | QPersistentModelIndex


class QueueModel(QAbstractTableModel):
    """Rows of StudyRuns as Qt wants them."""

    def __init__(self, runs: StudyRuns) -> None:
        super().__init__(runs)
        self._runs = runs
        self._state = State.IDLE
        self._first: tuple[str, ...] = ()  # ids of runs that are trained before the others that wait
        runs.loaded.connect(self._loaded)
        runs.changed.connect(self._changed)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        return 0 if parent.isValid() else len(self._runs.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 - Qt's name
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _RIGHT else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        row, column = self._runs.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == 3 and row.phase is Phase.WAITING and row.id in self._first and self._runs.told:
                return "next"
            under_way = column == 3 and row.phase is Phase.RUNNING
            return _UNDER_WAY.get(self._state, row.phase.word) if under_way else _text(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return self._runs.look(row).icon()
        if role == Qt.ItemDataRole.DecorationRole and column == MODALITY:
            return theme.swatch(theme.colour("muted"), theme.MODALITY_STYLE[row.spec.modality])
        if role == Qt.ItemDataRole.ForegroundRole and column == 3 and row.phase is Phase.FAILED:
            return theme.colour("error_text")
        if role == Qt.ItemDataRole.ForegroundRole and row.phase is Phase.WAITING:
            return theme.colour("muted")
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (row.reason or row.note or row.id, AVERAGED if row.spec.late else "")))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _RIGHT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def show_first(self, runs: tuple[str, ...]) -> None:
        """Runs that are trained before the others that wait."""
        self._first = runs
        self._states_changed()

    def show_engine(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self._first = () if state is State.IDLE else self._first
            self._states_changed()

    def _states_changed(self) -> None:
        if self._runs.rows:  # a search has none
            self.dataChanged.emit(self.index(0, 3), self.index(len(self._runs.rows) - 1, 3))

    def _loaded(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def _changed(self, place: int) -> None:
        self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))


class Queue(QWidget):
    """Which study, its runs, and what can be done with them."""

    selected = Signal(tuple)  # ids of runs
    resume_wanted = Signal(str)  # slug of the study
    extend_wanted = Signal(str)  # likewise

    def __init__(self, context: Context, runs: StudyRuns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._runs = context, runs
        self._chosen: tuple[str, ...] = ()  # ids; they stay chosen when the runs of the study are read again
        self._chosen_of = ""  # slug of that study
        self.studies = QComboBox()
        self.studies.setToolTip("Whose runs and curves are shown.")
        self.studies.setMinimumContentsLength(16)
        self.resume = _button("mdi6.play", "Resume", f"Train what is not finished: {REPEATED}.")
        self.next = _button(
            "mdi6.arrow-collapse-up", "Next", "Train the chosen runs before all others that wait; the same in the end."
        )
        self.extend = _button(
            "mdi6.playlist-plus",
            "Extend",
            "Puts this study into the form: add seeds, folds or networks there and start it. What is finished stays, "
            "only what is missing is trained.",
        )
        self.annotate = _button("mdi6.note-edit-outline", "Note", "Write a note beside the chosen runs.")
        self.name = _button("mdi6.rename-outline", "Name", "Give the chosen run a name of its own.")
        self.origin = _button(
            "mdi6.source-branch",
            "Origin",
            "What the chosen run started from: which weights were transferred or skipped.",
        )
        self.delete = _button("mdi6.trash-can-outline", "Delete", "Delete the chosen runs for good.")
        self.table = QTableView()
        self._model = QueueModel(runs)
        self.table.setModel(self._model)
        self._dress_table()
        tools = QWidget()
        line = QHBoxLayout(tools)
        line.setContentsMargins(theme.GRID, 0, 0, 0)
        line.addWidget(theme.label("Runs of", bold=True))
        line.addWidget(self.studies)
        line.addStretch(1)
        for button in (self.resume, self.next, self.extend, self.origin, self.name, self.annotate, self.delete):
            line.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(tools)
        column.addWidget(self.table, 1)
        self.studies.activated.connect(self._study_chosen)
        self.resume.clicked.connect(self._resume)
        self.next.clicked.connect(self._prefer)
        self.extend.clicked.connect(self._extend)
        self.name.clicked.connect(self.write_title)
        self.annotate.clicked.connect(self.write_note)
        self.origin.clicked.connect(self.show_origin)
        self.delete.clicked.connect(self.delete_runs)
        self.table.selectionModel().selectionChanged.connect(self._selection_changed)
        self.table.doubleClicked.connect(self.write_note)
        delete_key = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table)
        delete_key.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete_key.activated.connect(self.delete_runs)
        runs.loaded.connect(self._loaded)
        context.bridge.happened.connect(self._happened)
        runs.changed.connect(self._refresh_buttons)
        self.refresh()

    def refresh(self) -> None:
        """Read the list of studies again, and show the one in view."""
        with QSignalBlocker(self.studies):
            self.studies.clear()
            names = list_studies(self._context.workspace)
            if self._runs.study and self._runs.study not in names:
                names.insert(0, self._runs.study)
            for name in names:
                self.studies.addItem(name, name)
            self.studies.setCurrentIndex(self.studies.findData(self._runs.study))
        self._refresh_buttons()

    def show_engine(self, state: State) -> None:
        """Follow the engine, which says nothing when it is paused."""
        self._model.show_engine(state)

    def chosen(self) -> list[RunRow]:
        return [self._runs.rows[index.row()] for index in self.table.selectionModel().selectedRows()]

    def choose(self, run: str) -> None:
        place = self._runs.place(run)
        if place is not None:
            self.table.selectRow(place)

    def write_note(self) -> None:
        rows = self.chosen()
        note = run_actions.write_note(self._context, [row.folder for row in rows], self) if rows else None
        for row in rows if note is not None else ():
            self._runs.update(row.id, note=note)  # also while a study runs

    def write_title(self) -> None:
        row = self.chosen()[0]
        title = run_actions.write_title(self._context, row.folder, self)
        if title is not None:
            self._runs.update(row.id, title=title)  # also while a study runs

    def show_origin(self) -> None:
        row = self.chosen()[0]
        show_origin(row.folder, row.network, self)

    def delete_runs(self) -> None:
        folders = [row.folder for row in self.chosen() if not self._under_way(row)]
        if folders:
            run_actions.delete_runs(self._context, folders, self)

    def _loaded(self) -> None:
        """The table is new, and nothing in it is chosen: choose again what was chosen of this study."""
        self.refresh()
        self.table.setColumnHidden(MODALITY, not self._runs.several_modalities)
        if self._runs.study != self._chosen_of:
            self._chosen, self._chosen_of = (), self._runs.study
        rows = QItemSelection()
        for place in map(self._runs.place, self._chosen):
            if place is not None:
                index = self._model.index(place, 0)
                rows.select(index, index)
        how = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(rows, how.ClearAndSelect | how.Rows)
        self._selection_changed()  # Qt does not say that a new table has no selection

    def _happened(self, event: Event) -> None:
        if isinstance(event, StudyStarted):  # all its curves are of interest
            self.table.clearSelection()

    def _under_way(self, row: RunRow) -> bool:
        return run_actions.under_way(self._context, row.folder)

    def _study_chosen(self) -> None:
        self._runs.show(str(self.studies.currentData()))

    def _resume(self) -> None:
        self.resume_wanted.emit(self._runs.study)

    def _prefer(self) -> None:
        """In the order of the table; what was preferred before comes after."""
        self._context.engine.prefer([row.id for row in self.chosen() if row.phase is Phase.WAITING])
        self._model.show_first(self._context.engine.first)

    def _extend(self) -> None:
        self.extend_wanted.emit(self._runs.study)

    def _selection_changed(self) -> None:
        self._chosen = tuple(row.id for row in self.chosen())
        self.selected.emit(self._chosen)
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        idle = self._context.engine.status.state is State.IDLE
        writable = self._context.workspace.writable
        chosen = self.chosen()
        unfinished = any(row.phase is not Phase.DONE for row in self._runs.rows)
        self.resume.setVisible(idle and unfinished and writable)
        self.next.setVisible(not idle and self._runs.told)
        self.next.setEnabled(any(row.phase is Phase.WAITING for row in chosen))
        self.extend.setEnabled(bool(self._runs.rows))
        self.name.setEnabled(len(chosen) == 1 and writable)
        self.origin.setEnabled(len(chosen) == 1 and chosen[0].phase is not Phase.WAITING)
        self.annotate.setEnabled(bool(chosen) and writable)
        self.delete.setEnabled(any(not self._under_way(row) for row in chosen) and writable)

    def _dress_table(self) -> None:
        table = self.table
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(round(theme.pixels(3 * theme.GRID)))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.moveSection(MODALITY, 1)
        table.setMinimumHeight(12 * theme.GRID)


def _text(row: RunRow, column: int) -> str:
    match column:
        case 0:
            return f"{row.title} · {row.network}" if row.title else row.network
        case 1:
            return str(row.spec.fold)
        case 2:
            return str(row.spec.seed)
        case 3:
            return row.phase.word
        case 4:
            return "–" if row.spec.epochless else f"{row.epoch} / {row.spec.recipe.epochs}"
        case 5:
            return "" if row.accuracy is None else f"{100 * row.accuracy:.1f} %"
        case 6:
            settled = row.phase not in (Phase.WAITING, Phase.RUNNING) or row.kept  # else it is about to change
            return readable.size(row.bytes) if settled and row.bytes else ""
        case 7:
            return row.note
    return row.spec.modality.word


def _button(icon: str, text: str, tooltip: str) -> QToolButton | QPushButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tooltip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    theme.set_icon(button, icon)
    return button
