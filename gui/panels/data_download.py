"""A dataset that is not here yet: download it, or read where to get it, and choose the folder it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.datasets import DATASETS
from core.readable import size
from core.tables import load_dotted
from gui import theme
from gui.context import Context
from gui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from core.datasets.download import Archive

WIDTH = 72 * theme.GRID


class DownloadPage(QWidget):
    """Address, progress with speed, cancel; a second start goes on where the first one ended.

    What is too large to be fetched by the way has no address: a sentence says where to get it.
    """

    download_wanted = Signal(str, str)  # name, address
    folder_wanted = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.name = ""
        self.under_way = ""  # the dataset being downloaded, whichever is shown
        self.title = theme.label(size=theme.TITLE)
        self.text = theme.label(wrap=True)
        self.licence = theme.label(size=theme.SMALL, muted=True, wrap=True)
        self.address = QLineEdit()
        self.address.setToolTip("Where the archive is downloaded from. Empty it to get the official address back.")
        self.address.editingFinished.connect(self._remember)
        self.start = QPushButton("Download")
        self.start.setProperty("primary", True)
        self.start.clicked.connect(self._begin)
        self.folder = QPushButton("Choose folder …")
        self.folder.setToolTip("Open a copy that is on this computer already.")
        self.folder.clicked.connect(self.folder_wanted)
        self.trouble = theme.label(wrap=True)
        self.trouble.setProperty("error", True)
        self.progress = ProgressLine()
        self._lay_out()

    def show_dataset(self, name: str) -> None:
        self.name = name
        info = DATASETS[name]
        self._address_line.setVisible(bool(info.downloader))
        self.start.setVisible(bool(info.downloader))
        self.licence.setVisible(bool(info.downloader))
        self.folder.setProperty("primary", not info.downloader)
        self.folder.style().polish(self.folder)
        self.trouble.hide()
        self._serve()
        if info.downloader:
            self.title.setText(f"{info.title} is not in this workspace yet")
            self._show_archive(self._archive())
        else:
            self.title.setText(f"{info.title} has not been opened yet")
            self.text.setText(f"{info.help}\n\n{info.where}")

    def _show_archive(self, archive: Archive) -> None:
        self.text.setText(
            f"The official archive of {archive.title} is about {size(archive.bytes)}; unpacked it takes another "
            f"{size(archive.extracted)}. A download that breaks off goes on where it ended."
        )
        self.licence.setText(archive.licence)
        self.address.setText(str(self._context.settings.value(self._key, "") or archive.url))
        self.start.setToolTip(f"Download to {self._context.workspace.dataset_root(self.name)}, unpack and check it.")

    def begin(self) -> None:
        self.under_way = self.name
        self.trouble.hide()
        self.progress.begin("Connecting …")
        self._serve()

    def end(self, sentence: str = "") -> None:
        self.under_way = ""
        self.progress.end()
        self._serve()
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    @property
    def shows_what_is_under_way(self) -> bool:
        """Datasets may come in one archive."""
        return self.under_way != "" and DATASETS[self.under_way].downloader == DATASETS[self.name].downloader

    def _serve(self) -> None:
        """One at a time: where another could be started, its line says which."""
        self.start.setEnabled(not self.under_way)
        self.progress.setVisible(bool(self.under_way) and bool(DATASETS[self.name].downloader))

    @property
    def _key(self) -> str:
        return f"data/address/{self._archive().title}"

    def _archive(self) -> Archive:
        archive: Archive = load_dotted(DATASETS[self.name].downloader)
        return archive

    def _remember(self) -> None:
        official = self._archive().url
        if not self.address.text().strip():
            self.address.setText(official)
        own = self.address.text().strip() != official
        self._context.settings.setValue(self._key, self.address.text().strip() if own else "")

    def _begin(self) -> None:
        self._remember()
        self.download_wanted.emit(self.name, self.address.text().strip())

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setFixedWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(self.title)
        column.addWidget(self.text)
        self._address_line = QWidget()
        row = QHBoxLayout(self._address_line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(theme.label("Address", muted=True))
        row.addWidget(self.address, 1)
        column.addWidget(self._address_line)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start)
        buttons.addWidget(self.folder)
        buttons.addStretch()
        column.addLayout(buttons)
        column.addWidget(self.progress)
        column.addWidget(self.trouble)
        column.addWidget(self.licence)
        whole = QVBoxLayout(self)
        middle = QHBoxLayout()  # with stretches: a widget that is aligned does not get the height its words need
        middle.addStretch(1)
        middle.addWidget(inner)
        middle.addStretch(1)
        whole.addStretch(1)
        whole.addLayout(middle)
        whole.addStretch(2)
