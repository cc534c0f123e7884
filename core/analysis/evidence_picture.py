"""A clip as networks saw it and what each of them found in it, drawn into one PNG, legible at 1200 pixels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.analysis.evidence import HEAT, STRENGTH
from core.audio.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, EDGE = 1200, 72  # px, of the picture and of the room for the axis of frequencies
ACROSS = 3  # networks side by side
GAP = 16
SPECTROGRAM, TILE, LINE = 200, 120, 22  # px high
SMALL, BODY = 8.5, 10  # points
LETTER = 7  # px wide about
DPI = 100
FRAMES = 6  # of a film, and half as many under each network
MUTED, ERROR = "#5B6470", "#B34E00"

Pixels = NDArray[np.uint8]  # (rows, columns, 3) RGB


@dataclass(frozen=True)
class Found:
    """What a network found for one class.

    Attributes:
        words: the class and its probability.
        wrong: it is what the network says, and it is not true.
        tiles: by wing, the grey picture with the map laid over; the spectrogram with its lowest band first.
    """

    words: str
    wrong: bool
    tiles: dict[str, Pixels]


@dataclass(frozen=True)
class Column:
    """One network: its name and colour, and what it found; or a sentence that says why there is nothing."""

    name: str
    colour: str
    found: tuple[Found, ...] = ()
    sentence: str = ""


@dataclass(frozen=True)
class Sheet:
    """All that is drawn of a clip: its spectrogram and its frames as the first network that takes them saw them."""

    heard: Picture | None
    frames: Pixels | None  # (n, h, w, 3)
    seconds: NDArray[np.float64]  # (n,)
    columns: tuple[Column, ...]


def chosen_frames(count: int, wanted: int = FRAMES) -> NDArray[np.int64]:
    """Places of at most so many frames, evenly apart, each from the middle of its stretch."""
    wanted = min(count, wanted)
    return ((np.arange(wanted) + 0.5) * count / max(wanted, 1)).astype(np.int64)


def laid_over(grey: NDArray[np.floating], strength: NDArray[np.floating]) -> Pixels:
    """A map over a grey picture.

    Args:
        grey: (…, rows, columns) from 0 to 1.
        strength: of the map, the same.

    Returns:
        (…, rows, columns, 3): grey (1 − a) + HEAT a, with a = STRENGTH · strength.
    """
    share = STRENGTH * np.clip(strength, 0, 1)[..., None]
    mixed = 255 * np.clip(grey, 0, 1)[..., None] * (1 - share) + np.array(HEAT, np.float32) * share
    return np.asarray(np.round(mixed), np.uint8)


def side_by_side(frames: NDArray[np.uint8], gap: int = 2) -> Pixels:
    """(n, h, w, 3) as one picture with white between."""
    spaced = np.pad(frames, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=255)
    row: Pixels = np.concatenate(list(spaced), axis=1)
    return row[:, :-gap]


def draw(sheet: Sheet) -> bytes:
    """The content of a PNG file, WIDTH px wide."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    blocks = [sheet.columns[i : i + ACROSS] for i in range(0, len(sheet.columns), ACROSS)]
    heights = [_height(block) for block in blocks]
    strip = 0 if sheet.frames is None else _strip_height(sheet.frames)
    top = (SPECTROGRAM + 3 * LINE if sheet.heard is not None else 0) + (strip + 3 * LINE if strip else 0)
    figure = Figure(figsize=(WIDTH / DPI, (top + sum(heights)) / DPI), dpi=DPI)
    page = _Page(figure)
    if sheet.heard is not None:
        page.spectrogram(sheet.heard)
    if sheet.frames is not None:
        page.film(sheet.frames, sheet.seconds, strip)
    for block, height in zip(blocks, heights, strict=True):
        page.networks(block, sheet.heard)
        page.y += height
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content)
    return content.getvalue()


def _wings(block: Sequence[Column]) -> dict[str, int]:
    """By wing that is shown in a row of networks, how high its pictures are."""
    heights: dict[str, int] = {}
    for tile in (tile for column in block for found in column.found for tile in found.tiles.items()):
        wing, pixels = tile
        fitting = TILE if wing == "audio" else min(TILE, round(_across() * pixels.shape[0] / pixels.shape[1]))
        heights[wing] = max(fitting, heights.get(wing, 0))
    return heights


def _height(block: Sequence[Column]) -> int:
    """Of a row of networks, from the line of their names to that of the next ones."""
    wings = _wings(block)

    def of(column: Column) -> int:
        tiles = [LINE + sum(wings[wing] + LINE for wing in found.tiles) for found in column.found]
        return sum(tiles) if tiles else LINE

    return LINE + max(map(of, block)) + GAP


def _across() -> int:
    return (WIDTH - EDGE - ACROSS * GAP) // ACROSS


def _strip_height(frames: Pixels) -> int:
    row = side_by_side(frames)
    return min(SPECTROGRAM, round((WIDTH - EDGE - GAP) * row.shape[0] / row.shape[1]))


