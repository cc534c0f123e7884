"""Which preset the form holds, and the files it is opened from and saved to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from core.presets import PRESETS, came_from, folder_wanted, read_presets, unedited
from core.study import Study
from gui import theme
from gui.field_editors import wheel_only_with_focus, widen_list
from gui.settings_form import LABEL_WIDTH, show_text


class PresetBox(QWidget):
    """Names a preset only as long as the form holds it; below it, for which folder it was written."""

    file_chosen = Signal(Path)  # of a preset, or of a study anywhere
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._started_from: Study | None = None  # the preset that was edited
        self.choice = QComboBox()
        self.choice.setMinimumWidth(10 * theme.GRID)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setToolTip("Start from a study that comes with Sensorium; everything can be changed.")
        wheel_only_with_focus(self.choice)  # else a form that is scrolled past it would become another preset
        asks = {preset.name: preset.answers for preset in read_presets()}
        for path in sorted(PRESETS.glob("*.toml")):
            self.choice.addItem(path.stem, path)
            self.choice.setItemData(self.choice.count() - 1, asks.get(path.stem), Qt.ItemDataRole.ToolTipRole)
        widen_list(self.choice)
        self.folder = theme.label("", theme.SMALL, muted=True, wrap=True)
        self._lay_out()
        self.choice.activated.connect(self._chosen)

    def show_study(self, study: Study, edited: bool = False) -> None:
        """Follow the form. `edited`: by a person, so that it still started from the preset it started from."""
        like = came_from(study, read_presets())
        if like is not None or not edited:
            self._started_from = like
        held = like is not None and unedited(study, like)
        self.show_edited()
        self.choice.setCurrentIndex(self.choice.findText(like.name) if like is not None and held else -1)
        show_text(self.folder, _other_folder(self._started_from, study))

    def show_edited(self) -> None:
        """The form holds no preset: it was edited, and may not be in order."""
        preset = self._started_from
        self.choice.setCurrentIndex(-1)
        self.choice.setPlaceholderText("choose a preset" if preset is None else f"{preset.name}, edited")

    def _chosen(self) -> None:
        self.file_chosen.emit(self.choice.currentData())

    def _open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a study", str(PRESETS), "Studies (*.toml)")
        if path:
            self.file_chosen.emit(Path(path))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        line = QHBoxLayout()
        line.setSpacing(0)  # between the buttons: the names of presets are long
        caption = theme.label("Preset")
        caption.setMinimumWidth(LABEL_WIDTH)
        line.addWidget(caption)
        line.addSpacing(theme.GRID)
        line.addWidget(self.choice, 1)
        line.addSpacing(theme.GRID // 2)
        for icon, text, slot in (
            ("mdi6.folder-open-outline", "Open a study from a TOML file.", self._open),
            (
                "mdi6.content-save-outline",
                "Save this study as TOML: it runs headless with “main.py run”.",
                self.save_wanted,
            ),
        ):
            button = QToolButton()
            theme.set_icon(button, icon)
            button.setToolTip(text)
            button.clicked.connect(slot)
            line.addWidget(button)
        column.addLayout(line)
        column.addWidget(self.folder)


def _other_folder(preset: Study | None, study: Study) -> str:
    """A sentence where a preset for one folder stands over clips of another: that may be meant, or not."""
    wanted = folder_wanted(preset, study.dataset) if preset is not None else ""
    if not wanted:
        return ""
    written = f"This preset was written for a folder called {wanted}"
    if not study.dataset.root:
        return f"{written}. Choose it, or one of your own, with “Change …”."
    return f"{written}; the clips are {Path(study.dataset.root).name}. “Change …” chooses others."
