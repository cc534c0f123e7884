"""Figures and lists as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def span(seconds: float) -> str:
    """In one unit and three digits: `8.25 ms`, `45 s`, `2.6 min`, `3.33 h`, `2.2 d`."""
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if float(f"{seconds / length:.3g}") >= 1:
            return f"{seconds / length:.3g} {unit}"
    return f"{1000 * seconds:.3g} ms"


def size(count: float) -> str:
    """`512 B`, `1.2 GB` (powers of 1000, as disks are sold)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def rate(clips_per_second: float) -> str:
    """`4.4 clips/s`, `120 clips/s`."""
    return f"{clips_per_second:.1f} clips/s" if clips_per_second < 100 else f"{clips_per_second:.0f} clips/s"


def counted(number: int, word: str, plural: str = "") -> str:
    """`1 run`, `4 runs`, `2 classes`."""
    return f"{number} {word if number == 1 else plural or f'{word}s'}"


def figure(value: float, form: str = "g") -> str:
    """A number in Python's format with a minus sign of the width of a plus: `figure(-0.5, "+.1f")` is `−0.5`."""
    return format(value, form).replace("-", "−")


def count(number: float) -> str:
    """`512`, `887 k`, `23.5 M`, `4.09 G`; a dash for 0: nothing is known."""
    for power, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= power:
            return f"{number / power:.3g} {letter}"
    return f"{number:.0f}" if number else "–"


def listed(words: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def joined(words: Iterable[str], between: str = ", ") -> str:
    """Those that say something, each once: of `GRU` and `gru` the first."""
    once: dict[str, str] = {}
    for word in filter(None, words):
        once.setdefault(word.casefold(), word)
    return between.join(once.values())
