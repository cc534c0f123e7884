"""Plots saved for documents: files that other programs read, dark on white under either scheme, type left as type."""

from __future__ import annotations

from xml.etree import ElementTree

import pypdfium2
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from core.datasets.base import Modality
from gui import save_plot, theme
from gui.looks import Look
from gui.save_plot import FORMS, ask_and_save, picture
from gui.widgets.class_dots import ClassDots, Dot, DotRow
from gui.widgets.level_curve import LevelCurve, LevelLine, LevelPoint

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "study · ESC-10 · Means"


class Painted(QWidget):
    """By hand, as most plots are, beside a label."""

    def __init__(self):
        super().__init__()
        column = QVBoxLayout(self)
        self.label = theme.label("caption", muted=True)
        column.addWidget(self.label)
        column.addStretch()
        self.resize(400, 200)

    def paintEvent(self, event):  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setFont(theme.font())
        painter.setPen(theme.colour("text"))
        painter.drawText(20, 120, "network")
        painter.setBrush(QColor("#0072B2"))
        painter.drawEllipse(QPoint(200, 100), 20, 20)


def dots(rows):
    plot = ClassDots("Classes")
    colour = QColor("#0072B2")
    plot.show_rows([DotRow(f"class {n}", (Dot(Modality.AUDIO, colour, n / rows),), str(n)) for n in range(rows)],
                   range(rows))  # fmt: skip
    plot.resize(480, 200)
    return plot


def curve():
    plot = LevelCurve()
    points = tuple(LevelPoint(mean, mean - 5, mean + 5, "") for mean in (90.0, 60.0))
    line = LevelLine("network", Look("alexnet", Modality.AUDIO, 0), points)
    plot.show_lines([line], ["clean", "0"], "Noise", "words")
    plot.resize(640, 320)
    return plot


PLOTS = {"painted": Painted, "dots": lambda: dots(40), "curve": curve}


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def scheme(request, qapp):
    theme.apply(qapp, dark=request.param)
    yield request.param
    theme.apply(qapp, dark=False)


@pytest.fixture(params=PLOTS)
def plot(request, qapp, qtbot, scheme):
    made = PLOTS[request.param]()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    for _ in range(3):  # pyqtgraph lays its axes out again when it knows how wide their figures are
        qapp.processEvents()
        made.grab()
    return made


def test_svg_has_type_and_shapes_on_white(plot):
    root = ElementTree.fromstring(picture(plot, "svg", TITLE))
    assert root.findtext(f"{SVG}title") == TITLE and "Sensorium" in root.findtext(f"{SVG}desc")
    words = [" ".join("".join(text.itertext()).split()) for text in root.iter(f"{SVG}text")]
    assert any(word in words for word in ("network", "class 0")), words
    assert list(root.iter(f"{SVG}path")) or list(root.iter(f"{SVG}circle")) or list(root.iter(f"{SVG}ellipse"))
    assert not any("Point at" in word for word in words)  # what the pointer does is of no use on paper
    fills = {group.get("fill") for group in root.iter(f"{SVG}g")}
    assert "#ffffff" in fills and not fills & {"#16181c", "#1c1f24", "#e7e9ec"}  # those of the dark scheme


def test_pdf_is_one_page_of_lines_and_type(plot):
    content = picture(plot, "pdf", TITLE)
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 1
    assert document.get_metadata_dict()["Title"] == TITLE
    page = document[0]
    kinds = {found.type for found in page.get_objects()}
    assert {pypdfium2.raw.FPDF_PAGEOBJ_TEXT, pypdfium2.raw.FPDF_PAGEOBJ_PATH} <= kinds
    text = page.get_textpage().get_text_bounded()
    assert "network" in text or "class0" in text  # whose space is a gap only
    wide, high = page.get_size()
    assert wide == pytest.approx(0.75 * plot.width(), abs=1) and high >= 0.75 * plot.height() - 1
    drawn = page.render(scale=1).to_numpy()
    assert drawn.mean() > 200 and drawn.min() < 120  # dark on white
    document.close()


def test_png_has_three_pixels_for_one(plot, tmp_path):
    image = QImage.fromData(picture(plot, "png", TITLE))
    assert image.width() == 3 * plot.width() and image.height() >= 3 * plot.height()
    assert image.text("Title") == TITLE and image.text("Software") == "Sensorium"
    assert image.pixelColor(2, 2) == QColor("white")


def test_what_is_on_the_screen_is_as_before(qapp, plot):
    labels = [label for label in plot.findChildren(QLabel) if label.text()]
    before = plot.grab().toImage(), [label.palette().windowText().color() for label in labels], plot.size()
    for form in FORMS:
        picture(plot, form, TITLE)
    qapp.processEvents()  # a scroll bar comes back with the next one
    assert plot.grab().toImage() == before[0]
    assert [label.palette().windowText().color() for label in labels] == before[1]
    assert plot.size() == before[2] and plot.styleSheet() == ""


def test_all_rows_of_a_list_are_saved_and_it_stays_where_it_was_scrolled_to(qtbot):
    plot = dots(101)
    qtbot.addWidget(plot)
    plot.show()
    plot.verticalScrollBar().setValue(500)
    root = ElementTree.fromstring(picture(plot, "svg", TITLE))
    words = [" ".join("".join(text.itertext()).split()) for text in root.iter(f"{SVG}text")]
    assert {f"class {n}" for n in range(101)} <= set(words)
    assert plot.verticalScrollBar().value() == 500 and plot.verticalScrollBar().maximum() > 500


def test_a_file_is_asked_for_and_written_and_the_folder_remembered(qtbot, context, tmp_path, monkeypatch):
    plot, said, asked = Painted(), [], []
    qtbot.addWidget(plot)
    context.message.connect(lambda text, level: said.append((text, level)))
    answer = ""

    def ask(parent, caption, proposed, kinds):
        asked.append(proposed)
        return answer, ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    assert ask_and_save(context, plot, "svg", "esc10-means", TITLE) is None and said == []  # thought better of it
    answer = str(tmp_path / "figures.of" / "means")
    for form in FORMS:
        path = ask_and_save(context, plot, form, "esc10-means", TITLE)
        assert path == tmp_path / "figures.of" / f"means.{form}" and path.stat().st_size > 500
        assert said[-1] == (f"Saved as {path}.", "info")
    assert asked[-1] == str(tmp_path / "figures.of" / "esc10-means.png")
    (tmp_path / "file").touch()
    answer = str(tmp_path / "file" / "means.svg")
    assert ask_and_save(context, plot, "svg", "esc10-means", TITLE) is None
    assert said[-1][1] == "error" and "means.svg" in said[-1][0]
    assert context.settings.value(save_plot.FOLDER) == str(tmp_path / "figures.of")
