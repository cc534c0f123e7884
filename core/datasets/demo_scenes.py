"""Pictures and sounds of the demo videos: what `demo_videos` writes into files. The design is described there.

A *source* is a way of looking and sounding (colours, background, size, noise, pitch) that all classes share. Random
numbers that decide a clip's pictures depend on its pair of classes, its source and its cut, and on nothing else: the
two classes of a pair are drawn alike, and differ only in what sets them apart.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

VERSION = 1  # of the clips: a new one makes them anew
SIZE = 96  # rows and columns of a picture
FRAMES = 24
FPS = 15
RATE = 16000  # Hz
CLASSES = (
    "plain_disc",
    "striped_disc",
    "moves_left",
    "moves_right",
    "turns_clockwise",
    "turns_anticlockwise",
    "low_bell",
    "high_bell",
)
APPEARANCE, MOVE, TURN, BELL = range(4)  # pairs: label // 2
SECONDS = FRAMES / FPS
N = round(SECONDS * RATE)
STRIPE = 10  # px from one stripe to the next
DARKEST = 0.4  # of the light at the right edge; it is 1 at the left

Array = NDArray[np.float64]
Shape = Callable[[Array, Array], Array]  # distance in pixels to the outline at (dx, dy), negative inside

_ROWS, _COLUMNS = np.ogrid[:SIZE, :SIZE]  # (rows, 1) and (1, columns)
_FRAME = np.arange(FRAMES) / FRAMES  # share of the clip that has passed, (frames,)
_TIME = np.arange(N) / RATE  # seconds, (samples,)


def clip_pictures(label: int, source: int, cut: int) -> NDArray[np.uint8]:
    """(24, 96, 96, 3) RGB of one clip. Of a pair that differs in direction, one is the other's frames in reverse."""
    pair, second = divmod(label, 2)
    look, chance = _source(source), _chance(pair, source, cut)
    cover, shine = _PAIRS[pair](look, chance, second)
    light = (1 - (1 - DARKEST) * _COLUMNS / (SIZE - 1))[..., None]
    ground = look["ground"] * np.roll(look["texture"], chance.integers(0, SIZE, 2), (0, 1))[..., None]
    colour = shine[:, None, None, None] * look["colour"]
    scene = ground + cover[..., None] * (colour - ground)
    scene = scene + _dust(chance)[..., None]
    flicker = 1 + 0.02 * chance.standard_normal((FRAMES, 1, 1, 1))
    noise = look["noise"] * chance.standard_normal((FRAMES, SIZE, SIZE, 1))
    frames = np.clip(np.round(255 * scene * light * flicker) + np.round(noise), 0, 255).astype(np.uint8)
    return frames[::-1].copy() if second and pair in (MOVE, TURN) else frames


def clip_cover(label: int, source: int, cut: int) -> Array:
    """(24, 96, 96) of one clip: how much of each pixel belongs to the thing that tells the class, 0 to 1."""
    pair, second = divmod(label, 2)
    cover, _ = _PAIRS[pair](_source(source), _chance(pair, source, cut), second)
    return cover[::-1].copy() if second and pair in (MOVE, TURN) else cover


def clip_sound(label: int, source: int, cut: int) -> NDArray[np.int16]:
    """(25600,) samples at 16 kHz of one clip. Of the six classes that are no bells they come from one distribution."""
    pair, second = divmod(label, 2)
    own = np.random.default_rng([VERSION, 3, label, source, cut])
    sound = _murmur(own)
    if pair == BELL:
        onsets = _strikes(_chance(pair, source, cut))
        low, high = (800, 1300) if second else (320, 520)
        pitch = low * (high / low) ** _source(source)["pitch"] * own.uniform(0.97, 1.03)  # Hz
        sound = sound + 10 ** (own.uniform(6, 18) / 20) * _at_unit_power(_bell(pitch, onsets))
    level = 10 ** (own.uniform(-14, -2) / 20)  # of the peak; full scale is 1
    return np.round(32767 * level * sound / np.abs(sound).max()).astype(np.int16)


def _chance(pair: int, source: int, cut: int) -> Generator:
    return np.random.default_rng([VERSION, 2, pair, source, cut])


