"""Pictures for the logs of a run: the confusion matrix, and its worst mistakes as the network was given them.

Drawn by Pillow in hundredths of a second: a log must cost next to nothing, and matplotlib takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.analysis.confusion import Counts, normalise
from core.analysis.evidence_picture import ERROR, MUTED, side_by_side
from core.audio.pictures import MODEL_LEVELS

Pixels = NDArray[np.uint8]  # (rows, columns, 3) RGB


@dataclass(frozen=True)
class Shown:
    """What a network was given of a clip: a spectrogram (mels, columns) in dB, lowest band first, or frames
    (n, h, w, 3); and a line of what can be read from it."""

    content: NDArray[Any]
    caption: str


RIGHT, WRONG = (0x3D, 0x5A, 0x80), (0xD5, 0x5E, 0x00)  # the deepest colours of the diagonal and of errors
FAINTEST = 0.28  # a cell that is not empty is never fainter, so that one error in a thousand shows
SIDE = 640  # px that the cells of a matrix take together, where they need no more
CELLS = (10, 48)  # px, of the smallest cell whose class is named and of the largest
NUMBERED = 22  # px, of the smallest cell with its number
LUMA, DARK = np.array((0.299, 0.587, 0.114)), 130  # a number on what is darker is white
UNNAMED = 1200  # px that the cells take together where they are too many to be named
WIDTH, SPECTROGRAM = 640, 200  # px, of a mistake
MARGIN = 8
BODY, SMALL = 18, 13  # px high
DIGIT = 0.7  # of its height, how wide a digit is
NAME = 30  # letters of a class that are told in a title


@lru_cache(maxsize=8)
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib and has most scripts' letters."""
    package = find_spec("matplotlib")  # not imported: that takes a second
    assert package is not None and package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(folder / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)


def confusion_picture(counts: Counts, classes: tuple[str, ...]) -> Pixels:
    """The matrix as shares of the clips of each true class: rows true, columns predicted, errors in vermilion.

    Up to 29 classes, a cell also holds how many clips it is; up to 120, classes are named.

    Args:
        counts: (classes, classes).
    """
    n = len(classes)
    named = n * CELLS[0] <= UNNAMED
    cell = min(CELLS[1], max(CELLS[0], SIDE // n)) if named else max(1, UNNAMED // n)
    font = _font(min(SMALL, cell - 1)) if named else _font(SMALL)
    longest = int(max(font.getlength(name) for name in classes)) if named else 0
    edge = longest + 2 * MARGIN + SMALL + MARGIN  # names, and what the axis is
    page = Image.new("RGB", (edge + n * cell + MARGIN, edge + n * cell + MARGIN), "white")
    shares = normalise(counts, "row")
    strength = np.where(counts > 0, FAINTEST + (1 - FAINTEST) * shares, 0)[..., None]
    deepest = np.where(np.eye(n, dtype=bool)[..., None], np.array(RIGHT), np.array(WRONG))
    colours = np.round(255 * (1 - strength) + deepest * strength).astype(np.uint8)
    page.paste(Image.fromarray(colours).resize((n * cell, n * cell), Image.Resampling.NEAREST), (edge, edge))
    draw = ImageDraw.Draw(page)
    draw.rectangle((edge - 1, edge - 1, edge + n * cell, edge + n * cell), outline=MUTED)
    draw.text((edge, MARGIN), "predicted →", MUTED, _font(SMALL))
    true_axis = "← true"  # turned, it points down and ends at the first row
    _upwards(page, true_axis, edge + int(_font(SMALL).getlength(true_axis)), MARGIN, _font(SMALL), MUTED)
    for place, name in enumerate(classes if named else ()):
        middle = edge + (place + 0.5) * cell
        draw.text((edge - MARGIN, middle), name, "black", font, anchor="rm")
        _upwards(page, name, edge - MARGIN, round(middle - font.size / 2), font, "black")
    if cell >= NUMBERED:
        for true, predicted in zip(*np.nonzero(counts), strict=True):
            ink = "white" if colours[true, predicted] @ LUMA < DARK else "black"
            at = (edge + (predicted + 0.5) * cell, edge + (true + 0.5) * cell)
            number = str(counts[true, predicted])
            size = min(SMALL, int(cell / (DIGIT * len(number))))
            draw.text(at, number, ink, _font(max(6, size)), anchor="mm")
    return np.asarray(page)


def mistake_picture(title: tuple[str, str, float], detail: str, shown: Mapping[str, Shown]) -> Pixels:
    """A clip that was taken for another, as the network was given it.

    Args:
        title: true class, predicted class, and the probability that was given to it.
        detail: a line below.
        shown: by wing, what the network was given.
    """
    true, predicted, confidence = title
    first, said = f"{_short(true)} → ", f"{_short(predicted)}, {100 * confidence:.0f} %"
    font = next(
        (_font(size, True) for size in range(BODY, SMALL, -1) if _font(size, True).getlength(first + said) <= WIDTH),
        _font(SMALL, True),
    )
    parts = [
        (_heat(one.content) if wing == "audio" else _fitted(side_by_side(one.content)), one.caption)
        for wing, one in shown.items()
    ]
    y = 3 * MARGIN + BODY + SMALL
    page = Image.new(
        "RGB", (WIDTH + 2 * MARGIN, y + sum(part.height + SMALL + 2 * MARGIN for part, _ in parts)), "white"
    )
    draw = ImageDraw.Draw(page)
    draw.text((MARGIN, MARGIN), first, "black", font)
    draw.text((MARGIN + font.getlength(first), MARGIN), said, ERROR, font)
    draw.text((MARGIN, 2 * MARGIN + BODY), _ending(detail), MUTED, _font(SMALL))
    for part, caption in parts:
        page.paste(part, (MARGIN, y))
        draw.text((MARGIN, y + part.height + MARGIN // 2), caption, MUTED, _font(SMALL))
        y += part.height + SMALL + 2 * MARGIN
    return np.asarray(page)


def _short(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _ending(text: str) -> str:
    """As much of the end of a line as there is room for: ids begin with folders."""
    font, cut = _font(SMALL), 0
    while cut < len(text) and font.getlength(f"…{text[cut:]}") > WIDTH:
        cut += 1
    return f"…{text[cut:]}" if cut else text


def _heat(decibels: NDArray[np.float32]) -> Image.Image:
    low, high = MODEL_LEVELS
    grey = np.round(255 * np.clip((decibels - low) / (high - low), 0, 1)).astype(np.uint8)
    heat = cv2.cvtColor(cv2.applyColorMap(grey[::-1], cv2.COLORMAP_MAGMA), cv2.COLOR_BGR2RGB)
    return Image.fromarray(heat).resize((WIDTH, SPECTROGRAM), Image.Resampling.NEAREST)


def _fitted(pixels: Pixels) -> Image.Image:
    strip = Image.fromarray(pixels)
    return strip.resize((WIDTH, max(1, round(WIDTH * strip.height / strip.width))), Image.Resampling.BILINEAR)


def _upwards(page: Image.Image, text: str, bottom: int, left: int, font: ImageFont.FreeTypeFont, colour: str) -> None:
    """A line that is read from the bottom to the top."""
    line = Image.new("L", (int(font.getlength(text)) + 2, round(1.4 * font.size)))
    ImageDraw.Draw(line).text((0, 0), text, 255, font)
    turned = line.rotate(90, expand=True)
    page.paste(Image.new("RGB", turned.size, colour), (left, bottom - turned.height), turned)
