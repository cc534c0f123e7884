"""A plot as a file for a document: SVG and PDF hold lines and type, PNG three pixels for one of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPoint, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPaintDevice, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QAbstractScrollArea, QFileDialog, QWidget

from core.errors import UserError
from core.files import write_atomically
from gui import theme
from gui.context import Context

FORMS = {"svg": "SVG", "pdf": "PDF", "png": "PNG"}
ENTRIES = (
    ("As SVG, to be edited further", "svg"),
    ("As PDF, for LaTeX", "pdf"),
    ("As PNG, for slides and the web", "png"),
)
HELP = "Saves the plot in view for a document: dark on white, whatever the colours of the screen."
DPI = 96  # of the screen, by which Qt counts pixels and points
PNG_SCALE = 3.0
FOLDER = "plots/folder"


def ask_and_save(context: Context, plot: QWidget, form: str, name: str, title: str) -> Path | None:
    """Ask for a file and save a plot; None where nothing was saved. What goes wrong is said in the banner.

    Args:
        form: svg, pdf or png.
        name: of the file, without its ending.
        title: what the plot shows, kept in the file.
    """
    folder = Path(str(context.settings.value(FOLDER, Path.home())))
    proposed = str((folder if folder.is_dir() else Path.home()) / f"{name}.{form}")
    chosen, _ = QFileDialog.getSaveFileName(plot, f"Save plot as {FORMS[form]}", proposed, f"{FORMS[form]} (*.{form})")
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix.lower() != f".{form}":
        path = path.with_name(f"{path.name}.{form}")
    try:
        write_atomically(path, picture(plot, form, title))
    except UserError as error:
        context.message.emit(str(error), "error")
        return None
    context.settings.setValue(FOLDER, str(path.parent))
    context.message.emit(f"Saved as {path}.", "info")
    return path


def picture(plot: QWidget, form: str, title: str) -> bytes:
    """A widget as it is seen, though all of what it scrolls over, as the content of a file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    with _unrolled(plot), theme.on_paper(plot):
        {"svg": _svg, "pdf": _pdf, "png": _png}[form](plot, buffer, title)
    return bytes(buffer.data().data())


def _svg(plot: QWidget, buffer: QBuffer, title: str) -> None:
    device = QSvgGenerator()
    device.setOutputDevice(buffer)
    device.setResolution(DPI)
    device.setSize(plot.size())
    device.setViewBox(plot.rect())
    device.setTitle(title)
    device.setDescription(f"{title}. Made with Sensorium.")
    _paint(plot, device)


def _pdf(plot: QWidget, buffer: QBuffer, title: str) -> None:
    device = QPdfWriter(buffer)
    device.setResolution(DPI)
    device.setTitle(title)
    device.setCreator("Sensorium")
    page = QSizeF(plot.size()) * 72 / DPI
    device.setPageLayout(
        QPageLayout(
            QPageSize(page, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch),
            QPageLayout.Orientation.Portrait,
            QMarginsF(),
        )
    )
    _paint(plot, device)


def _png(plot: QWidget, buffer: QBuffer, title: str) -> None:
    device = QImage((QSizeF(plot.size()) * PNG_SCALE).toSize(), QImage.Format.Format_RGB32)
    device.setDevicePixelRatio(PNG_SCALE)
    device.setText("Title", title)
    device.setText("Software", "Sensorium")
    _paint(plot, device)
    device.save(buffer, "PNG")  # type: ignore[call-overload]


def _paint(plot: QWidget, device: QPaintDevice) -> None:
    painter = QPainter(device)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(plot.rect()), theme.colour("window"))
    plot.render(painter, QPoint())
    painter.end()


@contextmanager
def _unrolled(plot: QWidget) -> Iterator[None]:
    """A list that scrolls as tall as it would need to be for all of it to be seen."""
    before, bar = plot.size(), plot.verticalScrollBar() if isinstance(plot, QAbstractScrollArea) else None
    place = bar.value() if bar is not None else 0
    if bar is not None and bar.maximum() > 0:
        plot.resize(before.width(), before.height() + bar.maximum())
    try:
        yield
    finally:
        plot.resize(before)
        if bar is not None:
            bar.setValue(place)
