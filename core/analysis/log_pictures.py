"""Pictures for the logs of a run: the confusion matrix, and its worst mistakes as the network was given them.

Drawn by Pillow in hundredths of a second: a log must cost next to nothing, and matplotlib takes ten times as long.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.analysis.confusion import Counts, normalise
from core.analysis.evidence_picture import ERROR, MUTED, side_by_side
from core.audio.pictures import MODEL_LEVELS

Pixels = NDArray[np.uint8]  # (rows, columns, 3) RGB

RIGHT, WRONG = (0x3D, 0x5A, 0x80), (0xD5, 0x5E, 0x00)  # the deepest colours of the diagonal and of errors
FAINTEST = 0.28  # a cell that is not empty is never fainter, so that one error in a thousand shows
SIDE = 640  # px that the cells of a matrix take together, where they need no more
CELLS = (10, 48)  # px, of the smallest cell whose class is named and of the largest
NUMBERED = 22  # px, of the smallest cell with its number
UNNAMED = 1200  # px that the cells take together where they are too many to be named
WIDTH, SPECTROGRAM = 640, 200  # px, of a mistake
MARGIN = 8
BODY, SMALL = 18, 13  # px high


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
    said = "predicted →"
    draw.text((edge, MARGIN), said, MUTED, _font(SMALL))
    _upwards(page, "← true", edge + n * cell, MARGIN, _font(SMALL), MUTED)
    for place, name in enumerate(classes if named else ()):
        middle = edge + (place + 0.5) * cell
        draw.text((edge - MARGIN, middle), name, "black", font, anchor="rm")
        _upwards(page, name, edge - MARGIN, round(middle - font.size / 2), font, "black")
    if cell >= NUMBERED:
        for true, predicted in zip(*np.nonzero(counts), strict=True):
            ink = "white" if strength[true, predicted, 0] > 0.6 else "black"
            at = (edge + (predicted + 0.5) * cell, edge + (true + 0.5) * cell)
            draw.text(at, str(counts[true, predicted]), ink, _font(SMALL), anchor="mm")
    return np.asarray(page)


def mistake_picture(
    title: tuple[str, str, float],
    detail: str,
    decibels: NDArray[np.float32] | None,
    frames: NDArray[np.uint8] | None,
) -> Pixels:
    """A clip that was taken for another, as the network was given it.

    Args:
        title: true class, predicted class, and the probability that was given to it.
        detail: a line below.
        decibels: (mels, columns), lowest band first, at the levels that all clips are shown at; None = not heard.
        frames: (n, h, w, 3); None = not seen.
    """
    parts = [] if decibels is None else [_heat(decibels)]
    if frames is not None:
        parts.append(_fitted(side_by_side(frames)))
    top = 2 * MARGIN + BODY + SMALL + MARGIN
    height = top + sum(part.height + MARGIN for part in parts)
    page = Image.new("RGB", (WIDTH + 2 * MARGIN, height), "white")
    draw = ImageDraw.Draw(page)
    true, predicted, confidence = title
    said = f"{predicted}, {100 * confidence:.0f} %"
    first, room = f"{true} → ", WIDTH
    size = BODY
    while size > SMALL and _font(size, True).getlength(first + said) > room:
        size -= 1
    font = _font(size, True)
    draw.text((MARGIN, MARGIN), first, "black", font)
    draw.text((MARGIN + font.getlength(first), MARGIN), said, ERROR, font)
    draw.text((MARGIN, 2 * MARGIN + BODY), detail, MUTED, _font(SMALL))
    for part in parts:
        page.paste(part, (MARGIN, top))
        top += part.height + MARGIN
    return np.asarray(page)


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
