"""A dialog that puts one network of a study at several values of one of its settings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from core.datasets.base import Modality
from core.errors import UserError
from core.readable import counted
from core.run_spec import SECTIONS, Network
from core.vary import Variable, variables, varied
from gui import theme
from gui.field_editors import widen_list
from gui.settings_form import error_label, show_text

USUAL = "freeze_stages"  # chosen when the dialog opens


class VaryDialog(QDialog):
    """`made()` are the networks to be added; `replaces` tells whether they take the place of the one varied."""

    def __init__(
        self, networks: Sequence[Network], modalities: Sequence[Modality], parent: QWidget | None = None
    ) -> None:
        """`modalities`: what each network looks at."""
        super().__init__(parent)
        self.setWindowTitle("Vary a setting")
        self._networks, self._modalities = tuple(networks), tuple(modalities)
        self._variables = variables()
        self.network, self.setting, self.values = QComboBox(), QComboBox(), QLineEdit()
        self.network.addItems([network.label for network in networks])
        self.network.setToolTip("The network that is trained once with each value.")
        self.setting.setToolTip("What the networks will differ in.")
        self.setting.setMaxVisibleItems(24)
        self.values.setToolTip("With commas between. Each is a network of its own.")
        self.replace = QCheckBox("In place of the network as it is")
        self.replace.setToolTip("Else it stays in the study beside them.")
        self.help = theme.label("", theme.SMALL, muted=True, wrap=True)
        self.said = error_label()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        form = QFormLayout(self)
        form.addRow("Network", self.network)
        form.addRow("Setting", self.setting)
        form.addRow("", self.help)
        form.addRow("Values", self.values)
        form.addRow("", self.said)
        form.addRow("", self.replace)
        form.addRow(self.buttons)
        self.setMinimumWidth(60 * theme.GRID)
        self.network.currentIndexChanged.connect(self._offer)
        self.setting.currentIndexChanged.connect(self._setting_chosen)
        self.values.textChanged.connect(self._show)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._offer()

    @property
    def place(self) -> int:
        """Of the network that is varied."""
        return self.network.currentIndex()

    @property
    def replaces(self) -> bool:
        return self.replace.isChecked()

    @property
    def _about(self) -> Variable:
        return self._variables[str(self.setting.currentData())]

    def made(self) -> tuple[Network, ...]:
        """Raises UserError where a value cannot be."""
        return varied(self._networks[self.place], self._about.key, self.values.text().split(","))

    def _offer(self) -> None:
        """The settings that matter to what the network looks at; the one chosen stays where it does."""
        wings = self._modalities[self.place].wings
        unseen = {section for wing, sections in SECTIONS.items() if wing not in wings for section in sections}
        chosen = str(self.setting.currentData() or USUAL)
        self.setting.blockSignals(True)
        self.setting.clear()
        for key, about in self._variables.items():
            section = key.split(".")[1] if key.count(".") == 2 else ""
            if section not in unseen:
                self.setting.addItem(about.title, key)
                self.setting.setItemData(self.setting.count() - 1, about.help, Qt.ItemDataRole.ToolTipRole)
        self.setting.setCurrentIndex(max(0, self.setting.findData(chosen)))
        self.setting.blockSignals(False)
        widen_list(self.setting)
        self._setting_chosen()

    def _setting_chosen(self) -> None:
        about = self._about
        unit = f" In {about.unit}." if about.unit else ""
        self.help.setText(f"{about.help}{unit}")
        self.values.setText(", ".join(about.choices))
        self.values.setPlaceholderText("for example 1, 2, 4")
        self._show()

    def _show(self) -> None:
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        try:
            made = self.made()
        except UserError as error:
            show_text(self.said, str(error) if self.values.text().strip() else "")
            ok.setEnabled(False)
            ok.setText("Add networks")
        else:
            show_text(self.said, "")
            ok.setEnabled(True)
            ok.setText(f"Add {counted(len(made), 'network')}")
