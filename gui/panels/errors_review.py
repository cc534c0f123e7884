"""Reviewing in the Errors panel: what a person says of the clip that is open, kept in the workspace at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QFileDialog, QWidget

from core.analysis.review import Key, Review, ReviewBook, Verdict, open_reviews
from core.analysis.reviewed_records import ReviewedRecords, digests_of
from core.analysis.study_records import StudyRecords
from core.control import Control
from core.datasets.base import Clip, Dataset
from core.errors import UserError
from core.evaluation.tables import dataset_title
from core.events import Progress
from core.files import write_atomically
from core.media import digest_of
from core.readable import counted
from core.workspace import Workspace
from gui.clip_source import ClipSource
from gui.context import Context
from gui.jobs import Job
from gui.panels.errors_review_scores import ScoresDialog
from gui.widgets.clip_table import ClipTable
from gui.widgets.review_bar import ReviewBar

GO_ON = "errors/review_go_on"
FILE = "reviews.csv"
NOTHING_OPEN = "Open a clip first: what you say is of the clip that is open."
READING = "The reviews of this workspace are being read."
NO_FILE = "Reviews are kept by what a file holds, and the file of this clip is not there."
OF_NETWORKS = "The accuracy of each network without them, beside that of all its test clips."
OF_CAPTURES = "Captures are kept by hand, mostly where something was wrong: no share of them is a score."

Change = Callable[[Review], Review]


@dataclass(frozen=True)
class Subject:
    """What something is said of, whatever is open by the time its file has been read."""

    reviewed: ReviewedRecords
    record: int
    clip: Clip
    true_class: str
    dataset: str  # in words


class ErrorsReview(ReviewBar):
    """The bar for the clip that is open in a table of a study's records.

    Attributes:
        book: the reviews of the workspace; None until they are read.
        reviewed: those of the study that is shown.
    """

    def __init__(self, context: Context, source: ClipSource, table: ClipTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context, self.source, self.table = context, source, table
        self.book: ReviewBook | None = None
        self.reviewed: ReviewedRecords | None = None
        self._data: StudyRecords | None = None
        self._record = -1
        self._dataset: Dataset | None = None  # whose files the digests are of
        self._digests: dict[str, str] = {}  # sha256 by clip id
        self._looking: Job | None = None
        self._asked: ReviewedRecords | None = None  # whose clips were looked for in `_dataset`
        self._trouble = READING
        self.go_on.setChecked(bool(context.settings.value(GO_ON, True, type=bool)))
        self.verdict_wanted.connect(self._give)
        self.note_wanted.connect(self._write)
        self.note_left.connect(self.table.setFocus)
        self.undo_wanted.connect(self._undo)
        self.redo_wanted.connect(self._redo)
        self.scores_wanted.connect(self._show_scores)
        self.export_wanted.connect(self._export)
        self.looking.cancelled.connect(self._end_looking)
        table.clips.modelReset.connect(self._count)
        context.jobs.run(partial(_open, context.workspace), self._have_book, self._no_book)

    @property
    def codes(self) -> NDArray[np.int8] | None:
        """(records,) of the study that is shown, see `ReviewedRecords`; None = there is none."""
        return None if self.reviewed is None else self.reviewed.codes

    # what the panel calls ---------------------------------------------------------------------------------------

    def show_data(self, data: StudyRecords | None, opened: int = -1) -> None:
        """Another study, or the same read again, before the table shows it; None = none. `opened` is the record that
        is open already."""
        self.note.keep()
        self._data, self._record = data, opened
        self.reviewed = None if data is None else ReviewedRecords(data.records)
        self._look()
        self._fill()
        self._show()

    def show_record(self, record: int) -> None:
        """This one is open now; −1 = none."""
        if record != self._record:
            self.note.keep()  # of the one that was
            self._record = record
        self._look()
        self._show()

    def reviews_of(self, rows: Sequence[int]) -> dict[str, Review]:
        """By clip id, what was said of the clips of some records."""
        found: dict[str, Review] = {}
        if self._data is not None and self.reviewed is not None and self.book is not None:
            records = self._data.records
            for record in rows:
                key = self.reviewed.key(record)
                if key is not None and key in self.book.reviews:
                    found[str(records.clip_ids[records.clip[record]])] = self.book.reviews[key]
        return found

    def save_state(self) -> None:
        self.context.settings.setValue(GO_ON, self.go_on.isChecked())

    def close_review(self) -> None:
        """The window is closing: what was said last may not be written yet."""
        self.note.keep()
        self._end_looking()
        if self.book is not None:
            try:
                self.book.save()
            except UserError as error:
                self.context.message.emit(str(error), "error")

    # what is known ----------------------------------------------------------------------------------------------

    def _have_book(self, book: ReviewBook) -> None:
        self.book, self._trouble = book, ""
        if book.problem:
            self.context.message.emit(book.problem, "warning")
        self._fill()
        self._refresh()

    def _no_book(self, sentence: str) -> None:
        self._trouble = sentence
        self.context.message.emit(sentence, "error")
        self._show()

    def _look(self) -> None:
        """Find out what the clips of the study hold, once its dataset is open."""
        dataset, reviewed = self.source.dataset, self.reviewed
        if dataset is None or reviewed is None or (dataset is self._dataset and reviewed is self._asked):
            return
        if dataset is not self._dataset:
            self._dataset, self._digests = dataset, {}
        self._end_looking()
        self._asked = reviewed
        reviewed.know(self._digests)
        unknown = reviewed.unknown()
        if unknown:
            look = partial(digests_of, unknown, dataset, self.context.workspace)
            self._looking = self.context.jobs.run(look, self._have_digests, self._not_looked, self._progressed)

    def _progressed(self, progress: Progress) -> None:
        self.looking.show()
        self.looking.report(progress)

    def _have_digests(self, digests: dict[str, str]) -> None:
        self._end_looking()
        self._digests.update(digests)
        if self.reviewed is not None:
            self.reviewed.know(digests)
        self._fill()
        self._refresh()

    def _not_looked(self, sentence: str) -> None:
        self._end_looking()
        self.context.message.emit(sentence, "error")

    def _end_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        self.looking.end()

    def _fill(self) -> None:
        """Everything that is known, laid on the records anew."""
        if self.reviewed is not None and self.book is not None:
            self.reviewed.fill(self.book.reviews)

    def _refresh(self) -> None:
        self.table.clips.refresh()
        self._count()
        self._show()

    def _count(self) -> None:
        if self.reviewed is not None:
            self.show_progress(*self.reviewed.progress(self.table.clips.rows))

    def _show(self) -> None:
        key = self.reviewed.key(self._record) if self.reviewed is not None and self._record >= 0 else None
        review = self.book.reviews.get(key) if self.book is not None and key is not None else None
        self.show_review(review, self._why_not())
        if self.book is not None:
            self.show_steps(self.book.can_undo, self.book.can_redo)
            self.export.setEnabled(bool(self.book.reviews))
        captured = self._data is not None and self._data.captured
        self.scores.setEnabled(self._data is not None and not captured)
        self.scores.setToolTip(OF_CAPTURES if captured else OF_NETWORKS)

    def _why_not(self) -> str:
        """Why nothing can be said of the clip that is open, as a sentence; nothing where it can."""
        if self._data is None or self._record < 0:
            return NOTHING_OPEN
        if not self.context.workspace.writable:
            return self.context.workspace.read_only_because
        if self._trouble:
            return self._trouble
        if self._clip is None:
            return self.source.trouble or NO_FILE
        return ""

    @property
    def _clip(self) -> Clip | None:
        assert self._data is not None
        return self.source.clip(self._data.name_of(self._record)[1])

    # what is said -----------------------------------------------------------------------------------------------

    def _give(self, verdict: Verdict) -> None:
        self._change(lambda review: review.toggled(verdict))

    def _write(self, text: str) -> None:
        self._change(lambda review: review.noted(text))

    def _change(self, change: Change) -> None:
        """Of the clip that is open; its file is read first where nobody has."""
        why_not = self._why_not()
        if why_not:
            self.context.message.emit(why_not, "warning")
            self._show()  # or a button would stay pressed
            return
        assert self._data is not None and self.reviewed is not None and self._clip is not None
        records, run = self._data.records, self._data.records.run[self._record]
        subject = Subject(
            self.reviewed,
            self._record,
            self._clip,
            records.classes[records.true[self._record]],
            dataset_title(self._data.specs[run].dataset),
        )
        key = self.reviewed.key(self._record)
        if key is None:
            self.context.jobs.run(partial(_read, subject, change), self._have_content)
        else:
            self._apply(subject, change, key.content)

    def _have_content(self, found: tuple[Subject, Change, str]) -> None:
        subject, change, content = found
        subject.reviewed.know({subject.clip.id: content})
        self._apply(subject, change, content)

    def _apply(self, subject: Subject, change: Change, content: str) -> None:
        assert self.book is not None
        key = Key(content, subject.true_class)
        before = self.book.of(key, subject.clip.id, subject.dataset)
        review = change(before)
        self.book.keep(review)
        self._changed(key)
        new = review.verdict not in (None, before.verdict)
        if new and self.go_on.isChecked() and (self.reviewed, self._record) == (subject.reviewed, subject.record):
            self._open(subject.reviewed.next_without(self.table.clips.rows, self.table.currentIndex().row()))

    def _changed(self, key: Key) -> None:
        assert self.book is not None
        if self.reviewed is not None:
            self.reviewed.show(key, self.book.reviews.get(key))
        self._refresh()
        self.context.jobs.run(partial(_save, self.book))

    def _undo(self) -> None:
        if self.book is not None:
            self._stepped(self.book.undo())

    def _redo(self) -> None:
        if self.book is not None:
            self._stepped(self.book.redo())

    def _stepped(self, key: Key | None) -> None:
        """What was taken back, or said again, is brought into view where it is in the table."""
        if key is None:
            return
        self._changed(key)
        rows = self.reviewed.rows_of(key) if self.reviewed is not None else np.zeros(0, np.int64)
        places = np.flatnonzero(np.isin(self.table.clips.rows, rows))
        if self._record not in rows and places.size:
            self._open(int(places[0]))

    def _open(self, place: int) -> None:
        if place >= 0:
            self.table.make_current(place)

    # what comes of it -------------------------------------------------------------------------------------------

    def _show_scores(self) -> None:
        if self._data is not None and self.reviewed is not None:
            dialog = ScoresDialog(self.context, self._data, self.reviewed, self.window())
            dialog.open()

    def _export(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Export reviews", str(Path.home() / FILE), "Tables (*.csv)")
        if path and self.book is not None:
            self.context.jobs.run(partial(_export, self.book, Path(path)), self._exported)

    def _exported(self, sentence: str) -> None:
        self.context.message.emit(sentence, "info")


def _open(workspace: Workspace, control: Control, report: Any) -> ReviewBook:
    return open_reviews(workspace)


def _read(subject: Subject, change: Change, control: Control, report: Any) -> tuple[Subject, Change, str]:
    return subject, change, digest_of(subject.clip.path, "a clip")


def _save(book: ReviewBook, control: Control, report: Any) -> None:
    book.save()


def _export(book: ReviewBook, path: Path, control: Control, report: Any) -> str:
    table = book.table()
    write_atomically(path, table.csv().encode())
    return f"{counted(len(table.rows), 'review')} written to {path}."
