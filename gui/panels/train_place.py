"""Run on: this machine, or a Ray cluster."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QSpinBox, QWidget

from core.cluster import LOCAL, Cluster, offered
from gui import theme
from gui.context import Context

HERE, CLUSTER = "This machine", "A Ray cluster"


class Place(QWidget):
    """Shown where Ray is installed; what was chosen last comes back."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = context.settings
        self.offered = offered()
        self.where = QComboBox()
        self.where.addItems([HERE, CLUSTER])
        self.where.setToolTip(
            "Who trains: this machine, one run after the other, or a Ray cluster, as many runs at once as it has room "
            "for. With as many threads for each run, the results are the same."
        )
        self.address = QLineEdit()
        self.address.setPlaceholderText("HOST:6379")
        self.address.setToolTip(
            "HOST:6379, the head of a cluster that this machine has joined; auto, the one it has joined; local, one "
            "that is started here and ends with the study. The README says how to start one. Empty: local."
        )
        self.cpus = QSpinBox()
        self.cpus.setRange(1, 256)
        self.cpus.setSuffix(" CPU each")
        self.cpus.setToolTip(
            "Processors, and threads, of each run. More of them: faster runs, and fewer at once. Sums in another order "
            "can differ in the last bits."
        )
        lines = QGridLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(theme.GRID)
        lines.addWidget(theme.label("Run on", muted=True), 0, 0)
        lines.addWidget(self.where, 0, 1, 1, 2)
        lines.addWidget(self.address, 1, 1)
        lines.addWidget(self.cpus, 1, 2)
        lines.setColumnStretch(1, 1)
        self._restore()
        self._show()
        self.where.currentIndexChanged.connect(self._changed)
        self.address.editingFinished.connect(self._changed)
        self.cpus.valueChanged.connect(self._changed)

    @property
    def cluster(self) -> Cluster | None:
        """None = this machine."""
        if not self.offered or self.where.currentText() == HERE:
            return None
        return Cluster(self.address.text().strip() or LOCAL, self.cpus.value())

    def _changed(self) -> None:
        self._settings.setValue("train/where", self.where.currentText())
        self._settings.setValue("train/cluster", self.address.text().strip())
        self._settings.setValue("train/cpus", self.cpus.value())
        self._show()

    def _show(self) -> None:
        for widget in (self.address, self.cpus):
            widget.setVisible(self.where.currentText() == CLUSTER)

    def _restore(self) -> None:
        self.where.setCurrentText(str(self._settings.value("train/where", HERE)))
        self.address.setText(str(self._settings.value("train/cluster", "")))
        self.cpus.setValue(int(str(self._settings.value("train/cpus", 1))))
