"""The window: rail, banner, panels, status bar. Built from PANELS; it holds no science."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.engine import State
from core.events import Event, Message, Outcome, RunFinished, SearchFinished, StudyFinished
from core.run_records import REPEATED
from core.tables import Table, load_dotted
from gui import theme
from gui.banner import Banner
from gui.context import Context
from gui.key_sheet import KeySheet
from gui.panels import PANELS
from gui.panels.base import Panel, PanelInfo, Shortcut
from gui.rail import Rail
from gui.status_bar import StatusBar

KEYS = (
    Shortcut("Ctrl+O", "open another workspace"),
    Shortcut("F11", "presentation mode, larger type and no controls"),
    Shortcut("Esc", "leave presentation mode"),
    Shortcut("?", "this sheet"),
    Shortcut("Ctrl+Q", "quit"),
)

FRAME = 32  # pixels of height that a window manager adds to a window


class MainWindow(QMainWindow):
    """One window on one workspace."""

    workspace_chosen = Signal(Path)  # open this one instead
    closed = Signal()

    def __init__(self, context: Context, panels: Table[PanelInfo] = PANELS) -> None:
        super().__init__()
        self.context, self._infos = context, panels
        context.setParent(self)
        self.panels: dict[str, Panel] = {}
        self.closing = False
        self.setWindowTitle(f"Sensorium – {context.workspace.root.name}")
        self.rail = Rail(panels)
        self.stack = QStackedWidget()
        self._pages = QWidget()
        self.banner = Banner(context.settings, self._pages)
        self.status_bar = StatusBar(context)
        self._lay_out()
        self.rail.chosen.connect(self.show_panel)
        self.rail.keys_wanted.connect(self.show_keys)
        self.rail.presentation_wanted.connect(self.toggle_presentation)
        self.status_bar.workspace_wanted.connect(self.choose_workspace)
        self.status_bar.study_clicked.connect(self._show_study)
        context.message.connect(self._panel_said)
        context.panel_wanted.connect(self.show_panel)
        context.bridge.happened.connect(self._happened)
        for keys, slot in (
            ("Ctrl+O", self.choose_workspace),
            ("F11", self.toggle_presentation),
            ("?", self.show_keys),
            ("Ctrl+Q", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
        # Only while it is of use: a shortcut takes its key from every widget in the window, and Esc is one of theirs.
        self._leave = QShortcut(QKeySequence("Esc"), self, enabled=False)
        self._leave.activated.connect(self.leave_presentation)
        for place, name in enumerate(panels, start=1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{place}"), self)
            shortcut.setProperty("panel", name)
            shortcut.activated.connect(self._panel_key)
        self._restore()
        if not context.workspace.writable:
            self.banner.show_message(context.workspace.read_only_because, "error")

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front; it is made when it is first shown."""
        info = self._infos[name]
        if name not in self.panels:
            panel = load_dotted(info.factory)(self.context)
            self.panels[name] = panel
            panel.said.connect(self._background_said)
            self.stack.addWidget(panel)
            if self.presenting:
                panel.present(True)
        self.rail.show_chosen(name)
        self.stack.setCurrentWidget(self.panels[name])
        self.banner.show_panel(name)
        self.panels[name].setFocus()  # its keys act at once, not those of the rail
        self.panels[name].activate()
        self._title.setText(info.title)

    @property
    def current(self) -> str:
        """Id of the panel in front."""
        return next((name for name, panel in self.panels.items() if panel is self.stack.currentWidget()), "")

    @property
    def presenting(self) -> bool:
        return self.rail.isHidden()

    def toggle_presentation(self) -> None:
        self._present(not self.presenting)

    def leave_presentation(self) -> None:
        if self.presenting:
            self._present(False)

    def show_keys(self) -> None:
        numbers = tuple(Shortcut(f"Ctrl+{n}", info.title) for n, info in enumerate(self._infos.values(), start=1))
        sheet = KeySheet(numbers + KEYS, self._infos, self)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()

    def choose_workspace(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open or make a workspace", str(self.context.workspace.root))
        if folder and Path(folder) != self.context.workspace.root:
            self.workspace_chosen.emit(Path(folder))

    def stop_and_close(self) -> None:
        """Close without a question; a study that runs is stopped first and can be resumed."""
        if self.context.engine.status.state is not State.IDLE:
            self.closing = True
            self.context.engine.cancel()
            self.status_bar.refresh()
            return
        self.closing = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self.context.engine.status.state is not State.IDLE:
            event.ignore()
            if not self.closing and self._agrees_to_stop():
                self.stop_and_close()
            return
        self._save()
        self.hide()
        self.status_bar.close_bar()
        for panel in self.panels.values():
            panel.close_panel()
        self.context.engine.join(5)
        self.context.close()
        self.context.workspace.close()
        event.accept()
        self.closed.emit()

    def _agrees_to_stop(self) -> bool:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        search = self.context.engine.status.unit == "trial"
        box.setText("A search is running." if search else "A study is running.")
        again = "the trial under way is tried again" if search else REPEATED
        box.setInformativeText(f"Stop it and close? What is finished is kept; when it goes on, {again}.")
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton("Keep working", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.exec()
        agreed = box.clickedButton() is stop
        box.deleteLater()
        return agreed

    def _panel_said(self, text: str, level: str) -> None:
        """What is said while a panel is in front is about what is seen there."""
        self.banner.show_message(text, level, self.current)

    def _background_said(self, text: str, level: str) -> None:
        """It stays with the panel whose work it is of."""
        name = next(name for name, panel in self.panels.items() if panel is self.sender())
        self.banner.show_message(text, level, name)

    def _happened(self, event: Event) -> None:
        match event:
            case Message(text=text, level=level) if level != "info":
                self.banner.show_message(text, level)
            case RunFinished(run=run, outcome=outcome, reason=reason):
                if outcome is Outcome.FAILED:
                    self.banner.show_message(f"{run} failed: {reason}", "error")
                self.context.runs_changed.emit()
            case StudyFinished(study=study, outcome=outcome, reason=reason):
                self._finished(reason or f"The study “{study}” is done. Compare shows who won.", outcome)
            case SearchFinished(search=search, outcome=outcome, reason=reason):
                self._finished(reason or f"{search}: done. “Search …” in Train shows what was found.", outcome)

    def _finished(self, sentence: str, outcome: Outcome) -> None:
        if self.closing:
            QTimer.singleShot(0, self, self.close)  # after the panels have heard it too
            return
        level = {Outcome.DONE: "info", Outcome.CANCELLED: "info", Outcome.FAILED: "error"}[outcome]
        self.banner.show_message(sentence, level)
        self.context.runs_changed.emit()

    def _lay_out(self) -> None:
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        pages = QVBoxLayout(self._pages)
        pages.setContentsMargins(0, 0, 0, 0)
        pages.setSpacing(0)
        self._title: QLabel = theme.label("", theme.TITLE)
        self._title.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, 0)
        self._title.hide()
        pages.addWidget(self._title)
        pages.addWidget(self.stack, 1)
        middle.addWidget(self._pages, 1)
        rows.addLayout(middle, 1)
        rows.addWidget(self.status_bar)
        self.setCentralWidget(whole)
        self.setMinimumSize(128 * theme.GRID, 80 * theme.GRID)
        self.resize(QSize(1280, 800).boundedTo(self.screen().availableSize() - QSize(0, FRAME)))

    def _present(self, on: bool) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._leave.setEnabled(on)
        self.rail.setVisible(not on)
        self.status_bar.setVisible(not on)
        self._title.setVisible(on)
        theme.apply(app, theme.is_dark(), theme.PRESENTATION if on else 1.0)
        for panel in self.panels.values():
            panel.present(on)
            _scale_columns(panel, theme.PRESENTATION if on else 1 / theme.PRESENTATION)
        self.setWindowState(
            self.windowState() | Qt.WindowState.WindowFullScreen
            if on
            else self.windowState() & ~Qt.WindowState.WindowFullScreen
        )

    def _panel_key(self) -> None:
        self.show_panel(self.sender().property("panel"))

    def _show_study(self) -> None:
        self.show_panel("train")

    def _restore(self) -> None:
        settings = self.context.settings
        geometry = settings.value("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        wanted = str(settings.value("window/panel", ""))
        self.show_panel(wanted if wanted in self._infos else _first_panel(self._infos))

    def _save(self) -> None:
        settings = self.context.settings
        if self.presenting:
            self._present(False)
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/panel", self.current)
        for panel in self.panels.values():
            panel.save_state()
        settings.sync()


def _scale_columns(panel: QWidget, ratio: float) -> None:
    """Columns and rows of tables that are there grow with the type, from the width a person gave them.

    Tables are made for the type of the moment (`theme.pixels`); columns that fit their contents do so anyway.
    """
    for header in panel.findChildren(QHeaderView):
        by_hand = QHeaderView.ResizeMode.Interactive
        sizes = {n: header.sectionSize(n) for n in range(header.count()) if header.sectionResizeMode(n) is by_hand}
        header.setDefaultSectionSize(round(header.defaultSectionSize() * ratio))  # resizes those of that size, too
        for section, size in sizes.items():
            header.resizeSection(section, round(size * ratio))


def _first_panel(panels: Table[PanelInfo]) -> str:
    """Where a new workspace opens: Train, with its one button."""
    return "train" if "train" in panels else next(iter(panels))
