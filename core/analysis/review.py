"""Reviews: what a person says of clips, kept in the workspace by what a clip is and not by where it lies.

A clip is a labelled recording: it is known by the sha256 of its file and by its class. The same file in another folder
brings its review along; a recording that has been given another label is another clip, and is to be looked at again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import AwareDatetime, ValidationError

from core.errors import UserError
from core.evaluation.tables import TextTable
from core.files import write_atomically
from core.readable import counted
from core.settings import Settings
from core.workspace import Workspace

FILE = "reviews.jsonl"
HEADINGS = ("clip", "dataset", "true class", "verdict", "note", "time", "sha256")


class Verdict(StrEnum):
    """What may be said of a clip that a network got wrong."""

    LABEL_ERROR = "label error"
    AMBIGUOUS = "ambiguous"
    NOISE = "noise"
    FINE = "fine"


NOTHING: tuple[Verdict | None, str] = (None, "")  # no verdict, no note


class Key(NamedTuple):
    """What a clip is known by."""

    content: str  # sha256 of its file
    true_class: str


class Review(Settings):
    """What was said of one clip; one without verdict and note says nothing, and is not kept.

    Attributes:
        content: sha256 of its file.
        clip: what it was called when it was last spoken of.
        dataset: in which it was then, in words.
        time: when that was.
    """

    content: str
    true_class: str
    clip: str
    dataset: str
    time: AwareDatetime
    verdict: Verdict | None = None
    note: str = ""

    @property
    def key(self) -> Key:
        return Key(self.content, self.true_class)

    @property
    def says(self) -> tuple[Verdict | None, str]:
        return self.verdict, self.note

    @property
    def empty(self) -> bool:
        return self.says == NOTHING

    def toggled(self, verdict: Verdict) -> Review:
        """The same with this verdict; without one where it had this one."""
        return self.model_copy(update={"verdict": None if self.verdict is verdict else verdict})

    def noted(self, text: str) -> Review:
        return self.model_copy(update={"note": text.strip()})


class ReviewBook:
    """All reviews of a workspace, with the steps of this session, each of which can be undone.

    Changed in one thread; `save` may be called in any. See `open_reviews`.

    Attributes:
        problem: a sentence where a part of the file could not be read.
    """

    def __init__(self, workspace: Workspace, reviews: Iterable[Review] = (), problem: str = "") -> None:
        self.problem = problem
        self._workspace = workspace
        self._reviews = {review.key: review for review in reviews}  # replaced at each change, never changed: see `save`
        self._steps: list[tuple[Key, Review | None, Review | None]] = []  # of each clip, before and after
        self._done = 0  # steps that are not undone
        self._written = self._reviews
        self._writing = threading.Lock()

    @property
    def reviews(self) -> Mapping[Key, Review]:
        return self._reviews

    @property
    def can_undo(self) -> bool:
        return self._done > 0

    @property
    def can_redo(self) -> bool:
        return self._done < len(self._steps)

    def of(self, key: Key, clip: str, dataset: str) -> Review:
        """What was said of a clip, or an empty review of it, with what it is called now."""
        verdict, note = self._reviews[key].says if key in self._reviews else NOTHING
        return Review(
            content=key.content, true_class=key.true_class, clip=clip, dataset=dataset, time=now(), verdict=verdict,
            note=note,
        )  # fmt: skip

    def keep(self, review: Review) -> None:
        """Replace what was said of a clip before; a step that can be undone. `save` writes it.

        Raises:
            UserError: this program may not write here.
        """
        self._workspace.require_writable()
        before, after = self._reviews.get(review.key), None if review.empty else review
        if review.says == (before.says if before is not None else NOTHING):
            return
        self._steps[self._done :] = [(review.key, before, after)]
        self._done += 1
        self._put(review.key, after)

    def undo(self) -> Key | None:
        """Take the last step back, and say of which clip it was; None = there is none."""
        if not self.can_undo:
            return None
        self._done -= 1
        key, before, _ = self._steps[self._done]
        self._put(key, before)
        return key

    def redo(self) -> Key | None:
        """Take the step again that was undone last, and say of which clip it is; None = there is none."""
        if not self.can_redo:
            return None
        key, _, after = self._steps[self._done]
        self._done += 1
        self._put(key, after)
        return key

    def save(self) -> None:
        """Write what has changed since it was last written.

        Raises:
            UserError: it cannot be written. It is kept in memory, and written with the next change.
        """
        with self._writing:
            reviews = self._reviews
            if reviews is not self._written:
                _write(self._workspace, reviews.values())
                self._written = reviews

    def table(self) -> TextTable:
        """Every review, for other programmes."""
        return TextTable(
            HEADINGS,
            tuple(
                (r.clip, r.dataset, r.true_class, r.verdict or "", r.note, r.time.isoformat(), r.content)
                for r in self._reviews.values()
            ),
        )

    def _put(self, key: Key, review: Review | None) -> None:
        others = {other: kept for other, kept in self._reviews.items() if other != key}
        self._reviews = others if review is None else {**others, key: review}


def now() -> datetime:
    """Local time to the second, with its zone."""
    return datetime.now().astimezone().replace(microsecond=0)


def open_reviews(workspace: Workspace) -> ReviewBook:
    """Read the reviews of a workspace. Of a file that is damaged in part the rest is read, and all of it set aside.

    Raises:
        UserError: the file is there and cannot be read, or not be set aside.
    """
    path = workspace.reviews / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ReviewBook(workspace)
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}. Check its permissions; nothing was changed in it."
        ) from None
    reviews: list[Review] = []
    damaged: list[str] = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            reviews.append(Review.model_validate_json(line))
        except ValidationError as error:
            damaged.append(f"line {number}: {error.errors()[0]['msg']}")
    if not damaged:
        return ReviewBook(workspace, reviews)
    problem = f"{counted(len(damaged), 'line')} of {path} cannot be read ({damaged[0]})"
    kept = f"the {counted(len(reviews), 'other review')} in it are used"
    if not workspace.writable:
        return ReviewBook(workspace, reviews, f"{problem}: {kept}, and the file is left as it is.")
    aside = path.with_stem(f"{path.stem}-damaged-{now():%Y%m%d-%H%M%S}")
    write_atomically(aside, content)
    _write(workspace, reviews)
    return ReviewBook(workspace, reviews, f"{problem}: {kept}. As it was it lies beside it as {aside.name}.")


def _write(workspace: Workspace, reviews: Iterable[Review]) -> None:
    lines = (review.model_dump_json().encode() + b"\n" for review in reviews)
    write_atomically(workspace.reviews / FILE, b"".join(lines))
