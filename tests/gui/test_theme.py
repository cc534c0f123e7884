from __future__ import annotations

import re

import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton

from core.study import architectures
from gui import theme
from gui.widgets.probabilities import ProbabilityBars


@pytest.fixture
def light_again(qapp):
    yield
    theme.apply(qapp, dark=False)


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""

    def luminance(colour: QColor) -> float:
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_in_both_schemes(qapp, light_again, dark):
    theme.apply(qapp, dark=dark)
    for back in ("window", "base", "raised", "selected"):
        assert contrast(theme.colour("text"), theme.colour(back)) >= 7, back
    for back in ("window", "base"):
        assert contrast(theme.colour("muted"), theme.colour(back)) >= 4.5, back
        assert contrast(theme.colour("error_text"), theme.colour(back)) >= 4.5, back
    assert contrast(theme.colour("accent_text"), theme.colour("accent")) >= 4.5


def test_architectures_have_colours_of_their_own():
    colours = {theme.architecture_colour(name).name() for name in architectures()}
    assert len(colours) == len(architectures())
    assert theme.ERROR.name() not in colours


def test_plots_and_icons_that_exist_follow_the_scheme(qapp, qtbot, light_again):
    plot, button = pg.PlotWidget(), QToolButton()
    for widget in (plot, button):
        qtbot.addWidget(widget)
    theme.set_icon(button, "mdi6.play")
    before = button.icon().cacheKey()
    theme.apply(qapp, dark=True)
    assert plot.backgroundBrush().color() == theme.colour("base")
    assert plot.getPlotItem().getAxis("left").textPen().color() == theme.colour("muted")
    assert button.icon().cacheKey() != before
    assert pg.getConfigOption("background") == theme.colour("base"), "plots made later start out right"


def test_the_system_s_scheme_is_followed(qapp, light_again):
    follower = theme._Follower(qapp)
    follower.changed(Qt.ColorScheme.Dark)
    assert theme.is_dark()
    follower.changed(Qt.ColorScheme.Light)
    assert not theme.is_dark()
    follower.deleteLater()


def test_every_picture_of_the_style_sheet_exists():
    for scheme in ("light", "dark"):
        for name in re.findall(r"\$icons/(\S+?)\)", theme.STYLE_SHEET.read_text(encoding="utf-8")):
            assert (theme.ICONS / name.replace("$scheme", scheme)).is_file(), name


def test_what_is_painted_by_hand_grows_with_the_type(qapp, qtbot, light_again):
    bars = ProbabilityBars()
    qtbot.addWidget(bars)
    before = bars.sizeHint().height()
    theme.apply(qapp, dark=False, scale=theme.PRESENTATION)
    assert bars.sizeHint().height() - theme.GRID == theme.PRESENTATION * (before - theme.GRID)


def test_variants_of_an_architecture_are_told_apart(qapp, light_again):
    for dark in (False, True):
        theme.apply(qapp, dark=dark)
        for name in architectures():
            shades = [theme.shade(name, variant) for variant in range(11)]
            assert shades[0] == theme.architecture_colour(name)
            if shades[0].hue() >= 0:  # grey has no neighbours
                assert len({shade.name() for shade in shades}) == len(shades)
