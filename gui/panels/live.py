"""Live: the microphone and the camera, the networks' answers side by side, and every mistake kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from core.captures import Recorded
from core.control import Control
from core.errors import UserError
from core.live.offered import LiveChoice, first_choice, live_choices
from core.runs import RunFolder
from gui import theme
from gui.context import Context
from gui.panels.base import Panel
from gui.panels.live_bar import BOTH, LiveBar
from gui.panels.live_captures import LiveCaptures
from gui.panels.live_game import LiveGame
from gui.panels.live_senses import LiveSenses
from gui.panels.live_shift import LiveShift
from gui.panels.live_shown import card, row, status_words
from gui.panels.live_sources import LiveSources
from gui.panels.live_teach import LiveTeach
from gui.widgets.empty_state import EmptyState
from gui.widgets.live_answers import LiveAnswers
from gui.widgets.live_timeline import LiveTimeline

if TYPE_CHECKING:
    from core.live.session import Live

TICK_MS = 33  # 30 pictures a second at most
ANSWERS_EVERY = 3  # ticks between two looks at what was said
NO_RUNS = "What you say and show will be recognised here by networks that you have trained: none is finished yet."
NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
NO_CLASS = "There is no {} class: the networks that are asked know {}. Press C to keep the last seconds all the same."
TEACH_HELP = "Record examples of classes of your own here, and train a network that recognises them in about a minute."


class LivePanel(Panel):
    """Nothing is opened before it is switched on; everything is closed when it is switched off."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.live: Live | None = None  # made when torch is there
        self.choices: dict[str, LiveChoice] = {}
        self.chosen: tuple[str, ...] = tuple(filter(None, str(context.settings.value("live/runs", "")).split("\n")))
        self.bar = LiveBar(str(context.settings.value("live/source", BOTH)))
        self.senses = LiveSenses()
        self.sources, self.captures = LiveSources(context, self.bar, self._asked, self), LiveCaptures(context)
        self.shift = LiveShift(context, self.captures, self._asked)
        self.teach = LiveTeach(context, self.sources)
        self.answers, self.timeline = LiveAnswers(), LiveTimeline()
        self.game = LiveGame(context)
        self.status = theme.label("", theme.SMALL, muted=True)
        self.empty = EmptyState(NO_RUNS, "Train networks", self._go_to_train, "Brings the Train panel to the front.")
        self.empty.add_button("Teach your own classes", self._teach_first, TEACH_HELP)
        self._ticks = 0
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._lay_out()
        self.bar.switched.connect(self._switch)
        self.sources.changed.connect(self._source_changed)
        self.sources.settings_changed.connect(self._settings_changed)
        self.captures.recorded.connect(self.sources.offer_file)
        self.captures.replay_wanted.connect(self._replay)
        self.bar.networks_changed.connect(self._networks_changed)
        self.bar.capture_wanted.connect(self._keep)
        self.bar.record_wanted.connect(self._record)
        self.bar.teach.toggled.connect(self._show_teach)
        self.teach.said.connect(self.said)
        self.teach.learned.connect(self._ask_learned)
        self.bar.game_wanted.connect(self._play)
        self.game.left.connect(self._show_page)
        self.game.left.connect(self.setFocus)
        context.libraries.arrived.connect(self._make_live)
        context.runs_changed.connect(self.activate)
        digits = [(str(digit), self._keep_class) for digit in range(1, 10)]
        for keys, slot in (
            ("C", self._keep),
            ("R", self._record),
            ("G", self._play),
            ("Ctrl+Return", self._toggle),
            *digits,
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(slot)
        self.bar.teach.setChecked(bool(context.settings.value("live/teach", False, type=bool)))

    # what the window calls --------------------------------------------------------------------------------------

    def activate(self) -> None:
        self.sources.offer_replays()
        self.context.jobs.run(self._read_choices, self._have_choices)
        self.captures.read()
        if self.live is not None and not self.live.on:
            self.sources.list_devices()  # one may have been connected since
        self._make_live()

    def present(self, on: bool) -> None:
        self.bar.setHidden(on)
        self.status.setHidden(on)
        self.captures.setHidden(on)
        self.teach.setHidden(on or not self.bar.teach.isChecked())

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusInEvent(event)
        if self.game.playing:
            self.game.setFocus()

    def save_state(self) -> None:
        super().save_state()
        self.sources.save()
        self.teach.save()
        self.context.settings.setValue("live/teach", self.bar.teach.isChecked())
        self.context.settings.setValue("live/runs", "\n".join(self.chosen))

    def close_panel(self) -> None:
        self._timer.stop()
        self.teach.close_pane()
        self.game.stop()
        if self.live is not None:
            self.live.switch_off()
        self.captures.finish()

    # what is asked ----------------------------------------------------------------------------------------------

    def _make_live(self) -> None:
        if self.live is None and self.context.libraries.ready:
            from core.live.session import Live

            self.live = Live(self.context.workspace.captures, self.context.engine, self.sources.settings)
            self.teach.live = self.live
            self._ask()
            self.sources.list_devices()

    def _read_choices(self, control: Control, report: Any) -> list[LiveChoice]:
        return live_choices(self.context.workspace, control)

    def _have_choices(self, choices: list[LiveChoice]) -> None:
        self.choices = {choice.name: choice for choice in choices}
        self.chosen = tuple(name for name in self.chosen if name in self.choices) or first_choice(
            choices, self.sources.modality
        )
        self.bar.offer_networks(choices, self.chosen)
        self.sources.offer_learned()
        self._show_page()
        self._ask()

    def _ask(self) -> None:
        if self.live is None:
            return
        chosen = [self.choices[name] for name in self.chosen if name in self.choices]  # none before they are read
        try:
            self.live.choose([(choice.folder, choice.label) for choice in chosen])
        except UserError as error:
            self.context.message.emit(str(error), "error")
        for chooser in (self.captures, self.bar):
            chooser.offer_classes(self._classes())
        self._show_answers()

    def _asked(self) -> list[RunFolder]:
        return [self.choices[name].folder for name in self.chosen if name in self.choices]

    def _networks_changed(self, names: tuple[str, ...]) -> None:
        self.chosen = names
        self._ask()

    # teaching ---------------------------------------------------------------------------------------------------

    def _teach_first(self) -> None:
        self.bar.teach.setChecked(True)

    def _show_teach(self, on: bool) -> None:
        self.setFocus()  # or it would leave the panel with the pane, and its keys be dead
        self.teach.setVisible(on)
        self._show_page()

    def _show_page(self) -> None:
        """Where there is nothing to ask, one can still teach, and switch off what is on."""
        on = self.live is not None and self.live.on
        live = self.choices or on or self.bar.teach.isChecked()
        self._pages.setCurrentWidget(self.game if self.game.playing else self._whole if live else self.empty)
        self._right.setVisible(bool(self.choices))

    def _ask_learned(self, run: str) -> None:
        """What was taught is asked at once, and alone: nothing else knows its classes."""
        self.chosen = (run,)
        self.context.jobs.run(self._read_choices, self._have_choices)

    # switching --------------------------------------------------------------------------------------------------

    def _source_changed(self) -> None:
        if self.live is not None and self.live.on:
            self._switch(True)

    def _settings_changed(self) -> None:
        if self.live is not None:
            self.live.set(self.sources.settings)

    def _replay(self, recorded: Recorded) -> None:
        """Play a recording as if it were live, at once."""
        self.sources.choose_file(recorded.path)
        self._switch(True)

    def _toggle(self) -> None:
        self._switch(self.live is None or not self.live.on)

    def _switch(self, on: bool) -> None:
        if self.live is None:
            self.bar.show_state(on=False, recording=False, can_keep=False)
            return
        self.teach.end_press()
        self.captures.have_recorded(self.live.stop_recording())
        if on:
            self.live.switch_on(self.sources.make())
            self._timer.start()
        else:
            self._timer.stop()
            self.live.switch_off(wait=False)  # the window waits for no driver
            self.status.clear()
        self.senses.begin(self.live.sources)
        self._show_page()
        self._show_state()
        self._show_answers()

    def _show_state(self) -> None:
        live = self.live
        on = live is not None and live.on
        recording = live is not None and live.recorder is not None
        self.bar.show_state(on=on, recording=recording, can_keep=self.context.workspace.writable)

    # playing ----------------------------------------------------------------------------------------------------

    def _play(self) -> None:
        """Nothing listens or looks meanwhile: it would hear the clips of the game."""
        if self.choices and not self.game.playing:
            if self.live is not None and self.live.on:
                self._switch(False)
            self.game.begin()
            self._show_page()
            self.setFocus()

    # every tick -------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        assert self.live is not None
        self.senses.draw(self.live.sources)
        self._ticks += 1
        if self._ticks % ANSWERS_EVERY == 0:
            self.live.poll()
            self._show_answers()
            self.status.setText(status_words(self.live, self.senses))

    def _show_answers(self) -> None:
        if self.live is None:
            return
        now = time.perf_counter()
        asked = [(self.choices.get(name), asked) for name, asked in self.live.asked.items()]
        known = [(choice, one) for choice, one in asked if choice is not None]
        self.answers.show_cards([card(choice, one, self.live) for choice, one in known])
        self.timeline.align(*self.senses.margins)
        self.timeline.show_rows([row(choice, one, now) for choice, one in known])

    # keeping ----------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Capture the last seconds."""
        self._keep_as("")

    def _keep_class(self) -> None:
        """As one of the first nine classes, by the key that was pressed; while one teaches, it is held to record."""
        shortcut = self.sender()
        assert isinstance(shortcut, QShortcut)
        place = int(shortcut.key().toString()) - 1
        classes = self._classes()
        if self.teach.isVisible():
            self.teach.hold(place)
        elif place < len(classes):
            self._keep_as(classes[place])
        else:
            self.context.message.emit(NO_CLASS.format(NTH[place], len(classes) or "none"), "info")

    def _keep_as(self, label: str) -> None:
        if self.live is not None and self.live.on and self.context.workspace.writable:
            self.captures.keep(self.live, label)

    def _record(self) -> None:
        if self.live is not None and self.live.on and self.context.workspace.writable:
            self.captures.record(self.live)
        self._show_state()

    def _classes(self) -> tuple[str, ...]:
        """Of all networks that are asked, in the order of the first."""
        asked = self.live.asked.values() if self.live is not None else ()
        return tuple(dict.fromkeys(name for one in asked for name in one.classes))

    def _go_to_train(self) -> None:
        self.context.panel_wanted.emit("train")

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left, whole = self.senses, QSplitter(Qt.Orientation.Horizontal)
        left.addWidget(self.timeline)
        right = self._right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.answers)
        right.addWidget(self.captures)
        right.setStretchFactor(0, 3)
        right.setStretchFactor(1, 1)
        right.setSizes([520, 160])
        self.remember("live/captures", right)
        whole.addWidget(left)
        whole.addWidget(right)
        whole.addWidget(self.teach)
        self.teach.hide()
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 2)
        whole.setSizes([720, 472, 296])
        self.remember("live/columns", whole)
        self.remember("live/rows", left)
        self._whole = QWidget()
        column = QVBoxLayout(self._whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(whole, 1)
        self.status.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        column.addWidget(self.status)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._whole)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.game)
