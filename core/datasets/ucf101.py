"""UCF101 in the official layout: `UCF-101/CLASS/v_CLASS_gNN_cNN.avi` and the three pairs of lists beside it.

K. Soomro, A. R. Zamir, M. Shah, "UCF101: A Dataset of 101 Human Actions Classes From Videos in The Wild",
CRCV-TR-12-01, 2012.

Fold k is what test list k names. The three test lists share no clip, and what none of them names (groups 22 to 25) is
trained on in each: its fold is ALWAYS_TRAINING. Groups count within a class: clips of one were cut from one recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.control import Control
from core.datasets import DATASETS
from core.datasets.base import ALWAYS_TRAINING, Clip, Dataset, Excluded, Modality
from core.errors import UserError
from core.readable import counted

SPLITS = (1, 2, 3)
VIDEOS = "UCF-101"
LISTS = "ucfTrainTestlist"
ARCHIVE = "UCF101TrainTestSplits-RecognitionTask"
CLASSES = "classInd.txt"
NAME = re.compile(r"v_\w+_g(\d+)_c\d+\.avi", re.IGNORECASE)
LICENCE = (
    "UCF101, K. Soomro, A. R. Zamir and M. Shah 2012: offered by its authors for research; the videos are from YouTube "
    "and belong to those who made them."
)


@dataclass(frozen=True)
class _Lists:
    """What the lists say, clips as CLASS/FILE."""

    classes: tuple[str, ...]  # all of classInd.txt, in its order
    test: dict[int, frozenset[str]]  # by split
    train: dict[int, frozenset[str]]

    @property
    def named(self) -> list[str]:
        return sorted(frozenset().union(*self.test.values(), *self.train.values()))

    def fold(self, id: str) -> int:
        return next((split for split, clips in self.test.items() if id in clips), ALWAYS_TRAINING)


def looks_like_ucf101(folder: Path) -> bool:
    """Whether a folder holds `UCF-101` or the lists, or is `UCF-101`."""
    return (folder / VIDEOS).is_dir() or folder.name == VIDEOS or _lists_in(folder) is not None


def open_ucf101(root: Path, control: Control) -> Dataset:
    """Open the folder that holds `UCF-101` and `ucfTrainTestlist`, or `UCF-101` with the lists beside or in it.

    What is listed and not there is left out with the reason; classes without a clip are dropped.

    Raises:
        UserError: no videos, no lists, faulty lists, or none of what they name is there.
    """
    videos = root / VIDEOS if (root / VIDEOS).is_dir() else root
    folder = _lists_in(root) or (_lists_in(root.parent) if videos == root else None)
    if folder is None:
        raise UserError(
            f"{root} has no lists of UCF101 ({LISTS} with {CLASSES}, trainlist01.txt, testlist01.txt …) in it or "
            f"beside it. {DATASETS['ucf101'].where}"
        )
    lists = _read_lists(folder)
    present = _videos_in(videos, control)
    named = lists.named
    excluded = tuple(Excluded(id, reason) for id in named if (reason := _fault(id, present)))
    out = {item.clip_id for item in excluded}
    usable = [id for id in named if id not in out]
    if not usable:
        raise UserError(
            f"{videos} holds none of the {counted(len(named), 'file')} that {folder} names; the first is {named[0]}. "
            f"{DATASETS['ucf101'].where}"
        )
    there = {_class_of(id) for id in usable}
    classes = tuple(name for name in lists.classes if name in there)
    clips = tuple(
        Clip(
            id=id,
            path=videos / id,
            label=classes.index(_class_of(id)),
            fold=lists.fold(id),
            group=f"{_class_of(id)}-g{_group(id)}",
        )
        for id in usable
    )
    return Dataset(
        name="ucf101",
        title="UCF101",
        root=videos,
        classes=classes,
        clips=clips,
        licence=LICENCE,
        modalities=frozenset(Modality),
        official_folds=SPLITS,
        excluded=excluded,
        notes=tuple(_notes(lists, clips, classes, len(excluded), sorted(present - set(named)))),
    )


def _fault(id: str, present: set[str]) -> str:
    """Why a clip that is listed cannot be used, as a sentence, or an empty string."""
    if id not in present:
        return f"{id} is named in the lists of UCF101, but there is no such file."
    return "" if _group(id) else f"{id} does not say its group: a name like v_CLASS_g01_c01.avi is expected."


def _class_of(id: str) -> str:
    return id.partition("/")[0]


def _group(id: str) -> str:
    found = NAME.fullmatch(id.partition("/")[2])
    return found[1] if found else ""


def _notes(
    lists: _Lists, clips: tuple[Clip, ...], classes: tuple[str, ...], out: int, unlisted: list[str]
) -> list[str]:
    notes = []
    if len(classes) < len(lists.classes):
        notes.append(f"{len(classes)} of the {len(lists.classes)} classes of UCF101 have clips here.")
    if out:
        notes.append(f"{counted(out, 'file')} of {len(clips) + out} that the lists name cannot be used: see Check.")
    if unlisted:
        notes.append(f"Ignored: {counted(len(unlisted), 'video')} in no list, the first is {unlisted[0]}.")
    tested = {clip.fold for clip in clips} - {ALWAYS_TRAINING}
    for split in SPLITS:
        if split not in lists.test:
            notes.append(f"List {split} is not here: results are over the others.")
        elif split not in tested:
            notes.append(f"No clip of test list {split} is here: results are over the other lists.")
        elif missing := {clip.id for clip in clips} - lists.test[split] - lists.train[split]:
            notes.append(
                f"Train list {split} leaves out {counted(len(missing), 'clip')} that other lists name: trained on too."
            )
    always = sum(clip.fold == ALWAYS_TRAINING for clip in clips)
    if always:
        notes.append(f"{counted(always, 'clip')} of {len(clips)} are in no test list and always trained on.")
    return notes


def _videos_in(folder: Path, control: Control) -> set[str]:
    """CLASS/FILE of every .avi file."""
    found = set()
    try:
        for place in sorted(folder.iterdir()):
            control.checkpoint()
            if place.is_dir():
                found |= {f"{place.name}/{file.name}" for file in place.iterdir() if file.suffix.lower() == ".avi"}
    except OSError as error:
        raise UserError(f"{error.filename or folder} cannot be read: {error.strerror or error}.") from None
    return found


# --- the lists -------------------------------------------------------------------------------------------------------


def _lists_in(folder: Path) -> Path | None:
    """Where classInd.txt lies in a folder, by the names that programs give to what they unpack."""
    places = (
        folder,
        folder / LISTS,
        folder / VIDEOS,
        folder / VIDEOS / LISTS,
        folder / ARCHIVE,
        folder / ARCHIVE / LISTS,
    )
    return next((place for place in places if (place / CLASSES).is_file()), None)


def _read_lists(folder: Path) -> _Lists:
    number: dict[str, int] = {}
    for where, (index, name) in _lines(folder / CLASSES, "1 ApplyEyeMakeup"):
        if not index.isdigit() or name in number or int(index) in number.values():
            raise UserError(f"{where}: a new number and a new class are expected, not “{index} {name}”.")
        number[name] = int(index)
    test, train = {}, {}
    for split in SPLITS:
        of_test, of_train = folder / f"testlist{split:02}.txt", folder / f"trainlist{split:02}.txt"
        if of_test.is_file() != of_train.is_file():
            lone, other = (of_test, of_train) if of_test.is_file() else (of_train, of_test)
            raise UserError(f"{lone} is there, but {other.name} is not. Unpack {ARCHIVE}.zip again.")
        if of_test.is_file():
            test[split], train[split] = _read_list(of_test, number), _read_list(of_train, number)
            _refuse_common(of_test, of_train, test[split] & train[split])
            for earlier in range(1, split):
                _refuse_common(
                    of_test, folder / f"testlist{earlier:02}.txt", test[split] & test.get(earlier, frozenset())
                )
    if not test:
        raise UserError(
            f"{folder} has {CLASSES}, but no testlist01.txt and trainlist01.txt. Unpack {ARCHIVE}.zip again."
        )
    return _Lists(tuple(sorted(number, key=number.__getitem__)), test, train)


def _read_list(path: Path, number: dict[str, int]) -> frozenset[str]:
    """CLASS/FILE of each line; a train list gives the number of the class too."""
    found = set()
    for where, (id, *index) in _lines(path, "CLASS/v_CLASS_g01_c01.avi"):
        name, slash, file = id.partition("/")
        if not slash or not file or "/" in file or file in (".", ".."):
            raise UserError(f"{where}: “{id}” is no CLASS/FILE. Unpack {ARCHIVE}.zip again.")
        if name not in number:
            raise UserError(f"{where}: {CLASSES} has no class “{name}”. Add it there, or remove the line.")
        if index and index[0] != str(number[name]):
            raise UserError(f"{where}: class “{name}” has number {index[0]} here and {number[name]} in {CLASSES}.")
        found.add(id)
    return frozenset(found)


def _lines(path: Path, expected: str) -> Iterable[tuple[str, list[str]]]:
    """Where each line that is not empty stands, and its words: two, or one where `expected` has one."""
    least = len(expected.split())
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}). Unpack {ARCHIVE}.zip again.") from None
    for place, line in enumerate(text.splitlines(), 1):
        words = line.replace("\\", "/").split()
        if words and not least <= len(words) <= 2:
            raise UserError(f"{path}, line {place}: “{expected}” is expected, not “{line.strip()[:60]}”.")
        if words:
            yield f"{path}, line {place}", words


def _refuse_common(one: Path, other: Path, common: frozenset[str]) -> None:
    if common:
        raise UserError(
            f"{one} and {other.name} both name {min(common)} ({counted(len(common), 'clip')} in all): what is tested "
            f"would be trained on, or tested twice. Unpack {ARCHIVE}.zip again."
        )
