"""ESC-50 and ESC-10 in the official layout: `meta/esc50.csv` and `audio/`.

K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.control import Control
from core.datasets.base import Clip, Dataset, Excluded, Modality
from core.datasets.csv_table import Line, read_table
from core.datasets.download import Archive
from core.errors import UserError
from core.events import Progress

COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
FOLDS = (1, 2, 3, 4, 5)
ROWS = 2000
CLASSES = 50
LICENCE_50 = "ESC-50, K. J. Piczak 2015: CC BY-NC 3.0, non-commercial use only; name the authors of the recordings."
LICENCE_10 = "ESC-10, K. J. Piczak 2015: CC BY 3.0; name the authors of the recordings."
ARCHIVE = Archive(
    url="https://github.com/karolpiczak/ESC-50/archive/refs/heads/master.zip",
    title="ESC-50",
    licence=LICENCE_50,
    bytes=616_000_000,
    extracted=900_000_000,
    check="core.datasets.esc50:check_arrived",
)


@dataclass(frozen=True, slots=True)
class _Row:
    filename: str
    fold: int
    target: int
    category: str
    esc10: bool
    source: str


def looks_like_esc50(folder: Path) -> bool:
    """Whether a folder has the table of ESC-50."""
    return _place(folder) is not None


def open_esc50(root: Path, control: Control) -> Dataset:
    """All rows of `meta/esc50.csv`. Clips whose file is missing are left out with the reason.

    Raises:
        UserError: no table, a table that is not ESC-50's, or no sound at all.
    """
    place, rows = _open(root, control)
    return _dataset("esc50", "ESC-50", place, rows, LICENCE_50)


def open_esc10(root: Path, control: Control) -> Dataset:
    """The rows flagged `esc10`; labels count from 0 in the order of `target`.

    Raises:
        UserError: as `open_esc50`, and when no row is flagged.
    """
    place, rows = _open(root, control)
    flagged = [row for row in rows if row.esc10]
    if not flagged:
        raise UserError(f"{place / 'meta' / 'esc50.csv'} flags no row as esc10: open the folder as ESC-50 instead.")
    return _dataset("esc10", "ESC-10", place, flagged, LICENCE_10)


def check_arrived(root: Path, control: Control, report: Callable[[Progress], None]) -> None:
    """Whether a downloaded ESC-50 is whole: 2000 rows in 50 classes, and every file decodes.

    Raises:
        UserError: naming what is missing.
    """
    import soundfile  # only here: opening the table needs no decoder

    place, rows = _open(root, control)
    if len(rows) != ROWS:
        raise UserError(f"ESC-50 arrived incomplete: its table has {len(rows)} rows instead of {ROWS}.")
    faults = []
    for done, row in enumerate(rows):
        control.checkpoint()
        report(Progress("Checking ESC-50", done, len(rows), "files"))
        path = place / "audio" / row.filename
        try:
            sound = bool(len(soundfile.read(path, dtype="float32")[0]))
        except (soundfile.SoundFileError, OSError):
            sound = False
        if not sound:
            faults.append(row.filename)
    report(Progress("Checking ESC-50", len(rows), len(rows), "files"))
    if faults:
        shown = ", ".join(faults[:5]) + (", …" if len(faults) > 5 else "")
        raise UserError(
            f"ESC-50 arrived incomplete: {len(rows) - len(faults)} of {len(rows)} files can be decoded. "
            f"Missing or damaged: {shown}."
        )


def _open(root: Path, control: Control) -> tuple[Path, list[_Row]]:
    """The folder that holds meta/ and audio/ (`root`, or ESC-50-master in it), and the rows of its table."""
    control.checkpoint()
    place = _place(root)
    if place is None:
        raise UserError(
            f"{root} is not ESC-50: there is no meta/esc50.csv in it. Choose the folder that has meta and audio in it, "
            "or download ESC-50 in the Data panel."
        )
    return place, _read_table(place / "meta" / "esc50.csv")


def _place(root: Path) -> Path | None:
    return next((p for p in (root, root / "ESC-50-master") if (p / "meta" / "esc50.csv").is_file()), None)


def _read_table(table: Path) -> list[_Row]:
    rows: dict[str, _Row] = {}
    names: dict[int, str] = {}
    for line in read_table(table, COLUMNS):
        row = _row(line)
        if row.filename in rows:
            raise UserError(f"{line.where}: {row.filename} is named a second time. Remove one of the lines.")
        if names.setdefault(row.target, row.category) != row.category:
            raise UserError(
                f"{line.where}: target {row.target} is “{row.category}” here and “{names[row.target]}” above. "
                "Use one category for a target."
            )
        rows[row.filename] = row
    if len(set(names.values())) != len(names):
        raise UserError(f"{table} gives one category to two targets. Use one target for a category.")
    return list(rows.values())


def _row(line: Line) -> _Row:
    filename = line.text("filename")
    if filename in (".", "..") or "/" in filename or "\\" in filename:
        raise UserError(f"{line.where}: filename is “{filename}”; the name of a file in the audio folder is expected.")
    flag = line.text("esc10").lower()
    if flag not in ("true", "false"):
        raise UserError(f"{line.where}: esc10 is “{line.text('esc10')}”; True or False is expected.")
    return _Row(
        filename,
        line.whole("fold", FOLDS[0], FOLDS[-1]),
        line.whole("target", 0, CLASSES - 1),
        line.text("category"),
        flag == "true",
        line.text("src_file"),
    )


def _dataset(name: str, title: str, place: Path, rows: list[_Row], licence: str) -> Dataset:
    try:
        present = {file.name for file in (place / "audio").iterdir()}
    except OSError:
        present = set()
    targets = sorted({row.target for row in rows})
    categories = {row.target: row.category for row in rows}
    clips = tuple(
        Clip(
            id=f"audio/{row.filename}",
            path=place / "audio" / row.filename,
            label=targets.index(row.target),
            fold=row.fold,
            group=row.source,
        )
        for row in rows
    )
    absent = tuple(
        Excluded(clip.id, f"{clip.id} is named in meta/esc50.csv, but there is no such file.")
        for clip in clips
        if clip.path.name not in present
    )
    dataset = Dataset(
        name=name,
        title=title,
        root=place,
        classes=tuple(categories[target] for target in targets),
        clips=clips,
        licence=licence,
        modalities=frozenset({Modality.AUDIO}),
        official_folds=FOLDS,
    ).without(absent)
    if not dataset.clips:
        raise UserError(
            f"{place / 'audio'} holds none of the {len(clips)} files that meta/esc50.csv names. Copy it too."
        )
    return _with_notes(dataset)


def _with_notes(dataset: Dataset) -> Dataset:
    """Say which classes and folds are not here."""
    notes = []
    expected = 10 if dataset.name == "esc10" else CLASSES
    if len(dataset.classes) != expected:
        notes.append(f"{len(dataset.classes)} of the {expected} classes of {dataset.title} are here.")
    without = [fold for fold in FOLDS if fold not in dataset.folds]
    if without:
        which = f"Fold {without[0]} has" if len(without) == 1 else f"Folds {_listed(without)} have"
        here = f"folds {_listed(dataset.folds)}" if len(dataset.folds) > 1 else f"fold {dataset.folds[0]}"
        notes.append(f"{which} no clips here: results are over {here} of {len(FOLDS)}.")
    return replace(dataset, notes=tuple(notes))


def _listed(folds: Sequence[int]) -> str:
    """“1–4” for neighbours, “1, 3 and 5” otherwise."""
    if len(folds) > 2 and folds[-1] - folds[0] == len(folds) - 1:
        return f"{folds[0]}–{folds[-1]}"
    *most, last = map(str, folds)
    return f"{', '.join(most)} and {last}" if most else last
