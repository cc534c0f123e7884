"""The table of networks, each of which opens into its runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from core import readable
from core.evaluation.families import started_from, variant
from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview, UnfinishedRun
from core.evaluation.summary import NetworkRow, ScoredRun, Summary
from core.evaluation.tables import given
from core.runs import RunFolder
from gui import theme
from gui.looks import Look
from gui.widgets.marks import mark_icon

FOLDERS, NETWORK, KEY = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
GIVEN, WEIGHTS, METRIC, FOLDS = 1, 2, 3, 5
LONGEST = 320  # px of a name, before type is enlarged
# All but Given are in view in a window of 1280 pixels; where that is shown, one scrolls to the last two. Where all
# networks are of one modality it is shown only if their names leave out what it says.
COLUMNS = (  # heading, width, tooltip; what wins on the left
    ("Network", 200, "Architecture and name; open it to see its runs. A double click, or Enter, shows its errors."),
    ("Given", 160, "What a network is given of a clip: its sound, its sight, or both; and how it joins the frames of a "
     "video, the windows of a spectrogram, or its two branches."),
    ("Weights", 96, "What the network started from; scratch: random numbers."),
    ("", 88, ""),
    ("95 % interval", 112, "Student's t over the folds, corrected for the training clips that folds share "
     "(Nadeau & Bengio 2003). One fold has none."),
    ("Folds × seeds", 108, "How many runs the mean stands on."),
    ("Gap", 64, "Accuracy on training clips less that on test clips, in percentage points: what was learnt by heart."),
    ("Parameters", 96, "Numbers the network learns."),
    ("Training", 96, "Time spent on training, all runs together."),
    ("Clips/s", 64, "Training clips a second, the median run."),
    ("Mult-adds", 80, "Multiply-adds: multiplications with addition that one clip takes."),
    ("On disk", 72, "Room its runs take."),
    ("Note", 56, "What you wrote about a run: a double click writes it."),
)  # fmt: skip
NOTE = len(COLUMNS) - 1


class ResultTree(QTreeWidget):
    """Rows are sorted by clicking a heading; the menu of a row acts on its runs."""

    errors_wanted = Signal(str)  # label of a network
    note_wanted = Signal(object)  # RunFolder
    title_wanted = Signal(object)  # RunFolder
    name_wanted = Signal(object)  # RunFolder
    delete_wanted = Signal(object)  # list[RunFolder]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(len(COLUMNS))
        self.setHeaderLabels([heading for heading, _, _ in COLUMNS])
        for column, (_, width, tooltip) in enumerate(COLUMNS):
            self.setColumnWidth(column, round(theme.pixels(width)))
            self.headerItem().setToolTip(column, tooltip)
            if METRIC <= column < NOTE:
                self.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setUniformRowHeights(True)
        self.setSortingEnabled(True)
        self.sortByColumn(METRIC, Qt.SortOrder.DescendingOrder)
        self._metric = ""
        self.setExpandsOnDoubleClick(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Networks and runs")
        self.setMinimumHeight(12 * theme.GRID)
        self.customContextMenuRequested.connect(self._open_menu)
        self.itemActivated.connect(self._activated)

    def show_overview(self, overview: Overview, metric: str, looks: Mapping[str, Look]) -> None:
        """Fill the table; networks that were open stay open, and another metric begins with the best."""
        row = METRICS[metric]
        if metric != self._metric and self.sortColumn() == METRIC:
            order = Qt.SortOrder.DescendingOrder if row.higher_is_better else Qt.SortOrder.AscendingOrder
            self.sortByColumn(METRIC, order)
        self._metric = metric
        self.headerItem().setText(METRIC, f"{row.title} {row.unit}")
        lower = "" if row.higher_is_better else " Lower is better."
        self.headerItem().setToolTip(METRIC, f"{row.help}{lower} Mean over folds; seeds are averaged within a fold.")
        self.resizeColumnToContents(METRIC)
        self.setColumnWidth(METRIC, max(round(theme.pixels(72)), self.columnWidth(METRIC)))
        self.setColumnHidden(GIVEN, _said(overview.summary))
        opened = {item.data(0, NETWORK) for item in self._networks() if item.isExpanded()}
        self.setSortingEnabled(False)
        self.clear()
        for network in overview.summary.networks:
            item = self._add_network(network, overview, metric, looks[network.label])
            item.setExpanded(network.label in opened)
        if overview.unfinished:
            self._add_unfinished(overview).setExpanded("" in opened)
        self.setSortingEnabled(True)
        self._fit_names()

    def _fit_names(self) -> None:
        """Names are not cut, if they are not very long: to scroll to the last columns is less."""
        for column in (0, GIVEN):
            if not self.isColumnHidden(column):
                self.resizeColumnToContents(column)
                least = round(theme.pixels(COLUMNS[column][1]))
                self.setColumnWidth(column, min(max(self.columnWidth(column), least), round(theme.pixels(LONGEST))))

    def _networks(self) -> list[QTreeWidgetItem]:
        return [item for place in range(self.topLevelItemCount()) if (item := self.topLevelItem(place)) is not None]

    def _add_network(self, network: NetworkRow, overview: Overview, metric: str, look: Look) -> QTreeWidgetItem:
        mean, about = network.means[metric], METRICS[metric]
        folders = [run.folder for run in network.runs]
        size = sum(overview.sizes.get(folder.id, 0) for folder in folders)
        item = _item(
            folders,
            network.label,
            (network.label, network.label),
            (given(network.spec), given(network.spec)),
            _weights(network),
            (about.text(mean.value), _defined(mean.value)),
            (network.interval(metric), None if mean.low is None else mean.low),
            (mean.grid, mean.n_folds),
            _gap(network.gap),
            (readable.count(network.parameters), network.parameters),
            (readable.duration(network.seconds), network.seconds),
            _speed(network.clips_per_second),
            (readable.count(network.multiply_adds), network.multiply_adds),
            (readable.size(size), size),
            ("", None),
        )
        item.setIcon(0, mark_icon(network.modality, look.colour))
        item.setToolTip(0, network.label)
        item.setToolTip(GIVEN, given(network.spec))
        item.setToolTip(WEIGHTS, started_from(network.spec))
        item.setToolTip(FOLDS, mean.basis)
        self.addTopLevelItem(item)
        for run in network.runs:
            item.addChild(_run_item(run, overview, metric))
        return item

    def _add_unfinished(self, overview: Overview) -> QTreeWidgetItem:
        folders = [run.folder for run in overview.unfinished]
        group = _item(folders, "", (f"Not finished ({len(folders)})", None))
        self.addTopLevelItem(group)
        for run in overview.unfinished:
            group.addChild(_unfinished_item(run, overview))
        return group

    def _activated(self, item: QTreeWidgetItem, column: int) -> None:
        if column == NOTE:
            if item.parent() is not None:
                self.note_wanted.emit(item.data(0, FOLDERS)[0])
        elif item.data(0, NETWORK):
            self.errors_wanted.emit(item.data(0, NETWORK))

    def _open_menu(self, at: QPoint) -> None:
        item = self.itemAt(at)
        if item is None:
            return
        menu = self.menu_of(item)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(at))

    def menu_of(self, item: QTreeWidgetItem) -> QMenu:
        """What can be done with a row."""
        menu, folders, network = QMenu(self), item.data(0, FOLDERS), item.data(0, NETWORK)
        if network:
            menu.addAction("Show its errors", lambda: self.errors_wanted.emit(network))
        if item.parent() is not None:
            menu.addAction("Name it …", lambda: self.title_wanted.emit(folders[0]))
            menu.addAction("Write a note …", lambda: self.note_wanted.emit(folders[0]))
        if item.parent() is not None and network:
            menu.addAction("Copy its name for verify", lambda: self.name_wanted.emit(folders[0]))
        word = "Delete this run …" if len(folders) == 1 else f"Delete its {len(folders)} runs …"
        menu.addAction(word, lambda: self.delete_wanted.emit(folders))
        return menu


def _said(summary: Summary) -> bool:
    """Whether the names of the networks say all of what they are given: one modality, and what each does with time."""
    told = all(variant(network.spec).casefold() in network.label.casefold() for network in summary.networks)
    return told and len(summary.modalities) == 1


class _Item(QTreeWidgetItem):
    """Compares by the value behind a cell rather than by its text; what has none stands last either way."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        mine, theirs = self.data(column, KEY), other.data(column, KEY)
        if mine is None or theirs is None:
            downwards = tree is not None and tree.header().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            return mine is not theirs and (mine is None) == downwards
        return bool(mine < theirs)


