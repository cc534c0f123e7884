"""Your own clips: a folder for each class, or `labels.csv` with path,label[,fold][,group]."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from core.control import Control
from core.datasets.base import Clip, Dataset, Excluded, Modality
from core.datasets.csv_table import Line, read_table
from core.datasets.splits import FOLDS, refolded
from core.errors import UserError
from core.media import VIDEO_SUFFIXES
from core.readable import counted

TABLE = "labels.csv"
MOST_FOLDS = 1000  # a fold beyond this is a mistake in the table
LICENCE = "Your own clips: no licence is known. Ask who recorded them before you pass them on."
# What libsndfile reads by its content; the name only decides what is looked at.
OF_SOUNDS = ".wav .wave .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .snd .caf .w64 .rf64 .voc .sph .nist"
SOUNDS = frozenset(OF_SOUNDS.split())


@dataclass(frozen=True, slots=True)
class _Found:
    """A clip before folds are known."""

    id: str
    label: str
    fold: int | None = None
    group: str = ""


def open_labelled_folder(root: Path, control: Control) -> Dataset:
    """Open a folder of labelled sounds or videos. A `labels.csv` in it goes before the folders of classes.

    Folds that are not given are made: at most five, groups whole, classes spread evenly, always the same for the same
    files. A clip without a group is its own.

    Raises:
        UserError: empty, without sounds and videos, one class only, a faulty table, or too little to make two folds of.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100 - without following links, as users see their folders
    notes: list[str] = []
    absent: tuple[Excluded, ...] = ()
    try:
        if (root / TABLE).is_file():
            found, absent, given = _from_table(root, control)
        else:
            found, given = _from_folders(root, control, notes), False
    except OSError as error:
        raise UserError(f"{error.filename or root} cannot be read: {error.strerror or error}.") from None
    classes = tuple(sorted({item.label for item in found}))
    if len(classes) < 2:
        raise UserError(
            f"{root} has one class only, “{classes[0]}”. A network needs at least two: "
            f"put clips of another class in a folder of their own, or add them to {TABLE}."
        )
    number = {name: index for index, name in enumerate(classes)}
    clips = tuple(
        Clip(item.id, root / item.id, number[item.label], item.fold, item.group or item.id)
        for item in sorted(found, key=lambda item: item.id)
    )
    dataset = Dataset(
        name="labelled-folder",
        title=root.name or str(root),
        root=root,
        classes=classes,
        clips=clips,
        licence=LICENCE,
        modalities=_modalities(found, notes),
        official_folds=tuple(sorted({clip.fold for clip in clips if clip.fold})) if given else (),
        excluded=absent,
        notes=tuple(notes),
    )
    return dataset if given else refolded(dataset, FOLDS)


def _modalities(found: Sequence[_Found], notes: list[str]) -> frozenset[Modality]:
    """What all clips can be asked for. Whether a video has a sound track is only known when it is decoded."""
    sounds, videos = _kinds([item.id for item in found])
    if not sounds:
        return frozenset(Modality)
    if videos:
        notes.append(
            f"{counted(sounds, 'sound')} and {counted(videos, 'video')} together: only what they have in common, their "
            "sound, can be trained on. Put the videos in a folder of their own to train on sight."
        )
    return frozenset({Modality.AUDIO})


def _kinds(names: Sequence[str]) -> tuple[int, int]:
    """How many are sounds, and how many are videos, by their ending."""
    suffixes = [Path(name).suffix.lower() for name in names]
    return sum(suffix in SOUNDS for suffix in suffixes), sum(suffix in VIDEO_SUFFIXES for suffix in suffixes)


def _word(names: Sequence[str]) -> str:
    """“sound”, “video”, or “clip” for both."""
    sounds, videos = _kinds(names)
    return "clip" if sounds and videos else "video" if videos else "sound"


# --- a folder a class ------------------------------------------------------------------------------------------------


