"""Takes the clips of the table home, or those that are marked: as a folder, or as one page that plays offline."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QMessageBox, QToolButton, QWidget

from core.analysis.export_clips import export_folder, export_page
from core.analysis.exported import Exported
from core.analysis.selection import quoted
from core.analysis.study_records import StudyRecords
from core.control import Control
from core.files import slug
from core.readable import counted, size
from gui import theme
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.errors_parts import map_method
from gui.panels.errors_review import ErrorsReview
from gui.widgets.clip_table import ClipTable
from gui.widgets.controls import tool_button
from gui.widgets.error_filters import ErrorFilters
from gui.widgets.progress_line import ProgressLine

MANY = 500  # clips
LARGE = 100e6  # bytes of a page: browsers hold all of it in memory
PLACE = "errors/export_place"  # where something was exported to last
NAMED = 3  # cells of the matrix; of more it is said how many there are


class ExportClips(QWidget):
    """The progress of what is under way, and a button with a menu, to be put where there is room."""

    def __init__(self, context: Context, source: ClipSource, table: ClipTable, review: ErrorsReview) -> None:
        super().__init__()
        self._context, self._source, self._table, self._review = context, source, table, review
        self._data: StudyRecords | None = None
        self._words = ""
        self._exported: Exported | None = None  # what is under way
        self._path = Path()
        self._job: Job | None = None
        self.progress = ProgressLine()
        self.progress.cancel.setToolTip("Stop here. Nothing of it is left.")
        self.button = tool_button(
            "mdi6.export-variant",
            "Export …",
            "Take the clips of the table home, with all that the networks said: those that are marked where several "
            "are (Shift-click, Ctrl-click), else all of them.",
        )
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.button)
        menu.setToolTipsVisible(True)
        self.folder = menu.addAction("Clips as a folder …", self._folder_wanted)
        self.folder.setToolTip("The files as they are, pictures with maps, a table (CSV), the licence, and the page.")
        self.page = menu.addAction("One page (HTML) …", self._page_wanted)
        self.page.setToolTip("One file to read, to see and to hear in any browser, without a network.")
        self.button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.progress, 1)
        source.changed.connect(self._offer)
        self.progress.cancelled.connect(self.cancel)
        self._offer()

    def show_selected(self, data: StudyRecords | None, words: str = "") -> None:
        """What stands in the table is of these records, and was chosen so."""
        self._data, self._words = data, words
        self._offer()

    def cancel(self) -> None:
        """Stop what is under way."""
        if self._job is not None:
            self._job.cancel()
        self._end()

    def _offer(self) -> None:
        there = self._data is not None and self._source.dataset is not None and self._table.clips.rowCount() > 0
        self.button.setEnabled(there and self._job is None)

    # how much, and where to -------------------------------------------------------------------------------------

    def _folder_wanted(self) -> None:
        self._measure("folder_bytes")

    def _page_wanted(self) -> None:
        self._measure("page_bytes")

    def _measure(self, of: str) -> None:
        """In the background: the files may lie on a slow disk."""
        data, dataset = self._data, self._source.dataset
        if data is None or dataset is None:
            return
        colours = {n.label: theme.architecture_colour(n.architecture).name() for n in data.networks}
        marked = self._table.marked
        rows = tuple((marked if len(marked) else self._table.clips.rows).tolist())
        words = f"{self._words} · {counted(len(marked), 'row')} marked" if len(marked) else self._words
        self._exported = Exported(
            data, rows, dataset, words, self._review.reviews_of(rows), colours, map_method(self._context.settings)
        )
        self.progress.begin("Looking at the clips …")
        self._job = self._context.jobs.run(partial(_measure, self._exported, of), self._measured, self._failed)
        self._offer()

    def _measured(self, found: tuple[str, int, float]) -> None:
        (of, clips, bytes_), exported = found, self._exported
        self._end()
        as_page = of == "page_bytes"
        if exported is None or not self._agreed(clips, bytes_, as_page):
            return
        kept = Path(str(self._context.settings.value(PLACE, "")) or Path.home())
        name = str(kept / f"{slug(exported.data.study)}-clips{'.html' if as_page else ''}")
        title = f"Export {counted(clips, 'clip')}, about {size(bytes_)}"
        if as_page:
            chosen, _ = QFileDialog.getSaveFileName(self, title, name, "Pages (*.html)")
        else:
            option = QFileDialog.Option.DontConfirmOverwrite  # a folder that is there is never written over
            chosen, _ = QFileDialog.getSaveFileName(self, f"{title}: name of a new folder", name, options=option)
        if chosen:
            self._begin(exported, Path(chosen), as_page)

    def _agreed(self, clips: int, bytes_: float, as_page: bool) -> bool:
        """Much of it is asked about first; Return alone does nothing."""
        if clips <= MANY and not (as_page and bytes_ > LARGE):
            return True
        slow = " A page of more than 100 MB opens slowly in a browser." if as_page and bytes_ > LARGE else ""
        buttons = QMessageBox.StandardButton
        question = (
            f"These are {counted(clips, 'clip')}, about {size(bytes_)}.{slow} Every network is asked about each of "
            "them, which takes a while. Export all of them?"
        )
        answer = QMessageBox.question(self, "Export", question, buttons.Yes | buttons.No, buttons.No)
        return answer == buttons.Yes

    # doing it ---------------------------------------------------------------------------------------------------

    def _begin(self, exported: Exported, path: Path, as_page: bool) -> None:
        if as_page and not path.suffix:
            path = path.with_suffix(".html")
        self._context.settings.setValue(PLACE, str(path.parent))
        self._exported, self._path = exported, path
        write = partial(export_page if as_page else export_folder, exported, self._context.workspace, path)
        self.progress.begin("Reading the clips …")
        self._job = self._context.jobs.run(write, self._written, self._failed, self.progress.report)
        self._offer()

    def _written(self, problems: tuple[str, ...]) -> None:
        exported = self._exported
        self._end()
        if exported is not None:
            there = "is" if len(exported.clips) == 1 else "are"
            said = f"{counted(len(exported.clips), 'clip')} {there} in {self._path}."
            self._context.message.emit(" ".join((said, *problems)), "warning" if problems else "info")

    def _failed(self, sentence: str) -> None:
        self._end()
        self._context.message.emit(sentence, "error")

    def _end(self) -> None:
        self._job = self._exported = None
        self.progress.end()
        self._offer()


def how_chosen(filters: ErrorFilters, chosen: str) -> str:
    """In words, how the clips of the table were chosen: by the filters, and among those."""
    words, search = filters.words(), filters.search.text().strip()
    said = [words["which"]]
    if filters.right.isVisibleTo(filters):
        said += [f"A is {words['right']}", f"B is {words['wrong']}"]
    narrowed = ("network", "fold", "seed", "class")
    said += [f"{name} {words[name]}" for name in narrowed if not words[name].startswith("all")]
    if search:
        said.append(f"with {quoted(search)} in name or class")
    return " · ".join(filter(None, (*said, chosen)))


def cells_in_words(cells: Collection[tuple[int, int]], classes: Sequence[str]) -> str:
    """Cells of the matrix, true and predicted class."""
    if len(cells) > NAMED:
        return f"{len(cells)} cells of the matrix"
    return ", ".join(
        f"{classes[true]} recognised" if true == predicted else f"{classes[true]} taken for {classes[predicted]}"
        for true, predicted in sorted(cells)
    )


def _measure(exported: Exported, of: str, control: Control, report: object) -> tuple[str, int, float]:
    bytes_: float = getattr(exported, of)
    return of, len(exported.clips), bytes_