Cell = tuple[str, str | float | None]  # what is shown, what it is sorted by


def _item(folders: Sequence[RunFolder], network: str, *cells: Cell) -> _Item:
    item = _Item([text for text, _ in cells])
    item.setData(0, FOLDERS, list(folders))
    item.setData(0, NETWORK, network)
    for column, (_, key) in enumerate(cells):
        item.setData(column, KEY, key)
        if METRIC <= column < NOTE:
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _run_item(run: ScoredRun, overview: Overview, metric: str) -> _Item:
    status, size = run.status, overview.sizes.get(run.folder.id, 0)
    title, place = overview.titles.get(run.folder.id, ""), f"fold {run.spec.fold} · seed {run.spec.seed}"
    item = _item(
        [run.folder],
        run.network,
        (" · ".join(filter(None, (title, place))), 1000 * run.spec.fold + run.spec.seed),
        ("", None),
        ("", None),
        (METRICS[metric].text(run.scores[metric]), _defined(run.scores[metric])),
        ("", None),
        (readable.counted(run.test_clips, "clip"), run.test_clips),
        _gap(run.gap),
        ("", None),
        (readable.duration(status.seconds), status.seconds),
        _speed(run.clips_per_second),
        ("", None),
        (readable.size(size), size),
        _note(overview, run.folder),
    )
    item.setToolTip(0, f"{run.folder.name}\n{run.folder.path}")
    item.setToolTip(NOTE, overview.notes.get(run.folder.id, ""))
    return item


