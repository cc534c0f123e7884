"""Colours, line styles, sizes and icons: one place, so that a network looks the same everywhere.

`apply` dresses the whole application for the light or the dark scheme; `follow_system` does so now and at
every change of the system's scheme. Plots that exist are recoloured, plots made later start out right.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyqtgraph as pg
import qtawesome
from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from core.datasets.base import Modality

# Okabe & Ito 2008, told apart by colour-blind eyes. Vermilion is for errors and for nothing else.
ERROR = QColor("#D55E00")
CORRECT = QColor("#7389A3")  # the diagonal of a confusion matrix: there, but quieter than the errors
_ARCHITECTURE = {
    "baseline_cnn": "#0072B2",
    "alexnet": "#E69F00",
    "resnet50": "#009E73",
    "resnet18": "#56B4E9",
    "resnet34": "#CC79A7",
    "plain50": "#999933",  # Tol's muted olive: Okabe & Ito's yellow cannot be read on white
    "knn": "#A6A6A6",
    "svm": "#8A63D2",
    "random_forest": "#6F6F6F",
}
# Of variants, in turn: what is mixed into the colour, and how much of it; then the same about a hue nearby.
_SHADES = (
    ("text", 0.0), ("text", 0.45), ("base", 0.4), ("text", 0.75), ("base", 0.56),
    ("text", 0.22), ("text", 0.6), ("base", 0.2),
)  # fmt: skip
_NEARBY = 12  # degrees of hue
_OTHERS = ("#882255", "#F0E442")  # for architectures added later

MODALITY_STYLE = {
    Modality.AUDIO: Qt.PenStyle.SolidLine,
    Modality.VIDEO: Qt.PenStyle.DashLine,
    Modality.AUDIO_VISUAL: Qt.PenStyle.DotLine,
}

_SHORT_DASHES = {Qt.PenStyle.DashLine: [1.5, 1.0], Qt.PenStyle.DotLine: [0.6, 0.5]}  # in widths of the pen

_RESOURCES = Path(__file__).parents[1] / "resources"
ICONS, STYLE_SHEET = _RESOURCES / "icons", _RESOURCES / "style.qss"
GRID = 8  # pixels; every margin and gap is a multiple
SMALL, BODY, TITLE = 0.88, 1.0, 1.4  # the three sizes of type, times the body size
BODY_POINTS = 10.0
PRESENTATION = 1.5  # how much larger type is on the projector

# more_a, more_b: differences, purple against green after ColorBrewer's PRGn, told apart by colour-blind eyes.
_SCHEMES = {
    False: {
        "window": "#F5F6F8",
        "base": "#FFFFFF",
        "raised": "#ECEEF2",
        "text": "#1B1F24",
        "muted": "#5B6470",
        "border": "#D5D9E0",
        "accent": "#4F52C9",
        "accent_text": "#FFFFFF",
        "hover": "#E3E6EC",
        "selected": "#DDDEF7",
        "error_text": "#B34E00",
        "more_a": "#762A83",
        "more_b": "#1B7837",
    },
    True: {
        "window": "#16181C",
        "base": "#1C1F24",
        "raised": "#272B32",
        "text": "#E7E9EC",
        "muted": "#9BA4AF",
        "border": "#363B44",
        "accent": "#8F92FF",
        "accent_text": "#14151A",
        "hover": "#2F343D",
        "selected": "#363963",
        "error_text": "#FF8A3D",
        "more_a": "#C08BD6",
        "more_b": "#7BC47F",
    },
}
SCREEN_ONLY = "screen_only"  # property of what says what the pointer does: it is left out on paper
PAPER = "QWidget { color: $text; background-color: $window; } "
_PAPER = _SCHEMES[False] | {"window": _SCHEMES[False]["base"]}  # of what is saved for a document
_now = {"dark": False, "scale": 1.0, "paper": False}


def architecture_colour(architecture: str) -> QColor:
    """The colour of an architecture; one without its own gets a stable one of the rest."""
    if architecture in _ARCHITECTURE:
        return QColor(_ARCHITECTURE[architecture])
    return QColor(_OTHERS[sum(architecture.encode()) % len(_OTHERS)])


def shade(architecture: str, variant: int) -> QColor:
    """The colour of an architecture's variant, counted from 0: the first has the colour itself."""
    again, place = divmod(variant, len(_SHADES))
    own, (towards, share) = architecture_colour(architecture), _SHADES[place]
    if again and own.hue() >= 0:  # grey has none
        own = QColor.fromHsv((own.hue() + _NEARBY * again) % 360, own.saturation(), own.value())
    return mix(own, colour(towards), share)