class _Page:
    """A figure that is filled from the top, in pixels."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.width, self.height = figure.get_size_inches() * DPI
        self.y = LINE

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        place = (x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height)
        made = self.figure.add_axes(place)
        made.tick_params(labelsize=SMALL, colors=MUTED, length=3)
        for spine in made.spines.values():
            spine.set_visible(False)
        return made

    def text(self, x: float, y: float, words: str, room: float, **how: Any) -> None:
        """A line that ends in … where there is no room; what looks like a formula is none."""
        most = max(8, int(room / LETTER))
        shown = words if len(words) <= most else words[: most - 1] + "…"
        how = {"size": SMALL, "color": MUTED, "va": "bottom", "parse_math": False} | how
        self.figure.text(x / self.width, 1 - y / self.height, shown, None, **how)

    def spectrogram(self, heard: Picture) -> None:
        self.text(EDGE, self.y, "As the model hears it", WIDTH, size=BODY, color="black")
        room = WIDTH - EDGE - 88
        shown = self.axes(EDGE, self.y + GAP / 2, room, SPECTROGRAM)
        image = shown.imshow(heard.decibels, cmap="magma", vmin=heard.levels[0], vmax=heard.levels[1], **_placed(heard))
        _label_axes(shown, heard, 7)
        bar = self.figure.colorbar(image, cax=self.axes(EDGE + room + GAP, self.y + GAP / 2, 12, SPECTROGRAM))
        bar.set_label("dB", size=SMALL, color=MUTED)
        bar.outline.set_visible(False)
        self.y += SPECTROGRAM + 3 * LINE

    def film(self, frames: Pixels, seconds: NDArray[np.float64], height: int) -> None:
        self.text(EDGE, self.y, "As the model sees it", WIDTH, size=BODY, color="black")
        row = side_by_side(frames)
        width = height * row.shape[1] / row.shape[0]
        shown = self.axes(EDGE, self.y + GAP / 2, width, height)
        shown.imshow(row, aspect="auto")
        shown.set_axis_off()
        for place, when in enumerate(seconds):
            left = EDGE + place * width / len(seconds)
            self.text(left, self.y + GAP / 2 + height + LINE, f"{when:.2f} s", WIDTH)
        self.y += height + 3 * LINE

    def networks(self, block: Sequence[Column], heard: Picture | None) -> None:
        heights, across = _wings(block), _across()
        for place, column in enumerate(block):
            x, y = EDGE + place * (across + GAP), self.y
            self.text(x, y, "■", WIDTH, size=BODY, color=column.colour)
            self.text(x + GAP, y, column.name, across - GAP, size=BODY, color="black", weight="bold")
            if column.sentence:
                self.text(x, y + LINE, column.sentence, across)
            for found in column.found:
                y += LINE
                self.text(x, y, found.words, across, color=ERROR if found.wrong else "black")
                for wing, tile in found.tiles.items():
                    self._tile(tile, wing, x, y + 4, across, heights[wing], heard if place == 0 else None)
                    y += heights[wing] + LINE

    def _tile(
        self, pixels: Pixels, wing: str, x: float, y: float, across: float, height: float, heard: Picture | None
    ) -> None:
        if wing == "video":
            across = min(across, height * pixels.shape[1] / pixels.shape[0])
        shown = self.axes(x, y, across, height)
        if wing == "video" or heard is None:
            shown.imshow(pixels, aspect="auto", origin="lower" if wing == "audio" else "upper")
            shown.set_axis_off()
        else:
            shown.imshow(pixels, **_placed(heard))
            _label_axes(shown, heard, 4)


def _placed(heard: Picture) -> dict[str, Any]:
    """Seconds to the right, bands upwards, each as it is."""
    end = max(heard.end, heard.start + heard.hop_seconds)
    extent = (heard.start, end, -0.5, heard.decibels.shape[0] - 0.5)
    return {"extent": extent, "aspect": "auto", "origin": "lower", "interpolation": "nearest"}


def _label_axes(shown: Axes, heard: Picture, ticks: int) -> None:
    """Seconds to the right, Hz upwards: round figures at the bands that lie nearest."""
    bands = heard.decibels.shape[0]
    wanted = np.interp(np.linspace(0, bands - 1, ticks), np.arange(bands), heard.frequencies)
    round_off = 10 ** np.floor(np.log10(np.maximum(wanted, 10)))
    named = np.unique(np.round(wanted / round_off) * round_off)
    named = named[(named >= heard.frequencies[0]) & (named <= heard.frequencies[-1])]
    shown.set_yticks(
        np.interp(named, heard.frequencies, np.arange(bands)),
        [f"{hz / 1000:g} kHz" if hz >= 1000 else f"{hz:g} Hz" for hz in named],
    )
    shown.locator_params(axis="x", nbins=ticks + 1)
    shown.xaxis.set_major_formatter("{x:g} s")