def _unfinished_item(run: UnfinishedRun, overview: Overview) -> _Item:
    status, size = run.status, overview.sizes.get(run.folder.id, 0)
    blank: Cell = ("", None)
    item = _item(
        [run.folder],
        "",
        (overview.titles.get(run.folder.id) or run.folder.id, run.folder.id),
        blank,
        (status.phase.word, status.phase.word),
        *(blank,) * 5,
        (readable.duration(status.seconds), status.seconds),
        blank,
        blank,
        (readable.size(size), size),
        _note(overview, run.folder, status.reason),
    )
    item.setToolTip(0, "\n".join(filter(None, (run.folder.name, str(run.folder.path), status.reason))))
    item.setToolTip(NOTE, item.text(NOTE))
    return item


def _note(overview: Overview, folder: RunFolder, otherwise: str = "") -> Cell:
    note = overview.notes.get(folder.id, "") or otherwise
    return note.replace("\n", " "), note


def _gap(gap: float | None) -> Cell:
    return ("–", None) if gap is None else (readable.figure(100 * gap, "+.1f"), gap)


def _defined(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _speed(clips_per_second: float | None) -> Cell:
    return ("–", None) if clips_per_second is None else (f"{clips_per_second:.1f}", clips_per_second)


def _weights(network: NetworkRow) -> Cell:
    """In a word; the tooltip says all of it."""
    if network.spec.classical:
        return "–", ""
    trained = any(branch.run for branch in network.spec.branches)
    kind = "branches" if trained else network.spec.network.weights
    word = "scratch" if kind == "none" else kind
    return word, word