def _source(number: int) -> dict[str, Any]:
    """What the clips of a source share, whatever their class."""
    random = np.random.default_rng([VERSION, 1, number])
    hue = random.uniform()
    opposite = (hue + random.uniform(0.3, 0.7)) % 1
    return {
        "colour": np.array(colorsys.hsv_to_rgb(hue, random.uniform(0.2, 0.9), random.uniform(0.75, 1.0))),
        "ground": np.array(colorsys.hsv_to_rgb(opposite, random.uniform(0.1, 0.7), random.uniform(0.2, 0.4))),
        "texture": _texture(random),
        "radius": random.uniform(11, 16),  # pixels
        "tempo": random.uniform(0.9, 1.3),  # crossings, or turns, in the length of a clip
        "noise": random.uniform(1.0, 3.0),  # standard deviation; white is 255
        "pitch": random.uniform(),  # place between the lowest and the highest bell of a kind
    }


# --- pictures --------------------------------------------------------------------------------------------------------


def _texture(random: Generator) -> Array:
    """(rows, columns) around 1, seamless: blotches, and a few bars that lie about."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIZE), np.fft.fftfreq(SIZE)))
    shape = np.exp(-((frequency * random.uniform(8, 24)) ** 2))
    blotches = np.fft.ifft2(np.fft.fft2(random.standard_normal((SIZE, SIZE))) * shape).real
    texture = 1 + random.uniform(0.1, 0.25) * blotches / blotches.std()
    for _ in range(int(random.integers(3, 8))):
        dx, dy = _around(random.uniform(0, SIZE), random.uniform(0, SIZE))
        angle, length = random.uniform(0, np.pi), random.uniform(6, 16)
        along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
        texture = texture + random.uniform(-0.4, 0.4) * _soft(np.maximum(abs(along) - length, abs(across) - 1.5))
    return np.clip(texture, 0.3, 1.8)


def _around(x: Any, y: Any) -> tuple[Array, Array]:
    """Pixels right of and below a place, the shorter way round: what leaves at one edge enters at the other.

    Shapes (..., 1, columns) and (..., rows, 1), which broadcast to pictures.
    """
    x, y = (np.asarray(value, dtype=np.float64)[..., None, None] for value in (x, y))
    return (_COLUMNS - x + SIZE / 2) % SIZE - SIZE / 2, (_ROWS - y + SIZE / 2) % SIZE - SIZE / 2


def _soft(distance: Array) -> Array:
    """1 inside, 0 outside, and between them over one pixel."""
    return np.clip(0.5 - distance, 0.0, 1.0)


def _dust(chance: Generator) -> Array:
    """(frames, rows, columns): faint specks that drift anywhere."""
    specks = np.zeros((FRAMES, SIZE, SIZE))
    for _ in range(6):
        drift = _FRAME * SIZE * chance.uniform(-0.5, 0.5, (2, 1))
        dx, dy = _around(*(chance.uniform(0, SIZE, (2, 1)) + drift))
        specks += chance.uniform(0.1, 0.25) * _soft(np.hypot(dx, dy) - 1.5)
    return specks


def _wander(look: dict[str, Any], chance: Generator, second: int) -> tuple[Array, Array]:
    """A plain or a striped disc that strolls about the middle."""
    swing = chance.uniform(8, 20, (2, 1)) * np.sin(
        2 * np.pi * (chance.uniform(0.4, 1.0, (2, 1)) * _FRAME + chance.uniform(0, 1, (2, 1)))
    )
    dx, dy = _around(*(chance.uniform(0.35, 0.65, (2, 1)) * SIZE + swing))
    disc = _soft(np.hypot(dx, dy) - 1.4 * look["radius"])
    return disc * (0.5 + 0.5 * np.cos(2 * np.pi * dx / STRIPE) if second else 1), np.ones(FRAMES)


def _move(look: dict[str, Any], chance: Generator, _: int) -> tuple[Array, Array]:
    """A triangle on its base that goes left at an even pace, round and round; it may begin anywhere."""
    x = chance.uniform(0, SIZE) - look["tempo"] * chance.uniform(0.9, 1.1) * SIZE * _FRAME
    dx, dy = _around(x, np.full(FRAMES, chance.uniform(0.3, 0.7) * SIZE))
    reach = 1.1 * look["radius"]
    return _soft(np.maximum(0.85 * abs(dx) - 0.53 * dy - 0.5 * reach, dy - 0.7 * reach)), np.ones(FRAMES)


def _turn(look: dict[str, Any], chance: Generator, _: int) -> tuple[Array, Array]:
    """A hand with a knob at its tip that turns clockwise about one end at an even pace; it may begin anywhere."""
    angle = 2 * np.pi * (chance.uniform() + look["tempo"] * chance.uniform(0.9, 1.1) * _FRAME)[:, None, None]
    dx, dy = _around(*(chance.uniform(0.4, 0.6, 2) * SIZE))
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    length = 1.9 * look["radius"]
    hand = np.hypot(along - np.clip(along, 0, length), across) - 3.0
    return _soft(np.minimum(hand, np.hypot(along - length, across) - 0.5 * look["radius"])), np.ones(FRAMES)


def _lamp(look: dict[str, Any], chance: Generator, _: int) -> tuple[Array, Array]:
    """A lamp on a post that lights up whenever its bell is struck."""
    onsets = _strikes(chance)
    since = np.array([min((t - onset for onset in onsets if onset <= t), default=9.0) for t in _FRAME * SECONDS])
    dx, dy = _around(chance.uniform(0.3, 0.7) * SIZE, chance.uniform(0.3, 0.5) * SIZE)
    bulb = np.hypot(dx, dy) - 0.8 * look["radius"]
    post = np.maximum(abs(dx) - 2.5, abs(dy - 18) - 18)
    cover = np.broadcast_to(_soft(np.minimum(bulb, post)), (FRAMES, SIZE, SIZE))
    return cover, 0.45 + 0.75 * np.exp(-since / 0.2)


_PAIRS = (_wander, _move, _turn, _lamp)


# --- sounds ----------------------------------------------------------------------------------------------------------


def _strikes(chance: Generator) -> list[float]:
    """Seconds at which a bell is struck: two to four times, evenly. Drawn first of all that is drawn for a clip."""
    period = chance.uniform(0.4, 0.6)
    return list(np.arange(chance.uniform(0.05, 0.3), SECONDS - 0.2, period))


def _bell(pitch: float, onsets: list[float]) -> Array:
    """Inharmonic partials that die away, the higher the sooner."""
    sound = np.zeros(N)
    for onset in onsets:
        since = _TIME - onset
        for ratio, loud, decay in ((1.0, 1.0, 0.35), (2.0, 0.6, 0.25), (2.4, 0.4, 0.2), (3.0, 0.25, 0.15)):
            ring = loud * np.exp(-np.maximum(since, 0) / decay) * np.sin(2 * np.pi * ratio * pitch * since)
            sound += np.where(since >= 0, ring, 0.0)
    return sound


def _murmur(own: Generator) -> Array:
    """Noise of any colour with a few short tones of any pitch, at unit power: it says nothing of the class."""
    frequency = np.fft.rfftfreq(N, 1 / RATE)
    shape = (np.maximum(frequency, 40.0) / 1000) ** own.uniform(-1.0, 0.2)
    sound = _at_unit_power(np.fft.irfft(np.fft.rfft(own.standard_normal(N)) * shape, N))
    for _ in range(int(own.integers(2, 6))):
        since, length = _TIME - own.uniform(0, SECONDS - 0.2), own.uniform(0.03, 0.15)
        pitch = 250 * 12 ** own.uniform() * (1 + own.uniform(-1, 1) * since)  # Hz
        swell = np.where((since >= 0) & (since < length), np.sin(np.pi * since / length) ** 2, 0.0)
        sound = sound + own.uniform(1, 3) * swell * np.sin(2 * np.pi * pitch * since)
    return _at_unit_power(sound)


def _at_unit_power(sound: Array) -> Array:
    return np.asarray(sound / np.sqrt(np.mean(sound**2)), dtype=np.float64)
