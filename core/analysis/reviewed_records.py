"""The reviews of a study's clips, laid on its records: one code a record, for tables, progress and scores."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from core.analysis.clip_records import ClipRecords, Rows
from core.analysis.review import Key, Review, Verdict
from core.clip_cache import REPORT_EVERY, known_digests
from core.control import Control
from core.datasets.base import Dataset, Report
from core.errors import UserError
from core.events import Progress
from core.media import digest_of
from core.workspace import Workspace

VERDICTS = tuple(Verdict)
NOTED = len(VERDICTS) + 1  # added to the code of a verdict (0 = none) where there is a note
WORDS = ("", *VERDICTS, "note", *(f"{verdict}, note" for verdict in VERDICTS))  # what a code stands for


class ReviewedRecords:
    """What is known of the content of a study's clips, and what was said of them.

    Attributes:
        codes: (records,) index into WORDS; changed in place.
    """

    def __init__(self, records: ClipRecords) -> None:
        self.codes: NDArray[np.int8] = np.zeros(len(records), np.int8)
        self._records, self._names = records, records.clip_ids.tolist()
        self._content: dict[int, str] = {}  # by index of the clip
        self._clips: dict[str, list[int]] = defaultdict(list)  # by content: there may be copies
        self._by_clip = np.argsort(records.clip, kind="stable")  # records in the order of their clips …
        self._starts = np.searchsorted(records.clip[self._by_clip], np.arange(len(records.clip_ids) + 1))  # … from here

    def know(self, digests: Mapping[str, str]) -> None:
        """What clips hold: sha256 of their files by clip id."""
        for clip, name in enumerate(self._names):
            if name in digests and clip not in self._content:
                self._content[clip] = digests[name]
                self._clips[digests[name]].append(clip)

    def fill(self, reviews: Mapping[Key, Review]) -> None:
        """What was said of any of them."""
        self.codes[:] = 0
        for key, review in reviews.items():
            self.show(key, review)

    def show(self, key: Key, review: Review | None) -> None:
        """What is said of one clip now; None = nothing."""
        code = 0
        if review is not None:
            code = VERDICTS.index(review.verdict) + 1 if review.verdict is not None else 0
            code += NOTED if review.note else 0
        self.codes[self.rows_of(key)] = code

    def key(self, record: int) -> Key | None:
        """What the clip of a record is known by; None = its content is not known (yet)."""
        content = self._content.get(int(self._records.clip[record]))
        return None if content is None else Key(content, self._records.classes[self._records.true[record]])

    def rows_of(self, key: Key) -> Rows:
        """All records of a clip, and of its copies."""
        of_clips = [self._by_clip[self._starts[c] : self._starts[c + 1]] for c in self._clips.get(key.content, ())]
        if not of_clips or key.true_class not in self._records.classes:
            return np.zeros(0, np.int64)
        rows = np.sort(np.concatenate(of_clips))
        found: Rows = rows[self._records.true[rows] == self._records.classes.index(key.true_class)]
        return found

    def unknown(self) -> list[str]:
        """Ids of the clips whose content is not known: nobody can say whether they were reviewed."""
        return [name for clip, name in enumerate(self._names) if clip not in self._content]

    def judged(self) -> NDArray[np.bool_]:
        """(records,) whether the clip of a record has a verdict."""
        return self.codes % NOTED > 0

    def given(self, verdict: Verdict) -> NDArray[np.bool_]:
        """(records,) whether the clip of a record has this verdict."""
        return self.codes % NOTED == VERDICTS.index(verdict) + 1

    def progress(self, rows: Rows) -> tuple[int, int]:
        """How many of the clips of some records have a verdict, and how many clips they are."""
        return self._clips_among(rows[self.judged()[rows]]), self._clips_among(rows)

    def next_without(self, rows: Rows, place: int) -> int:
        """The next place in `rows`, in any order, of another clip without a verdict; −1 = there is none below."""
        below = rows[place + 1 :]
        found = np.flatnonzero(~self.judged()[below] & (self._records.clip[below] != self._records.clip[rows[place]]))
        return place + 1 + int(found[0]) if found.size else -1

    def _clips_among(self, rows: Rows) -> int:
        """Distinct clips; counted at every key, of a hundred thousand records."""
        there = np.zeros(len(self._names), bool)
        there[self._records.clip[rows]] = True
        return int(there.sum())


def digests_of(
    clips: Sequence[str], dataset: Dataset, workspace: Workspace, control: Control, report: Report
) -> dict[str, str]:
    """sha256 of the files of clips, by clip id: as the caches know them, else the files are read.

    Clips that the dataset does not have, and files that cannot be read, are left out.

    Raises:
        Cancelled: through `control`.
    """
    wanted = set(clips)
    there = [clip for clip in dataset.clips if clip.id in wanted]
    found = known_digests(dataset.name, dataset.root, there, workspace.cache)
    unread = [clip for clip in there if clip.id not in found]
    told = time.monotonic()  # what is over at once need not be told
    for done, clip in enumerate(unread):
        control.checkpoint()
        if time.monotonic() - told > REPORT_EVERY:
            told = time.monotonic()
            report(Progress("Looking for earlier reviews", done, len(unread)))
        with suppress(UserError):
            found[clip.id] = digest_of(clip.path, "a clip")
    return found