def architecture_icon(architecture: str) -> QIcon:
    """A dot in the colour of an architecture, for lists and tables."""
    size = 2 * GRID
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(architecture_colour(architecture))
    painter.drawEllipse(3, 3, size - 6, size - 6)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # or a selected row would tint it
    return icon


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """`share` of the other colour in the one; 0 = the one, 1 = the other."""

    def part(a: int, b: int) -> int:
        return round(a + share * (b - a))

    return QColor(part(one.red(), other.red()), part(one.green(), other.green()), part(one.blue(), other.blue()))


def readable_on(back: QColor) -> QColor:
    """Black or white, whichever stands out more on a colour (relative luminance after WCAG 2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    luminance = 0.2126 * linear(back.redF()) + 0.7152 * linear(back.greenF()) + 0.0722 * linear(back.blueF())
    return QColor("black") if (luminance + 0.05) ** 2 > 0.05 * 1.05 else QColor("white")


def is_dark() -> bool:
    return bool(_now["dark"] and not _now["paper"])


def colour(role: str) -> QColor:
    """A colour of the present scheme: window, base, raised, text, muted, border, accent, accent_text, hover."""
    return QColor(_scheme()[role])


def font(size: float = BODY, bold: bool = False) -> QFont:
    """One of the three sizes of the one family, with figures of equal width."""
    made = QFont(QApplication.font())
    made.setPointSizeF(BODY_POINTS * _now["scale"] * size)
    made.setBold(bold)
    return made


def pixels(count: float) -> float:
    """Room for type in what is painted by hand: it grows as type does in presentation mode."""
    return count * float(_now["scale"])


def label(text: str = "", size: float = BODY, *, muted: bool = False, wrap: bool = False, bold: bool = False) -> QLabel:
    """A label in one of the three sizes; `muted` for what is not the data."""
    made = QLabel(text)
    made.setProperty("type_size", {SMALL: "small", BODY: "body", TITLE: "title"}[size])
    made.setProperty("muted", muted)
    made.setProperty("bold", bold)
    made.setWordWrap(wrap)
    return made


def set_icon(button: QAbstractButton, name: str, role: str = "text") -> None:
    """Give a button an icon that follows the scheme. `name` is one of the icon library, e.g. `mdi6.play`."""
    button.setProperty("icon_name", name)
    button.setProperty("icon_role", role)
    button.setIcon(qtawesome.icon(name, color=colour(role), color_disabled=colour("border")))


def swatch(colour: QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QIcon:
    """A short piece of line, for legends and tables."""
    picture = QPixmap(2 * GRID, 2 * GRID)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    pen = QPen(colour, GRID / 2, style, Qt.PenCapStyle.FlatCap)
    if style in _SHORT_DASHES:  # the style's own pattern is longer than the piece
        pen.setDashPattern(_SHORT_DASHES[style])
    painter.setPen(pen)
    painter.drawLine(0, GRID, 2 * GRID, GRID)
    painter.end()
    return QIcon(picture)


def follow_system(app: QApplication) -> None:
    """Dress the application as the system is dressed, now and later."""
    hints = app.styleHints()
    apply(app, hints.colorScheme() == Qt.ColorScheme.Dark)
    hints.colorSchemeChanged.connect(_Follower(app).changed)


def apply(app: QApplication, dark: bool, scale: float = 1.0) -> None:
    """Set style, palette, type and plot colours. `scale` enlarges the type for presentations."""
    _now["dark"], _now["scale"] = dark, scale
    app.setStyle("Fusion")
    app.setPalette(_palette())
    base = QFont(QApplication.font())
    base.setPointSizeF(BODY_POINTS * scale)
    base.setFeature(QFont.Tag("tnum"), 1)  # figures of equal width, so that columns of them line up
    app.setFont(base)
    app.setStyleSheet(_style_sheet())
    pg.setConfigOptions(background=colour("base"), foreground=colour("muted"), antialias=True)
    for widget in app.allWidgets():
        _refresh(widget)


@contextmanager
def on_paper(widget: QWidget) -> Iterator[None]:
    """For as long as it takes to paint them elsewhere, a widget and all in it in dark type on white, whatever the
    scheme of the screen. Nothing else is dressed anew; no event may be handled meanwhile."""
    hints = [one for one in widget.findChildren(QWidget) if one.property(SCREEN_ONLY) and not one.isHidden()]
    for hint in hints:
        hint.hide()  # its place stays empty: layouts follow at the next event
    _now["paper"] = True
    # Qt undoes a palette where there is a style sheet: what follows from the palette is said in that, too.
    _dress(widget, string.Template(PAPER).substitute(_PAPER) + _style_sheet())
    try:
        yield
    finally:
        _now["paper"] = False
        _dress(widget, "")  # as the application is
        for hint in hints:
            hint.show()


def _dress(widget: QWidget, style_sheet: str) -> None:
    widget.setStyleSheet(style_sheet)
    for one in (widget, *widget.findChildren(QWidget)):
        QApplication.sendEvent(one, QEvent(QEvent.Type.PaletteChange))  # which those that keep colours listen to
        _refresh(one)


def style_plot(view: pg.GraphicsView) -> None:
    """Recolour the background, axes and legends of a plot that was made under another scheme."""
    view.setBackground(colour("base"))
    for item in view.scene().items():
        if isinstance(item, pg.AxisItem):
            item.setPen(colour("border"))
            item.setTextPen(colour("muted"))
            item.setTickFont(font(SMALL))
            item.label.setFont(font(SMALL))
        elif isinstance(item, pg.LegendItem):
            item.setLabelTextColor(colour("text"))


def _refresh(widget: QWidget) -> None:
    if isinstance(widget, pg.GraphicsView):
        style_plot(widget)
    if isinstance(widget, QAbstractButton) and widget.property("icon_name"):
        set_icon(widget, widget.property("icon_name"), widget.property("icon_role"))


class _Follower(QObject):
    """Lives as long as the application and dresses it anew when the system changes."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app

    def changed(self, scheme: Qt.ColorScheme) -> None:
        apply(self._app, scheme == Qt.ColorScheme.Dark, float(_now["scale"]))


