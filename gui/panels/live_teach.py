"""Teaching in the Live panel: a person's own classes, recorded while a key is held, trained, and live at once."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from core.datasets.base import Modality
from core.errors import UserError
from core.files import remove_folder
from core.live.capture import Stretch
from core.live.teach import Lesson, lessons
from core.readable import counted
from core.runs import RunFolder
from gui.context import Context
from gui.panels.live_sources import LiveSources
from gui.panels.live_study import LiveStudy
from gui.widgets.controls import confirmed
from gui.widgets.taught_class import TaughtClass
from gui.widgets.teach_form import TeachForm

if TYPE_CHECKING:
    from core.live.session import Live

USUAL = {True: 1.0, False: 2.0}  # s of an example, by whether it is heard only
LONGEST = 10.0  # s of a press: little more is held of 640 × 480 px at 30 frames a second
LOST = 0.5  # s of a press that is worth a word
CLOCK_MS = 100
NEW = "My classes"
SWITCH_ON = "Switch on first, above at the right: then hold the button, or its key."
NOTHING_YET = "Nothing comes from what is switched on yet: wait a moment, and hold again."
WAITING = "The deep-learning libraries are being loaded: training can begin in a few seconds."
HOW = (
    "Name your classes, switch on above, and hold a button, or its key, while you show or play an example of its class."
)
ENOUGH = "There is enough to learn from: train, or record more."
SENSES = {
    None: "With a camera on, it learns from what is seen; with a microphone alone, from what is heard.",
    Modality.VIDEO: "It learns from what is seen.",
    Modality.AUDIO: "It learns from what is heard.",
}


@dataclass(frozen=True)
class _Press:
    """One that is over, to be written."""

    lesson: Lesson
    label: str
    stretch: Stretch

    def write(self) -> str:
        """What has come of it, as a sentence.

        Raises:
            UserError: it is too short, or cannot be written.
        """
        held, kept = self.stretch.end - self.stretch.start, self.stretch.cut_out()
        made = counted(self.lesson.add(self.label, kept), "example")
        lost = f" Only its last {kept.seconds:.1f} s were still there." if held - kept.seconds > LOST else ""
        return f"{self.label}: {made} from {held:.1f} s.{lost}"


class LiveTeach(TeachForm):
    """The form, and what a person does with it. Presses are written one after the other, in the background."""

    said = Signal(str, str)  # sentence, level: when another panel may be in front
    learned = Signal(str)  # name of the run

    def __init__(self, context: Context, sources: LiveSources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.live: Live | None = None  # given when torch is there
        self._context, self._sources = context, sources
        self._study = LiveStudy(context, "Training", self)
        self._holding: tuple[TaughtClass, float] | None = None  # what is held, and since when
        self._coming: Counter[str] = Counter()  # presses of each class that are not on disk yet
        self._presses: deque[_Press] = deque()  # that wait to be written
        self._writing: _Press | None = None
        self._deleting = False
        self._suggested = self._usual  # s of an example
        self._clock = QTimer(self, interval=CLOCK_MS)
        self._clock.timeout.connect(self._show_held)
        self.lesson = self._draft()
        self._open_first()
        self.held.connect(self._begin)
        self.let_go.connect(self.end_press)
        self.edited.connect(self._edited)
        self.lesson_chosen.connect(self._choose)
        self.new_wanted.connect(self._begin_new)
        self.delete_wanted.connect(self._ask_deletion)
        self.forget_wanted.connect(self._forget)
        self.train_wanted.connect(self._train)
        self.stop_wanted.connect(self._study.stop)
        self._study.progressed.connect(self.progress.report)
        self._study.done.connect(self._have_learned)
        self._study.failed.connect(self._have_failed)
        sources.changed.connect(self._source_changed)
        context.libraries.arrived.connect(self._refresh)

    def end_press(self) -> None:
        """The key was let go, the window lost, or the source is about to be switched off."""
        if self._holding is None or self.live is None:
            return
        (row, since), self._holding = self._holding, None
        self._clock.stop()
        row.show_held(None)
        stretch = Stretch.of(self.live.sources.senses(), since, time.perf_counter())
        self._presses.append(_Press(self.lesson, row.name, stretch))
        self._write_next()

    def save(self) -> None:
        """Remember which lesson is open."""
        self._context.settings.setValue("live/lesson", self.lesson.folder.name)

    def close_pane(self) -> None:
        """The window is closing: what is held is given up."""
        self._clock.stop()
        self._holding = None

    # recording --------------------------------------------------------------------------------------------------

    def _begin(self, place: int) -> None:
        if self._holding is not None:
            return
        lacks = self._not_live()
        self.say(lacks, error=bool(lacks))
        if not lacks and (self.lesson.saved or self._try(self._save_lesson)):
            self._holding = self.rows[place], time.perf_counter()
            self._coming[self.rows[place].name] += 1
            self._refresh()
            self._show_held()
            self._clock.start()

    def _not_live(self) -> str:
        """Why nothing can be recorded now; "" = it can."""
        if self.live is None or not self.live.on:
            return SWITCH_ON
        if self.live.sources.senses().begun:
            return ""
        reasons = [source.status.reason for source in self.live.sources.all()]
        return " ".join(filter(None, reasons)) or NOTHING_YET

    def _show_held(self) -> None:
        if self._holding is not None:
            row, since = self._holding
            row.show_held(time.perf_counter() - since)
            if time.perf_counter() - since >= LONGEST:
                self.end_press()

    def _write_next(self) -> None:
        if self._writing is None and self._presses:
            press = self._writing = self._presses.popleft()
            self._context.jobs.run(lambda control, report: press.write(), self._press_is_over, self._not_written)

    def _not_written(self, sentence: str) -> None:
        self._press_is_over(sentence, error=True)

    def _press_is_over(self, sentence: str, error: bool = False) -> None:
        assert self._writing is not None
        self._coming[self._writing.label] -= 1
        self._writing = None
        self.say(sentence, error)
        self._refresh()
        self._write_next()

    def _forget(self) -> None:
        label = self._try(self.lesson.forget_last)
        if label:
            self.say(f"The last press, of {label}, is deleted.")
        self._refresh()

    # lessons ----------------------------------------------------------------------------------------------------

    def _draft(self) -> Lesson:
        """A new one, not on disk yet, under a name that is free."""
        taken = {lesson.folder.name for lesson in lessons(self._context.workspace)[0]}
        seconds, number, made = self._usual, 1, Lesson.called(NEW, self._context.workspace, self._usual)
        while made.folder.name in taken:
            number += 1
            made = Lesson.called(f"{NEW} {number}", self._context.workspace, seconds)
        return made

    @property
    def _usual(self) -> float:
        return USUAL[self._sources.modality == Modality.AUDIO]

    def _open_first(self) -> None:
        """The lesson that was open last, else any, else a new one."""
        found, problems = lessons(self._context.workspace)
        for problem in problems:
            self._context.message.emit(problem, "warning")
        wanted = str(self._context.settings.value("live/lesson", ""))
        last = [lesson for lesson in found if lesson.folder.name == wanted]
        self._open(next(iter((*last, *found)), None) or self._draft())

    def _open(self, lesson: Lesson) -> None:
        self.end_press()
        self.lesson = lesson
        self._suggested = self._usual
        self.show_lesson(lesson.title, lesson.seconds, tuple(dict.fromkeys((*lesson.classes, *lesson.presses()))))
        self.say("")
        self._refresh()

    def _choose(self, folder: str) -> None:
        found = {lesson.folder.name: lesson for lesson in lessons(self._context.workspace)[0]}
        self._open(found.get(folder, self.lesson))

    def _begin_new(self) -> None:
        self._open(self._draft())
        self.title.setFocus()
        self.title.selectAll()

    def _edited(self) -> None:
        """Keep what was typed; what cannot be is said, and taken back."""
        doubled = self.doubled
        title = " ".join(self.title.text().split()) or self.lesson.title
        changed = Lesson.called(title, self._context.workspace, self.seconds.value(), self.names)
        if self.lesson.rows:
            changed = replace(self.lesson, classes=self.names)
        if doubled is not None:
            self.say(f"Two classes would be called {doubled.name}: give this one another name.", error=True)
            doubled.line.clear()
        elif changed.folder != self.lesson.folder and changed.folder.exists():
            self.say(f"“{title}” would share the folder of another lesson: give this one another name.", error=True)
            self.title.setText(self.lesson.title)
        elif changed != self.lesson and self._context.workspace.writable:
            self._keep(changed)
        self._refresh()

    def _save_lesson(self) -> bool:
        self.lesson.save()
        return True

    def _keep(self, changed: Lesson) -> None:
        before, self.lesson = self.lesson, changed
        self.say("")
        self._try(self._save_lesson)
        if before.folder != changed.folder and before.saved:  # nothing has been recorded into it
            self._try(lambda: remove_folder(before.folder))

    def _source_changed(self) -> None:
        """Sounds are short, movements are longer: as long as nobody has chosen otherwise."""
        if self.seconds.value() == self._suggested and not self.lesson.rows:
            self.lesson = replace(self.lesson, seconds=self._usual)
            self.set_seconds(self._usual)
        self._suggested = self._usual

    def _ask_deletion(self) -> None:
        lesson, workspace = self.lesson, self._context.workspace
        examples = counted(sum(lesson.examples().values()), "example")
        question = f"Delete the lesson “{lesson.title}” with its {examples} for good? Networks that learned it stay."
        if confirmed(self, question):
            self._deleting = True
            self._refresh()
            self._context.jobs.run(
                lambda control, report: lesson.delete(workspace), self._have_deleted, self._not_deleted
            )

    def _have_deleted(self, _: None = None) -> None:
        self._deleting = False
        self._open_first()

    def _not_deleted(self, sentence: str) -> None:
        self._have_deleted()
        self.say(sentence, error=True)

    # training ---------------------------------------------------------------------------------------------------

    def _train(self) -> None:
        self.setFocus()  # the button is about to be disabled: else the focus goes to whatever is next
        try:
            self._study.start(self.lesson.study(self._context.workspace))
        except UserError as error:
            self.say(str(error), error=True)
            return
        self.say("")
        self.progress.begin("Reading the examples …")
        self._refresh()

    def _have_learned(self, runs: list[RunFolder]) -> None:
        (folder,) = runs
        self.progress.end()
        self._refresh()
        told = self._try(lambda: self.lesson.told(folder.predictions()))
        if told:
            self.say(told)
            if not self.isVisible():
                self.said.emit(told, "info")
            self.learned.emit(folder.name)

    def _have_failed(self, sentence: str, error: bool) -> None:
        self.progress.end()
        self.say(sentence, error)
        self._refresh()

    # showing ----------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """What there is, and what can be done with it now."""
        lesson = self.lesson
        examples, lacks = lesson.examples(), self._lacks()
        self._offer_lessons()
        self.show_counts(lesson.presses(), examples, self._coming)
        self.sense.setText(SENSES[lesson.learns])
        self.lacks.setText(lacks or ENOUGH)
        self.lacks.setVisible(self._study.study is None)
        free = self._context.workspace.writable and self._study.study is None and not self._deleting
        for row in self.rows:
            row.allow(free)
        for widget in (self.lessons, self.new, self.add):
            widget.setEnabled(free)
        settled = free and not +self._coming
        self.delete.setEnabled(settled and lesson.saved)
        self.forget.setEnabled(settled and bool(examples))
        self.train.setEnabled(settled and not lacks)
        self.train.setToolTip(lacks or "Train a network on these examples; it is asked here as soon as it is done.")

    def _lacks(self) -> str:
        if not self._context.workspace.writable:
            return self._context.workspace.read_only_because
        if not self.lesson.rows:
            return HOW
        return self.lesson.lacks() or ("" if self._context.libraries.ready else WAITING)

    def _offer_lessons(self) -> None:
        found = {lesson.folder.name: lesson.title for lesson in lessons(self._context.workspace)[0]}
        found[self.lesson.folder.name] = self.lesson.title
        self.show_lessons(sorted(found.items(), key=lambda one: one[1].casefold()), self.lesson.folder.name)

    def _try(self, work: Callable[[], Any]) -> Any:
        """Its result; None where it failed, which is said."""
        try:
            return work()
        except UserError as error:
            self.say(str(error), error=True)
            return None
