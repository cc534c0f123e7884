"""Nearest: the training clips that a network finds most like a clip, to hear and to see what it took it for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QSplitter, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from core.analysis.nearest import Neighbour, nearest, training_predictions
from core.control import Control
from core.events import Progress
from core.run_spec import DatasetChoice
from core.runs import RunFolder
from core.workspace import Workspace
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.panels.errors_parts import ClipPage
from gui.widgets.clip_columns import short_names
from gui.widgets.clip_view import MODEL, ClipView
from gui.widgets.elided import ElidedLabel

SHOWN = 8  # of any class, and as many of the true one
ABOUT = (
    "How alike: cosine of the angle between the features of the two clips, 1 = the same direction. Features are what "
    "the last layer of the network is given."
)
CLASS_SHARE = 0.4  # of the width of the list, at most: names of clips need the rest
OF_CLASS = "Its label. In the colour of errors: the network takes it for another class, although it was trained on it."
CAPTURES = "A capture was heard or seen live: its features were not kept, and so nothing can be said of its neighbours."
WITHOUT = "The features of this clip were not kept when the network was tested."


class Nearest(ClipPage):
    """Asks the network of the open record about its training clips once, then looks them up."""

    title = "Nearest"
    help = "The training clips that this network finds most like the clip: what it took it for."

    def __init__(self, context: Context, source: ClipSource, clip_view: ClipView) -> None:
        super().__init__(context, source, clip_view)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Training clip", "Class", "Alike"])
        self.list.headerItem().setToolTip(1, OF_CLASS)
        self.list.headerItem().setToolTip(2, ABOUT)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(theme.GRID)
        self.list.setUniformRowHeights(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # beginnings and ends tell clips and classes apart
        self.list.setAccessibleName("Nearest training clips")
        self.list.header().setStretchLastSection(False)
        how = QHeaderView.ResizeMode
        for column, mode in enumerate((how.Stretch, how.Interactive, how.ResizeToContents)):
            self.list.header().setSectionResizeMode(column, mode)
        self.neighbour = ClipView(context, "errors/nearest", MODEL)
        self.neighbour.clear("Choose a training clip in the list to hear and see it.")
        self.about = ElidedLabel()
        self._lay_out()
        self.list.currentItemChanged.connect(self._chosen)
        self.neighbour.previous_wanted.connect(clip_view.previous_wanted)
        self.neighbour.next_wanted.connect(clip_view.next_wanted)
        self.neighbour.take_keys(self, self.list)

    def refresh(self) -> None:
        self.cancel()
        self.list.clear()
        self.about.set_text("")
        self.neighbour.clear("")
        data, record = self.data, self.record
        if data is None or record < 0:
            self.say("Choose a clip to see which training clips it was taken for.")
            return
        spec = data.specs[data.records.run[record]]
        if data.captured:
            self.say(CAPTURES)
            return
        if spec.never_again:
            self.say(spec.never_again)
            return
        folder = data.folder_of(self.context.workspace, int(data.records.run[record]))
        ask = partial(
            _neighbours, folder, spec.dataset, self.context.workspace,
            str(data.records.clip_ids[data.records.clip[record]]), int(data.records.true[record]),
        )  # fmt: skip
        self.ask(ask, self._found)

    def _found(self, found: tuple[Sequence[Neighbour], Sequence[Neighbour]]) -> None:
        self.progress.end()
        if self.data is None or self.record < 0:
            return
        if not found[0]:
            self.say(WITHOUT)
            return
        records = self.data.records
        true = records.classes[records.true[self.record]]
        for words, neighbours in ((f"Of all classes, to {records.runs[records.run[self.record]].network}", found[0]),
                                  (f"Of the true class, {true}", found[1])):  # fmt: skip
            group = QTreeWidgetItem([words])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setFont(0, theme.font(bold=True))
            self.list.addTopLevelItem(group)
            group.setFirstColumnSpanned(True)
            names = short_names([neighbour.clip_id for neighbour in neighbours])
            items = [self._item(name, neighbour) for name, neighbour in zip(names, neighbours, strict=True)]
            group.addChildren(items)
            group.setExpanded(True)
            if self.list.currentItem() is None and items:
                self.list.setCurrentItem(items[0])
        most = round(CLASS_SHARE * self.list.viewport().width())
        self.list.setColumnWidth(1, min(self.list.sizeHintForColumn(1), most))
        shares = [neighbour.label == int(records.true[self.record]) for neighbour in found[0]]
        self.about.set_text(f"{sum(shares)} of the {len(shares)} nearest are {true}.")

    def _item(self, name: str, neighbour: Neighbour) -> QTreeWidgetItem:
        assert self.data is not None
        classes = self.data.records.classes
        item = QTreeWidgetItem([name, classes[neighbour.label], f"{neighbour.similarity:.2f}"])
        item.setData(0, Qt.ItemDataRole.UserRole, neighbour.clip_id)
        item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setToolTip(0, f"{neighbour.clip_id}\nThe network takes it for {classes[neighbour.said]}.")
        item.setToolTip(1, f"{classes[neighbour.label]}\nThe network takes it for {classes[neighbour.said]}.")
        item.setToolTip(2, ABOUT)
        if neighbour.said != neighbour.label:  # an error of the network's on what it was trained on
            item.setForeground(1, theme.colour("error_text"))
        return item

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        clip_id = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        if not clip_id or self.data is None or self.record < 0:
            return
        clip = self.source.clip(clip_id)
        if clip is None or self.source.dataset is None:
            self.neighbour.clear(self.source.trouble or f"{clip_id} is no longer there.")
        else:
            given = self.data.specs[self.data.records.run[self.record]].given
            self.neighbour.show_clip(self.source.dataset, clip, given)

    def present(self, on: bool) -> None:
        self.neighbour.present(on)

    def close_part(self) -> None:
        super().close_part()
        self.neighbour.close_clip()

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.list, 1)
        column.addWidget(self.about)
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.addWidget(left)
        halves.addWidget(self.neighbour)
        halves.setSizes([360, 400])
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(theme.GRID, theme.GRID, 0, theme.GRID)
        column.addWidget(halves, 1)
        self.put_in(page)


def _neighbours(
    folder: RunFolder,
    choice: DatasetChoice,
    workspace: Workspace,
    clip_id: str,
    true: int,
    control: Control,
    report: Callable[[Progress], None],
) -> tuple[list[Neighbour], list[Neighbour]]:
    """Of all classes, and of the true one; none where no features were kept."""
    tested = folder.predictions()
    row = np.flatnonzero(tested.clip_ids == clip_id)
    if not row.size or not tested.features.shape[1]:
        return [], []
    training = training_predictions(folder, choice, workspace, control, report)
    features = tested.features[row[0]]
    return nearest(features, training, SHOWN), nearest(features, training, SHOWN, true)