def _scheme() -> dict[str, str]:
    return _PAPER if _now["paper"] else _SCHEMES[is_dark()]


def _palette() -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for target, name in {
        role.Window: "window",
        role.WindowText: "text",
        role.Base: "base",
        role.AlternateBase: "window",
        role.ToolTipBase: "raised",
        role.ToolTipText: "text",
        role.Text: "text",
        role.Button: "raised",
        role.ButtonText: "text",
        role.PlaceholderText: "muted",
        role.Highlight: "accent",
        role.HighlightedText: "accent_text",
        role.Link: "accent",
        role.Accent: "accent",
        role.Mid: "border",
        role.Light: "hover",
    }.items():
        palette.setColor(target, colour(name))
    faded = QColor(colour("muted"))
    faded.setAlpha(140)
    for target in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, faded)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, colour("border"))
    return palette


def icon_size(scale: float = 1.0) -> QSize:
    return QSize(round(2 * GRID * scale), round(2 * GRID * scale))


def _style_sheet() -> str:
    points = BODY_POINTS * float(_now["scale"])
    sizes = {"small": f"{points * SMALL:.1f}pt", "body": f"{points:.1f}pt", "title": f"{points * TITLE:.1f}pt"}
    scheme = "dark" if is_dark() else "light"
    template = string.Template(STYLE_SHEET.read_text(encoding="utf-8"))
    return template.substitute(_scheme(), **sizes, scheme=scheme, icons=ICONS.as_posix())