def _from_folders(root: Path, control: Control, notes: list[str]) -> list[_Found]:
    found: list[_Found] = []
    ignored: Counter[str] = Counter()
    loose: list[str] = []
    for path in _files(root, control):
        parts = path.relative_to(root).parts
        if path.suffix.lower() not in SOUNDS | VIDEO_SUFFIXES:
            ignored[path.suffix.lower() or "no ending"] += 1
        elif len(parts) == 1:
            loose.append(path.name)
        else:
            found.append(_Found("/".join(parts), parts[0]))
    listed = ", ".join(f"{suffix} {count}" for suffix, count in ignored.most_common(4))
    if not found:
        seen = f" {len(loose)} {_word(loose)}(s) lie in it directly, in no class." if loose else ""
        seen += f" Other files: {listed}." if ignored else ""
        raise UserError(
            f"{root} has no sounds or videos in folders of classes.{seen} Make a folder for each class with "
            f"WAV, FLAC, Ogg, MP3, MP4, AVI or MKV files in it, or write a {TABLE} with path,label."
        )
    if ignored:
        notes.append(
            f"Ignored: {sum(ignored.values())} file(s) that are no {_word([item.id for item in found])}s ({listed})."
        )
    if loose:
        notes.append(f"Ignored: {len(loose)} {_word(loose)}(s) outside the folders of classes.")
    return found


def _files(root: Path, control: Control) -> Iterator[Path]:
    """All files below a folder in order of name, hidden ones and hidden folders passed over."""

    def refuse(error: OSError) -> None:
        raise error

    for folder, inside, files in os.walk(root, onerror=refuse):
        control.checkpoint()
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder, name)


# --- labels.csv ------------------------------------------------------------------------------------------------------


def _from_table(root: Path, control: Control) -> tuple[list[_Found], tuple[Excluded, ...], bool]:
    """The clips that are there, those that are not, and whether the table gives folds."""
    lines = read_table(root / TABLE, ("path", "label"))
    folds, groups = ("fold" in lines[0].values), ("group" in lines[0].values)
    found: dict[str, _Found] = {}
    absent: list[Excluded] = []
    for line in lines:
        control.checkpoint()
        id = _inside(root, line)
        if id in found:
            same = "again" if found[id].label == line.values["label"] else "with another label"
            raise UserError(f"{line.where} names {id} {same}. Remove one of the lines.")
        fold = line.whole("fold", 1, MOST_FOLDS) if folds else None
        found[id] = _Found(id, line.text("label"), fold, line.text("group") if groups else "")
        if not (root / id).is_file():
            absent.append(Excluded(id, f"{id} is named in {TABLE}, but there is no such file."))
    for item in absent:
        del found[item.clip_id]
    if not found:
        raise UserError(
            f"{root / TABLE} names {len(absent)} files and none of them is there; the first is {absent[0].clip_id}. "
            f"Paths are taken from {root}: correct them, or move the table."
        )
    kinds = Counter(Path(id).suffix.lower() or "no ending" for id in found)
    if not kinds.keys() & (SOUNDS | VIDEO_SUFFIXES):
        listed = ", ".join(f"{suffix} {count}" for suffix, count in kinds.most_common(4))
        raise UserError(
            f"{root / TABLE} names no sounds or videos ({listed}). "
            "WAV, FLAC, Ogg, MP3, MP4, AVI, MKV and the like can be read."
        )
    if folds and len({item.fold for item in found.values()}) < 2:
        raise UserError(
            f"{root / TABLE} puts every clip in one fold: nothing is left to train on. "
            "Use at least two folds, or remove the column and folds are made."
        )
    return list(found.values()), tuple(absent), folds


def _inside(root: Path, line: Line) -> str:
    """The path of a line relative to the root, with forward slashes. Raises UserError where it leads outside."""
    written = line.text("path")
    path = Path(os.path.normpath(root / PurePosixPath(written.replace("\\", "/"))))
    if not path.is_relative_to(root) or path == root or (PureWindowsPath(written).drive and os.name != "nt"):
        raise UserError(f"{line.where}: “{written}” lies outside {root}. Give paths below the folder of the table.")
    return path.relative_to(root).as_posix()
