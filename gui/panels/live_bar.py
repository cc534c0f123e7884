"""The line above the Live panel: what is listened to and looked at, who is asked, and the switches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from core.live.offered import LiveChoice
from gui import theme
from gui.widgets.controls import icon_button, named_combo, tool_button
from gui.widgets.taught_class import KEYS

BOTH, MICROPHONE, CAMERA, REPLAY = "both", "microphone", "camera", "replay"
SOURCES = {
    BOTH: "Microphone and camera",
    MICROPHONE: "Microphone",
    CAMERA: "Camera",
    REPLAY: "Replay",
}
CAPTURE = "Keep the last seconds  (C)"
DATASET = "clips"  # what is replayed: those in Data; else a path


class LiveBar(QWidget):
    """Says what is chosen; knows nothing of devices and networks."""

    source_changed = Signal()
    networks_changed = Signal(tuple)  # names of runs
    file_wanted = Signal()
    switched = Signal(bool)
    capture_wanted = Signal()
    record_wanted = Signal(bool)
    settings_wanted = Signal()
    game_wanted = Signal()

    def __init__(self, source: str = BOTH, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sources = named_combo("Source", "What is heard and seen. A replay needs no device.", 150, gives_way=False)
        for key, words in SOURCES.items():
            self.sources.addItem(words, key)
        self.sources.setCurrentIndex(max(0, self.sources.findData(source)))
        self.microphones = named_combo("Microphone", "Which microphone is listened to.", 128)
        self.cameras = named_combo(
            "Camera", "Which camera is looked through: choose one, or write the address of a network camera.", 128
        )
        self.cameras.setEditable(True)
        self.cameras.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.replays = named_combo("Replay", "What is played as if it were live.", 208)
        self.networks = QToolButton()
        self.networks.setText("Networks")
        self.networks.setToolTip("Finished runs that are asked, side by side.")
        self.networks.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.networks.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.networks, "mdi6.brain")
        self._menu = QMenu(self.networks)
        self._menu.setToolTipsVisible(True)
        self.networks.setMenu(self._menu)
        self._actions: dict[str, QAction] = {}
        self.settings = icon_button(
            "mdi6.tune-variant", "Settings", "How often networks are asked, and when they are sure."
        )
        self.guess = tool_button(
            "mdi6.account-question-outline",
            "Guess …",
            "Play against the networks: you choose what test clips are. Live is switched off meanwhile  (G)",
        )
        self.capture = tool_button("mdi6.content-save-plus-outline", "Capture", CAPTURE)
        self.record = tool_button(
            "mdi6.record-circle-outline", "Record", "Keep everything from now on, without loss  (R)"
        )
        self.record.setCheckable(True)
        self.teach = tool_button(
            "mdi6.school-outline", "Teach …", "Teach networks your own classes; again to put it away."
        )
        self.teach.setCheckable(True)
        self.switch = QPushButton("Switch on")
        self.switch.setProperty("primary", True)
        self.switch.setCheckable(True)
        self.switch.setToolTip("Open the microphone and the camera, and ask the networks  (Ctrl+Return)")
        self._lay_out()
        self.sources.activated.connect(self._source_chosen)
        for combo in (self.microphones, self.cameras):
            combo.activated.connect(self.source_changed)
        line = self.cameras.lineEdit()
        assert line is not None
        line.editingFinished.connect(self.source_changed)
        self.replays.activated.connect(self._replay_chosen)
        self.settings.clicked.connect(self.settings_wanted)
        self.guess.clicked.connect(self.game_wanted)
        self.capture.clicked.connect(self.capture_wanted)
        self.record.clicked.connect(self.record_wanted)
        self.switch.clicked.connect(self.switched)
        self.show_state(on=False, recording=False, can_keep=True)
        self._show_devices()

    @property
    def source(self) -> str:
        """A key of SOURCES."""
        return str(self.sources.currentData())

    @property
    def microphone(self) -> str:
        """A name of `sound_devices.inputs`; "" = the system's default."""
        return str(self.microphones.currentData() or "")

    @property
    def camera(self) -> int | str:
        """Number of a device, or an address."""
        text = self.cameras.currentText().strip()
        if text in ("", self.cameras.itemText(self.cameras.currentIndex())):  # not the name: two may have the same
            return int(self.cameras.currentData() or 0)
        return int(text) if text.isdigit() else text

    @property
    def replay(self) -> str:
        """DATASET, or a path."""
        return str(self.replays.currentData() or DATASET)

    def offer_devices(self, microphones: Sequence[str], cameras: Sequence[tuple[int, str]]) -> None:
        """What there is now; what was chosen stays."""
        microphone, camera, text = self.microphone, self.camera, self.cameras.currentText()
        self.microphones.clear()
        self.microphones.addItem("System's default", "")
        for name in microphones:
            self.microphones.addItem(name, name)
        self.microphones.setCurrentIndex(max(0, self.microphones.findData(microphone)))
        self.cameras.clear()
        for index, name in cameras or [(0, "Camera 0")]:
            self.cameras.addItem(name, index)
        self.cameras.setCurrentIndex(max(0, self.cameras.findData(camera)))
        if text.strip() == str(camera):
            self.cameras.setCurrentText(text)  # was written

    def offer_replays(self, entries: Iterable[tuple[str, str]], chosen: str = "") -> None:
        """(value, words); a last entry asks for a file."""
        chosen = chosen or self.replay
        self.replays.clear()
        for value, words in entries:
            self.replays.addItem(words, value)
        self.replays.addItem("A file …", None)
        self.replays.setCurrentIndex(max(0, self.replays.findData(chosen)))

    def choose_replay(self, value: str) -> None:
        """One of those that are offered."""
        self.sources.setCurrentIndex(self.sources.findData(REPLAY))
        self.replays.setCurrentIndex(self.replays.findData(value))
        self._show_devices()

    def offer_networks(self, runs: Sequence[LiveChoice], chosen: Sequence[str]) -> None:
        """A menu of studies with their runs."""
        self._menu.clear()
        self._actions.clear()
        studies: dict[str, QMenu] = {}
        for run in runs:
            menu = studies.get(run.folder.study)
            if menu is None:
                menu = studies[run.folder.study] = self._menu.addMenu(run.folder.study)
            action = menu.addAction(run.words)
            action.setCheckable(True)
            action.setData(run.name)
            action.setChecked(run.name in chosen)
            action.toggled.connect(self._networks_toggled)
            self._actions[run.name] = action
        self.networks.setEnabled(bool(runs))
        self._count()

    def offer_classes(self, classes: Sequence[str]) -> None:
        """The first ones have digits, by which the last seconds are kept as one of them."""
        keys = ", ".join(f"{place} {name.replace('_', ' ')}" for place, name in enumerate(classes[:KEYS], start=1))
        self.capture.setToolTip(f"{CAPTURE}, or as a class: {keys}" if keys else CAPTURE)

    def show_state(self, *, on: bool, recording: bool, can_keep: bool) -> None:
        """`can_keep`: the workspace can be written to."""
        self.switch.setChecked(on)
        self.switch.setText("Switch off" if on else "Switch on")
        self.capture.setEnabled(on and can_keep)
        self.record.setEnabled(on and can_keep)
        self.record.setChecked(recording)
        theme.set_icon(self.record, "mdi6.record-circle" if recording else "mdi6.record-circle-outline")
        self.record.setText("Recording" if recording else "Record")

    def _networks_toggled(self) -> None:
        self._count()
        self.networks_changed.emit(tuple(name for name, action in self._actions.items() if action.isChecked()))

    def _count(self) -> None:
        count = sum(action.isChecked() for action in self._actions.values())
        self.networks.setText(f"Networks: {count}" if count else "Networks …")

    def _source_chosen(self) -> None:
        self._show_devices()
        self.source_changed.emit()

    def _replay_chosen(self) -> None:
        if self.replays.currentData() is None:
            self.file_wanted.emit()
        else:
            self.source_changed.emit()

    def _show_devices(self) -> None:
        self.microphones.setVisible(self.source in (BOTH, MICROPHONE))
        self.cameras.setVisible(self.source in (BOTH, CAMERA))
        self.replays.setVisible(self.source == REPLAY)

    def _lay_out(self) -> None:
        bar = QHBoxLayout(self)
        bar.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        bar.setSpacing(theme.GRID)
        for widget in (self.sources, self.microphones, self.cameras, self.replays, self.networks, self.settings):
            bar.addWidget(widget)
        bar.addStretch(1)
        for button in (self.guess, self.teach, self.record, self.capture, self.switch):
            bar.addWidget(button)
