"""The map: clips stand near each other where networks find them alike, and are chosen by a line drawn around them."""

from __future__ import annotations

import importlib
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSignalBlocker
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedLayout, QToolButton, QToolTip, QVBoxLayout, QWidget

from core.analysis.confusion import count, order
from core.analysis.study_records import StudyRecords
from core.control import Control
from core.events import Progress
from core.readable import counted
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.errors_map_queue import MapQueue, Runs
from gui.panels.errors_parts import Selector
from gui.widgets.clip_columns import short_names
from gui.widgets.controls import named_combo, tool_button
from gui.widgets.empty_state import EmptyState
from gui.widgets.marks import mark_icon
from gui.widgets.network_maps import MapCell, NetworkMaps
from gui.widgets.point_colours import FEW, Colouring, class_colours, coloured, legend
from gui.widgets.progress_line import ProgressLine

MOST = 6  # maps at once: more would be too small to be read
EMPTY = "Every test clip will be here, near those that the network finds like it, once a study has finished a run."
NO_RUN = "No finished run has this network, this fold and this seed."
WAITING, CANCELLED = "Mapping …", "Not mapped: it was cancelled."


class ClipMaps(Selector):
    """A map for each network that the filters choose. A clip that is pointed at or chosen in one is so in all."""

    title = "Map"
    help = (
        "Test clips by what the networks made of them: near = alike. Distances between groups far apart, and sizes of "
        "groups, mean little (t-SNE). Draw a line around clips to list them."
    )

    def __init__(self, context: Context, source: ClipSource, parent: QWidget | None = None) -> None:
        super().__init__(context, source, parent)
        self.queue = MapQueue(context, self)
        self._ordering: Job | None = None
        self._mapped: StudyRecords | None = None  # what the maps are of: `data` when the page was last in view
        self._wanted: dict[str, Runs] = {}  # by label of the network, of those shown
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)  # of classes, by which many are coloured
        self._names: list[str] = []  # of clips
        self._marked: object = None  # the selection that is set off
        self._pointed = -1  # clip
        self.colouring = named_combo("Colour", "What the colour of a clip says.", 144)
        for by in Colouring:
            self.colouring.addItem(by.value)
        chosen = str(context.settings.value("errors/map_colour", Colouring.TRUE.value))
        self.colouring.setCurrentIndex(max(0, self.colouring.findText(chosen)))
        self.ring = named_combo("Class", "Ring all clips of this true class; of this answer, coloured by answers.", 128)
        self.networks = tool_button("mdi6.view-grid-outline", "Networks", f"Which have a map here, {MOST} at most.")
        self.networks.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.networks.setMenu(QMenu(self.networks))
        self.again = tool_button("mdi6.refresh", "Map", "Place the clips that have no place yet.")
        self.maps, self.progress = NetworkMaps(), ProgressLine(narrow=True)
        self.legend = theme.label(size=theme.SMALL, wrap=True)
        self._empty = EmptyState(EMPTY)
        self._lay_out()
        self.colouring.activated.connect(self._colour)
        self.ring.activated.connect(self._mark_class)
        self.legend.linkActivated.connect(self._class_clicked)
        self.networks.menu().triggered.connect(self._networks_chosen)
        self.again.clicked.connect(self._go_on)
        self.queue.changed.connect(self._show_found)
        self.queue.progressed.connect(self._progressed)
        self.queue.ended.connect(self.progress.end)
        self.progress.cancelled.connect(self._cancelled)
        self.maps.pointed.connect(self._point)
        self.maps.clicked.connect(self._clicked)
        self.maps.lassoed.connect(self._lassoed)

    # what the panel calls ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        other = self.data is not self._mapped
        if other:
            self._take_data()
        wanted = self._choice()
        if other or wanted != self._wanted:
            self._wanted = wanted
            self.again.hide()
            self.queue.want(self.data, tuple(wanted.values()))
            self._show_networks()
        self._empty.sentence.setText(EMPTY if self.data is None else NO_RUN)
        self._pages.setCurrentIndex(int(bool(self._wanted)))
        self.mark()

    def mark(self) -> None:
        if self.data is None or self.data is not self._mapped:
            return
        records = self.data.records
        if self.selected is not self._marked:
            self._marked = self.selected
            chosen = np.zeros(len(records.clip_ids), bool)
            chosen[records.clip[self.selected]] = True
            for cell in self.maps.cells:
                cell.points.set_bright(chosen[cell.clips])
        self.maps.point_at(self._pointed, int(records.clip[self.record]) if self.record >= 0 else -1)

    def present(self, on: bool) -> None:
        self._controls.setVisible(not on)

    def save_state(self) -> None:
        self.context.settings.setValue("errors/map_colour", self._by.value)

    def close_part(self) -> None:
        self.queue.stop()
        self._stop_ordering()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._fill_classes()
            self._colour()

    # which networks ---------------------------------------------------------------------------------------------

    def _take_data(self) -> None:
        """Other records: nothing that was found of those before holds."""
        self._stop_ordering()
        self._mapped, self._wanted, self._pointed = self.data, {}, -1
        classes = self._mapped.records.classes if self._mapped is not None else ()
        self._names = short_names(self._mapped.records.clip_ids.tolist()) if self._mapped is not None else []
        ringed = self.ring.currentText()
        self._order = np.arange(len(classes))
        self._fill_classes()
        self.ring.setCurrentIndex(max(0, self.ring.findText(ringed)))
        menu = self.networks.menu()
        menu.clear()
        for place, network in enumerate(self._mapped.networks if self._mapped is not None else ()):
            action = menu.addAction(network.name)
            action.setData(network.label)
            action.setCheckable(True)
            action.setChecked(place < MOST)
        self.networks.setVisible(len(menu.actions()) > MOST)
        if self._mapped is not None and len(classes) > FEW:
            self._ordering = self.context.jobs.run(partial(_order_classes, self._mapped), self._ordered)

    def _choice(self) -> dict[str, Runs]:
        """The runs of each network that the filters choose."""
        if self.data is None:
            return {}
        infos = self.data.records.runs
        by_network = {
            network.label: tuple(run for run in self.runs if infos[run].network == network.label)
            for network in self.data.networks
        }
        chosen = {label: runs for label, runs in by_network.items() if runs}
        checked = {action.data() for action in self.networks.menu().actions() if action.isChecked()}
        if len(chosen) > MOST:
            chosen = {label: runs for label, runs in chosen.items() if label in checked}
        return chosen

    def _networks_chosen(self) -> None:
        """No more than there is room for: the last of those that were there before gives way."""
        actions, sender = self.networks.menu().actions(), self.networks.menu().activeAction()
        checked = [action for action in actions if action.isChecked()]
        if not checked and sender is not None:
            sender.setChecked(True)
        if len(checked) > MOST:
            next(action for action in reversed(checked) if action is not sender).setChecked(False)
        self.refresh()

    def _show_networks(self) -> None:
        networks = {network.label: network for network in self._mapped.networks} if self._mapped is not None else {}
        self.maps.set_networks(
            [
                (
                    networks[label].name,
                    mark_icon(networks[label].modality, theme.architecture_colour(networks[label].architecture)),
                )
                for label in self._wanted
            ]
        )
        self._show_found()

    def _stop_ordering(self) -> None:
        if self._ordering is not None:
            self._ordering.cancel()
        self._ordering = None

    # mapping ----------------------------------------------------------------------------------------------------

    def _progressed(self, progress: Progress) -> None:
        if self.progress.isHidden():
            self.progress.begin(progress.what)
        self.progress.report(progress)

    def _cancelled(self) -> None:
        self.queue.stop()
        self._show_found(CANCELLED)
        self.again.show()

    def _go_on(self) -> None:
        self.again.hide()
        self._show_found()
        self.queue.go_on()

    # showing ----------------------------------------------------------------------------------------------------

    def _show_found(self, instead: str = WAITING) -> None:
        """Maps where there are any, and `instead` where there is none yet."""
        for cell, runs in zip(self.maps.cells, self._wanted.values(), strict=True):
            found = self.queue.found.get(runs, instead)
            if isinstance(found, str):
                cell.say(found)
            elif cell.map is not found and self._mapped is not None:
                cell.show_map(found, self._mapped.records)
        self._marked = None
        self._colour()
        self.mark()

    def _colour(self) -> None:
        if self._mapped is None:
            return
        by, records = self._by, self._mapped.records
        for cell in self.maps.cells:
            if cell.map is not None:
                cell.points.set_colours(*coloured(by, records, cell.map.rows, self._order))
        self.legend.setText(legend(by, records.classes, self._order))
        self._mark_class()

    @property
    def _by(self) -> Colouring:
        return Colouring(self.colouring.currentText())

    def _fill_classes(self) -> None:
        """The classes to choose from, with their colours."""
        ringed = self.ring.currentIndex()
        with QSignalBlocker(self.ring):
            self.ring.clear()
            self.ring.addItem("none")
            for name, colour in zip(
                self._mapped.records.classes if self._mapped else (), class_colours(self._order), strict=True
            ):
                self.ring.addItem(theme.swatch(colour), name)
            self.ring.setCurrentIndex(min(max(0, ringed), self.ring.count() - 1))

    def _mark_class(self) -> None:
        if self._mapped is None:
            return
        by_answer = self._by is Colouring.PREDICTED
        labels = self._mapped.records.predicted if by_answer else self._mapped.records.true
        for cell in self.maps.cells:
            if cell.map is not None:
                cell.points.set_ringed(labels[cell.map.rows] == self.ring.currentIndex() - 1)

    def _class_clicked(self, link: str) -> None:
        """In the legend: ringed, or not any more."""
        place = 1 + int(link)
        self.ring.setCurrentIndex(0 if self.ring.currentIndex() == place else place)
        self._mark_class()

    def _ordered(self, found: NDArray[np.int64]) -> None:
        self._ordering, self._order = None, found
        self._fill_classes()
        self._colour()

    # pointing and choosing --------------------------------------------------------------------------------------

    def _point(self, cell: MapCell, place: int) -> None:
        self._pointed = int(cell.clips[place]) if place >= 0 else -1
        self.mark()
        if place >= 0:
            QToolTip.showText(QCursor.pos(), self._words(self._pointed), cell.points)
        else:
            QToolTip.hideText()

    def _words(self, clip: int) -> str:
        """A clip, and what each network on the maps said of it."""
        assert self.data is not None
        records, said = self.data.records, []
        for cell in self.maps.cells:
            place = cell.place_of(clip)
            if place >= 0 and cell.map is not None:
                row = cell.map.rows[place]
                answer = records.classes[records.predicted[row]]
                said.append(f"{cell.name}: {answer}, {100 * records.confidence[row]:.0f} % sure")
                true = records.classes[records.true[row]]
        return "\n".join([self._names[clip], f"True class: {true}", *said])

    def _clicked(self, cell: MapCell, place: int) -> None:
        """Open a clip of the table, or let the table hold it; beside all points, give up what was chosen."""
        if self.data is None or cell.map is None:
            return
        if place < 0:
            if self.selected.size < self.rows.size:
                self.chosen.emit(None, "")
            return
        records, clip = self.data.records, cell.clips[place]
        listed = self.selected[records.clip[self.selected] == clip]
        if listed.size:
            own = cell.map.rows[place]
            self.open_wanted.emit(int(own if own in listed else listed[0]))
        else:
            self._choose(np.array([clip]), f"{self._names[clip]}, clicked on the map of {cell.name}")

    def _lassoed(self, cell: MapCell, places: NDArray[np.int64], more: bool) -> None:
        if self.data is None:
            return
        clips = cell.clips[places]
        if more and self.selected.size < self.rows.size:
            clips = np.union1d(clips, self.data.records.clip[self.selected])
        listed = np.intersect1d(clips, self.data.records.clip[self.rows])
        if listed.size:
            self._choose(listed, f"{counted(listed.size, 'clip')} lassoed on the map of {cell.name}")
        elif not more and self.selected.size < self.rows.size:
            self.chosen.emit(None, "")

    def _choose(self, clips: NDArray[np.int64], words: str) -> None:
        """All records of these clips that the filters let through."""
        assert self.data is not None
        rows = self.rows[np.isin(self.data.records.clip[self.rows], clips)]
        if rows.size:
            self.chosen.emit(rows, words)

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._controls, page = QWidget(), QWidget()
        row, column = QHBoxLayout(self._controls), QVBoxLayout(page)
        for combo in (self.colouring, self.ring):
            row.addWidget(theme.label(combo.accessibleName(), muted=True))
            row.addWidget(combo)
            row.addSpacing(theme.GRID)
        row.addWidget(self.networks)
        row.addStretch(1)
        row.addWidget(self.again)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._controls)
        column.addWidget(self.maps, 1)
        column.addWidget(self.legend)
        column.addWidget(self.progress)
        self.again.hide()
        self.networks.hide()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(page)


def _order_classes(data: StudyRecords, control: Control, report: object) -> NDArray[np.int64]:
    """Classes that are taken for each other side by side."""
    importlib.import_module("scipy.cluster.hierarchy")
    control.checkpoint()
    records = data.records
    true, predicted = records.true.astype(np.int64), records.predicted.astype(np.int64)
    return order(records.classes, count(true, predicted, len(records.classes)), "cluster")
