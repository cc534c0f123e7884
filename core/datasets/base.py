"""What a dataset is: labelled clips, their folds and their groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from core.control import Control
from core.errors import UserError
from core.events import Progress
from core.tables import load_dotted

Report = Callable[[Progress], None]

ALWAYS_TRAINING = 0  # the fold of clips that are never tested and always trained on, as UCF101 has them


class Modality(StrEnum):
    """What a network is given of a clip."""

    AUDIO = "audio"
    VIDEO = "video"
    AUDIO_VISUAL = "audio-visual"

    @property
    def wings(self) -> tuple[str, ...]:
        """Rows of `core.wings.WINGS`, in the order in which a network takes them."""
        return {"audio": ("audio",), "video": ("video",), "audio-visual": ("audio", "video")}[self]

    @property
    def word(self) -> str:
        """As it is called in names and tables."""
        return {"audio": "sound", "video": "sight", "audio-visual": "both"}[self]


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled recording."""

    id: str  # unique and stable within its dataset: the path relative to the root, with forward slashes
    path: Path
    label: int  # index into Dataset.classes
    fold: int | None  # part of the cross-validation, counted from 1; ALWAYS_TRAINING; None = in no part
    group: str  # what must not be split between train and test: a source recording, a person


@dataclass(frozen=True, slots=True)
class Excluded:
    """A file that is left out, and why, as a sentence."""

    clip_id: str
    reason: str
    by_hand: bool = False


@dataclass(frozen=True)
class Dataset:
    """Labelled clips in a fixed order."""

    name: str  # row of DATASETS
    title: str
    root: Path
    classes: tuple[str, ...]
    clips: tuple[Clip, ...]
    licence: str  # one sentence; goes with every export of clips
    modalities: frozenset[Modality]
    synthetic: bool = False
    official_folds: tuple[int, ...] = ()  # those the published protocol has; () = folds are ours
    excluded: tuple[Excluded, ...] = ()
    notes: tuple[str, ...] = ()  # sentences worth showing: a missing fold, folds that were made

    @property
    def weights_folder(self) -> Path:
        """Beside the dataset: where initial weights may lie too, for machines without internet."""
        return self.root.parent / "weights"

    @property
    def folds(self) -> tuple[int, ...]:
        """Folds that can be tested, as they have at least one clip, ascending."""
        return tuple(sorted({clip.fold for clip in self.clips if clip.fold not in (None, ALWAYS_TRAINING)}))

    def containing(self, text: str) -> list[int]:
        """Places of the clips whose id or class contains the text, in either case of letters."""
        wanted = text.casefold()
        in_class = [wanted in name.casefold() for name in self.classes]
        return [k for k, clip in enumerate(self.clips) if in_class[clip.label] or wanted in clip.id.casefold()]

    def without(self, excluded: tuple[Excluded, ...]) -> Dataset:
        """The same dataset less the clips named; order and classes stay."""
        gone = {item.clip_id for item in excluded}
        return replace(
            self,
            clips=tuple(clip for clip in self.clips if clip.id not in gone),
            excluded=self.excluded + excluded,
        )


@dataclass(frozen=True)
class DatasetInfo:
    """A row of DATASETS. `opener` is a dotted path so that reading the table imports nothing.

    The opener has the signature `open(root: Path, control: Control) -> Dataset`; `root` is a folder unless the
    dataset makes itself (`synthetic`): then it is handed `report: Report | None` too, to say how far it is. It raises
    UserError, naming the file and the remedy, when it cannot be opened.
    """

    title: str
    help: str
    opener: str
    folder: str = ""  # its place in the workspace when no root is given; "" = a root must be given
    synthetic: bool = False
    downloader: str = ""  # dotted path to a `download.Archive`, or "" where none is offered
    where: str = ""  # a sentence: where to get what is not downloaded by the app, and how to lay it out
    recogniser: str = ""  # dotted path to `(folder: Path) -> bool`: whether a folder has this dataset's layout

    def open(self, root: Path, control: Control | None = None, report: Report | None = None) -> Dataset:
        """Open the dataset in `root`; what makes itself says by `report` how far it is.

        Raises:
            UserError: no such folder, or what the opener says of its content.
        """
        if not self.synthetic and not root.is_dir():
            or_else = f", or download {self.title} in the Data panel" if self.downloader else ""
            raise UserError(f"There is no folder {root}. Check the path{or_else}. {self.where}".rstrip())
        opener: Callable[..., Dataset] = load_dotted(self.opener)
        return opener(root, control or Control(), *([report] if self.synthetic else []))

    def recognises(self, folder: Path) -> bool:
        """Whether a folder looks like this dataset; cheap, and no promise that it can be opened."""
        return bool(self.recogniser) and bool(load_dotted(self.recogniser)(folder))
