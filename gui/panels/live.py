"""Live: the microphone and the camera, the networks' answers side by side, and every mistake kept."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMessageBox, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from core import readable
from core.captures import Capture, delete_capture, read_captures, relabel
from core.control import Control
from core.datasets.base import Dataset, Modality
from core.errors import UserError
from core.live.offered import LiveChoice, first_choice, live_choices
from core.live.settings import LiveSettings
from gui import theme
from gui.context import Context
from gui.panels.base import Panel
from gui.panels.live_bar import BOTH, CAMERA, DATASET, MICROPHONE, REPLAY, LiveBar
from gui.panels.live_shown import card, row
from gui.widgets.camera_picture import CameraPicture
from gui.widgets.capture_list import CaptureList
from gui.widgets.class_popup import ClassPopup
from gui.widgets.empty_state import EmptyState
from gui.widgets.level_meter import LevelMeter
from gui.widgets.live_answers import LiveAnswers
from gui.widgets.live_spectrogram import ScrollingSpectrogram
from gui.widgets.live_timeline import LiveTimeline
from gui.widgets.time_plot import RIGHT

if TYPE_CHECKING:
    from core.live.columns import Columns
    from core.live.recording import Recording
    from core.live.session import Live, Sources

TICK_MS = 33  # 30 pictures a second at most
ANSWERS_EVERY = 3  # ticks between two looks at what was said
NO_RUNS = "What you say and show will be recognised here by networks that you have trained: none is finished yet."


class LivePanel(Panel):
    """Nothing is opened before it is switched on; everything is closed when it is switched off."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.live: Live | None = None  # made when torch is there
        self.choices: dict[str, LiveChoice] = {}
        self.chosen: tuple[str, ...] = tuple(filter(None, str(context.settings.value("live/runs", "")).split("\n")))
        self.bar = LiveBar(str(context.settings.value("live/source", BOTH)))
        self.spectrogram, self.meter, self.picture = ScrollingSpectrogram(), LevelMeter(), CameraPicture()
        self.captures = CaptureList()
        self.answers, self.timeline = LiveAnswers(), LiveTimeline(7 * theme.GRID, RIGHT)
        self.status = theme.label("", theme.SMALL, muted=True)
        self.empty = EmptyState(NO_RUNS, "Train networks", self._go_to_train, "Brings the Train panel to the front.")
        self._columns: Columns | None = None
        self._heard = 0  # samples that are drawn
        self._seen = 0  # frames that are shown
        self._ticks = 0
        self._drawn: deque[float] = deque(maxlen=400)  # s from the sound of a column to its drawing
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._lay_out()
        self.bar.switched.connect(self._switch)
        self.bar.source_changed.connect(self._source_changed)
        self.bar.networks_changed.connect(self._networks_changed)
        self.bar.file_wanted.connect(self._choose_file)
        self.bar.capture_wanted.connect(self._keep)
        self.bar.record_wanted.connect(self._record)
        self.captures.label_wanted.connect(self._ask_class)
        self.captures.delete_wanted.connect(self._delete)
        context.libraries.arrived.connect(self._make_live)
        context.runs_changed.connect(self.activate)
        context.dataset_changed.connect(self._offer_replays)
        digits = [(str(digit), self._keep_as) for digit in range(1, 10)]
        for keys, slot in (("C", self._keep), ("R", self._record), ("Ctrl+Return", self._toggle), *digits):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    # what the window calls --------------------------------------------------------------------------------------

    def activate(self) -> None:
        self._offer_replays()
        self.context.jobs.run(self._read_choices, self._have_choices)
        self._read_captures()
        self._make_live()

    def present(self, on: bool) -> None:
        self.bar.setHidden(on)
        self.status.setHidden(on)
        self.captures.setHidden(on)

    def save_state(self) -> None:
        super().save_state()
        self.context.settings.setValue("live/source", self.bar.source)
        self.context.settings.setValue("live/runs", "\n".join(self.chosen))

    def close_panel(self) -> None:
        self._timer.stop()
        if self.live is not None:
            self.live.switch_off()

    # what is asked ----------------------------------------------------------------------------------------------

    def _make_live(self) -> None:
        if self.live is None and self.context.libraries.ready:
            from core.live.session import Live

            self.live = Live(self.context.workspace.captures, self.context.engine, LiveSettings())
            self._ask()
            self._list_devices()

    def _read_choices(self, control: Control, report: Any) -> list[LiveChoice]:
        return live_choices(self.context.workspace, control)

    def _have_choices(self, choices: list[LiveChoice]) -> None:
        self.choices = {choice.name: choice for choice in choices}
        self.chosen = tuple(name for name in self.chosen if name in self.choices) or first_choice(choices, self._given)
        self.bar.offer_networks(choices, self.chosen)
        self._pages.setCurrentWidget(self._whole if choices else self.empty)
        self._ask()

    @property
    def _given(self) -> Modality:
        """What the source gives."""
        return {MICROPHONE: Modality.AUDIO, CAMERA: Modality.VIDEO}.get(self.bar.source, Modality.AUDIO_VISUAL)

    def _ask(self) -> None:
        if self.live is None:
            return
        try:
            self.live.choose([(self.choices[name].folder, self.choices[name].label) for name in self.chosen])
        except UserError as error:
            self.context.message.emit(str(error), "error")
        self._show_answers()

    def _networks_changed(self, names: tuple[str, ...]) -> None:
        self.chosen = names
        self._ask()

    # sources ----------------------------------------------------------------------------------------------------

    def _list_devices(self) -> None:
        from core import sound_devices
        from core.live.webcam import cameras

        def found(control: Control, report: Any) -> tuple[list[str], list[tuple[int, str]]]:
            microphones = list(dict.fromkeys(device.name for device in sound_devices.inputs()))
            return microphones, [(camera.index, camera.name) for camera in cameras()]

        self.context.jobs.run(found, self._have_devices)

    def _have_devices(self, found: tuple[list[str], list[tuple[int, str]]]) -> None:
        self.bar.offer_devices(*found)

    def _offer_replays(self) -> None:
        dataset = self.context.dataset
        entries = [(DATASET, f"{dataset.title}: its clips")] if dataset is not None else []
        file = str(self.context.settings.value("live/file", ""))
        if file and Path(file).exists():
            entries.append((file, Path(file).name))
        self.bar.offer_replays(entries)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Replay a sound or a video")
        if path:
            self.context.settings.setValue("live/file", path)
            self._offer_replays()
            self.bar.replays.setCurrentIndex(self.bar.replays.findData(path))
        self._source_changed()

    def _source_changed(self) -> None:
        if self.live is not None and self.live.on:
            self._switch(True)

    def _sources(self) -> Sources:
        from core.live.microphone import Microphone
        from core.live.replay import Replay
        from core.live.session import Sources
        from core.live.webcam import Webcam

        source = self.bar.source
        if source == REPLAY:
            return Sources(replay=Replay(_takes(self.bar.replay, self.context.dataset)))
        return Sources(
            Microphone(self.bar.microphone) if source in (BOTH, MICROPHONE) else None,
            Webcam(self.bar.camera) if source in (BOTH, CAMERA) else None,
        )

    def _toggle(self) -> None:
        self._switch(self.live is None or not self.live.on)

    def _switch(self, on: bool) -> None:
        if self.live is None:
            self.bar.show_state(on=False, recording=False, can_keep=False)
            return
        if on:
            self.live.switch_on(self._sources())
            self._columns, self._heard, self._seen = None, 0, 0
            self._drawn.clear()
            self._timer.start()
        else:
            self._timer.stop()
            self._recorded(self.live.switch_off())
        sources = self.live.sources
        self._hearing.setVisible(not on or sources.senses().sound is not None or sources.microphone is not None)
        self.picture.setVisible(not on or sources.camera is not None or sources.replay is not None)
        self.picture.say("" if on else "Switched off.")
        self._show_state()
        self._show_answers()

    def _show_state(self) -> None:
        live = self.live
        on = live is not None and live.on
        recording = live is not None and live.recorder is not None
        self.bar.show_state(on=on, recording=recording, can_keep=self.context.workspace.writable)

    # every tick -------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        assert self.live is not None
        senses = self.live.sources.senses()
        if senses.sound is not None and senses.sound.written:
            self._draw_sound(senses.sound)
        if senses.sight is not None and senses.sight.written != self._seen:
            self._seen = senses.sight.written
            newest = senses.sight.newest()
            if newest is not None:
                self.picture.show_frame(newest[1])
        self._ticks += 1
        if self._ticks % ANSWERS_EVERY == 0:
            self.live.poll()
            self._show_answers()
            self._say()

    def _draw_sound(self, ring: Any) -> None:
        if self._columns is None or self._columns.rate != ring.rate:
            from core.live.columns import Columns

            self._columns, self._heard = Columns(ring.rate), ring.written
            self.spectrogram.begin(self._columns.frequencies, ring.rate / self._columns.hop)
        stop = ring.written
        samples = ring.read(max(self._heard, ring.oldest), stop)
        self._heard = stop
        if len(samples):
            self.spectrogram.add(self._columns.add(samples))
            self.meter.add(samples)
        if self.spectrogram.draw():
            self._drawn.append(time.perf_counter() - ring.time_of(stop))

    def _show_answers(self) -> None:
        if self.live is None:
            return
        now, replay = time.perf_counter(), self.live.sources.replay
        playing = replay.playing if replay is not None else None
        truth = playing.label if playing is not None else ""
        asked = [(self.choices.get(name), asked) for name, asked in self.live.asked.items()]
        known = [(choice, one) for choice, one in asked if choice is not None]
        ready = set(self.live.recogniser.status.ready)
        on = self.live.on
        self.answers.show_cards([card(choice, one, truth, on, one.folder.name in ready) for choice, one in known])
        self.timeline.show_rows([row(choice, one, now) for choice, one in known])

    def _say(self) -> None:
        assert self.live is not None
        words = []
        for source in self.live.sources.all():
            status = source.status
            words.append(status.reason or f"{source.name}: {status.facts or status.state}")
        if self._drawn:
            p50, p95 = np.percentile(self._drawn, (50, 95)) * 1000
            words.append(f"sound → screen {p50:.0f} ms, 95 % {p95:.0f} ms")
        asked = self.live.recogniser.status
        if asked.loading:
            words.append(f"reading {len(asked.loading)} networks …")
        if asked.skipped:
            words.append(f"{asked.skipped} of {asked.asked + asked.skipped} windows passed over")
        microphone = self.live.sources.microphone
        if microphone is not None and microphone.overflows:
            words.append(f"{microphone.overflows} times sound was lost")
        if self.live.holds_training:
            words.append("training is paused meanwhile")
        self.status.setText(" · ".join((*words, *asked.troubles)))

    # keeping ----------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Capture the last seconds, and ask what it was."""
        self._capture("")

    def _keep_as(self) -> None:
        """Capture the last seconds as one of the first nine classes."""
        shortcut = self.sender()
        assert isinstance(shortcut, QShortcut)
        place = int(shortcut.key().toString()) - 1
        classes = self._classes()
        if place < len(classes):
            self._capture(classes[place])

    def _capture(self, label: str) -> None:
        live = self.live
        if live is None or not live.on or not self.context.workspace.writable:
            return
        kept, said = live.keep()
        replay = live.sources.replay
        truth = replay.playing.label if replay is not None and replay.playing is not None else ""
        facts = {source.name: source.status.facts for source in live.sources.all()}
        session = live.session

        def write(control: Control, report: Any) -> Capture:
            from core.live.capture import write_capture

            return write_capture(live.captures, kept, session=session, label=label or truth, sources=facts, said=said)

        self.context.jobs.run(write, self._have_captured if label or truth else self._have_captured_unnamed)

    def _have_captured(self, capture: Capture) -> None:
        self._read_captures()
        self.context.message.emit(f"Kept as “{capture.label}”.", "info")

    def _have_captured_unnamed(self, capture: Capture) -> None:
        self._read_captures()
        self._ask_class(capture)

    def _ask_class(self, capture: Capture) -> None:
        guess = next((said.best for said in capture.said if said.best), "")
        self._popup = ClassPopup("What was it really?", self._classes(), guess, self)
        self._named = capture
        self._popup.chosen.connect(self._name)
        corner = self.mapToGlobal(self.rect().center())
        self._popup.move(corner.x() - self._popup.width() // 2, corner.y() - self._popup.sizeHint().height() // 2)
        self._popup.show()

    def _name(self, label: str) -> None:
        try:
            relabel(self._named, label)
        except UserError as error:
            self.context.message.emit(str(error), "error")
        self._read_captures()

    def _delete(self, capture: Capture) -> None:
        asked = QMessageBox.question(self, "Delete", f"Delete the capture of {capture.made[11:19]} for good?")
        if asked == QMessageBox.StandardButton.Yes:
            try:
                delete_capture(capture)
            except UserError as error:
                self.context.message.emit(str(error), "error")
            self._read_captures()

    def _read_captures(self) -> None:
        captures, problems = read_captures(self.context.workspace.captures)
        for problem in problems:
            self.said.emit(problem, "warning")
        self.captures.show_captures(captures)

    def _classes(self) -> tuple[str, ...]:
        """Of all networks that are asked, in the order of the first."""
        asked = self.live.asked.values() if self.live is not None else ()
        return tuple(dict.fromkeys(name for one in asked for name in one.classes))

    def _record(self) -> None:
        """Begin to keep everything, or end it."""
        if self.live is None or not self.live.on:
            return
        try:
            if self.live.recorder is None:
                self.live.start_recording()
            else:
                self._recorded(self.live.stop_recording())
        except UserError as error:
            self.context.message.emit(str(error), "error")
        self._show_state()

    def _recorded(self, recording: Recording | None) -> None:
        if recording is not None:
            trouble = str(recording.facts["trouble"])
            self.context.settings.setValue("live/file", str(recording.folder))
            self._offer_replays()
            words = f"Recorded into {recording.folder} ({readable.size(recording.bytes)}); it can be replayed."
            self.context.message.emit(trouble or words, "warning" if trouble else "info")

    def _go_to_train(self) -> None:
        self.context.panel_wanted.emit("train")

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._hearing = QWidget()
        sound = QHBoxLayout()
        sound.setContentsMargins(0, 0, 0, 0)
        sound.addWidget(self.meter)
        sound.addWidget(self.spectrogram, 1)
        heard = QVBoxLayout(self._hearing)
        heard.setContentsMargins(theme.GRID, 0, 0, 0)
        heard.setSpacing(0)
        heard.addLayout(sound, 1)
        left, whole = QSplitter(Qt.Orientation.Vertical), QSplitter(Qt.Orientation.Horizontal)
        left.addWidget(self.picture)
        left.addWidget(self._hearing)
        left.addWidget(self.timeline)
        left.setStretchFactor(0, 1)
        left.setStretchFactor(1, 1)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.answers)
        right.addWidget(self.captures)
        right.setStretchFactor(0, 3)
        right.setStretchFactor(1, 1)
        right.setSizes([520, 160])
        self.remember("live/captures", right)
        whole.addWidget(left)
        whole.addWidget(right)
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 2)
        whole.setSizes([720, 472])
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


def _takes(replay: str, dataset: Dataset | None) -> Any:
    from core.live.replay import Take

    if replay != DATASET:
        return [Take(Path(replay))]
    if dataset is None:
        return []
    order = np.random.default_rng(0).permutation(len(dataset.clips))
    return [Take(dataset.clips[k].path, dataset.classes[dataset.clips[k].label]) for k in order]
