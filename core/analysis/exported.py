"""What of a study is taken along: clips, what networks said of them, and under which licence they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from core.analysis.evidence import Method
from core.analysis.review import Review
from core.analysis.study_records import StudyRecords
from core.datasets.base import Clip, Dataset
from core.evaluation.tables import TextTable
from core.run_spec import RunSpec

HEADINGS = (
    "clip", "file", "dataset", "true", "network", "predicted", "verdict", "note", "chosen", "map", "confidence",
    "margin", "loss", "fold", "seed",
)  # fmt: skip
PICTURE_BYTES = 350_000  # about, of one clip
LONGEST_LICENCE = 2_000_000  # bytes of a file that is taken for the text of a licence
SYNTHETIC = "These clips are synthetic: what is said of them says nothing about real recordings."


@dataclass(frozen=True)
class ExportedClip:
    """One clip.

    Attributes:
        record: the first that was chosen: its network and seed speak for the clip.
        beside: records of it, one of each network.
        clip: None where it is not in the dataset any more.
        file: a name that is safe everywhere and that no other clip has.
    """

    id: str
    record: int
    beside: tuple[int, ...]
    clip: Clip | None
    file: str


@dataclass(frozen=True)
class Exported:
    """The records that were chosen, in the order in which they are to stand, and all that goes with them.

    Attributes:
        rows: records, any number of a clip.
        words: how they were chosen.
        reviews: by clip id, what a person said of it.
        colours: of networks, by label, as #RRGGBB.
        method: how maps are made.
    """

    data: StudyRecords
    rows: Sequence[int]
    dataset: Dataset
    words: str = ""
    reviews: Mapping[str, Review] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    method: Method = Method.LAYER_CAM

    @cached_property
    def clips(self) -> tuple[ExportedClip, ...]:
        """Each once, in the order of the records."""
        records, there = self.data.records, {clip.id: clip for clip in self.dataset.clips}
        first: dict[str, int] = {}
        for row in self.rows:
            first.setdefault(str(records.clip_ids[records.clip[row]]), int(row))
        digits = len(str(len(first)))
        return tuple(
            ExportedClip(name, record, tuple(self.data.beside(record)), there.get(name), f"{n:0{digits}}-{_safe(name)}")
            for n, (name, record) in enumerate(first.items(), 1)
        )

    @property
    def media_bytes(self) -> int:
        """Of the files of the clips that are there."""
        paths = [clip.clip.path for clip in self.clips if clip.clip is not None]
        return sum(path.stat().st_size for path in paths if path.is_file())

    @property
    def page_bytes(self) -> int:
        """About, of the page: what it holds is written in base 64."""
        return (self.media_bytes + PICTURE_BYTES * len(self.clips)) * 4 // 3

    @property
    def folder_bytes(self) -> int:
        """About, of the folder with the page in it."""
        return self.page_bytes + self.media_bytes + PICTURE_BYTES * len(self.clips)

    @property
    def licence(self) -> str:
        """As a sentence, or two."""
        return f"{self.dataset.licence} {SYNTHETIC}" if self.dataset.synthetic else self.dataset.licence

    def licence_files(self) -> list[str]:
        """What lies beside the clips and says whose they are."""
        found = (path for path in sorted(self.dataset.root.glob("*")) if path.is_file() and _is_licence(path.name))
        few = [path for path in found if path.stat().st_size <= LONGEST_LICENCE]
        return [path.read_text(encoding="utf-8", errors="replace") for path in few]

    def spec(self, record: int) -> RunSpec:
        return self.data.specs[self.data.records.run[record]]

    def network(self, record: int) -> tuple[str, str]:
        """Its name in lists, and its colour."""
        network = self.data.network_of(int(self.data.records.run[record]))
        return network.name, self.colours.get(network.label, "#777777")

    def said_of(self, clip: ExportedClip) -> tuple[str, str]:
        """Verdict and note of a person; "" where there is none."""
        review = self.reviews.get(clip.id)
        return ("", "") if review is None else (review.verdict or "", review.note)

    def said(self, record: int, label: int) -> float:
        """The probability that the network of a record gave to a class."""
        records = self.data.records
        return float(self.data.predictions[records.run[record]].probabilities[records.row[record], label])

    def table(self, lacking: Mapping[int, str]) -> TextTable:
        """Every record of the clips, whichever of them were chosen.

        Args:
            lacking: by record that has no map, why; those not spoken of have none as another seed's is drawn.
        """
        rows = []
        for clip in self.clips:
            of = self.data.records.clip
            for record in np.flatnonzero(of == of[clip.record]).tolist():
                why_not = "" if record in clip.beside else "no: that of another seed is drawn"
                rows.append(self._line(clip, record, lacking.get(record, why_not)))
        return TextTable(HEADINGS, tuple(rows), text_columns=HEADINGS.index("confidence"))

    def _line(self, clip: ExportedClip, record: int, why_not: str) -> tuple[str, ...]:
        records, info = self.data.records, self.data.records.runs[self.data.records.run[record]]
        return (
            clip.id,
            clip.file if clip.clip is not None else "",
            self.dataset.title,
            records.classes[records.true[record]],
            self.network(record)[0],
            records.classes[records.predicted[record]],
            *self.said_of(clip),
            "yes" if record in self._chosen else "no",
            why_not or "yes",
            *(f"{of[record]:z.4f}" for of in (records.confidence, records.margin, records.loss)),
            str(info.fold),
            str(info.seed),
        )

    @cached_property
    def _chosen(self) -> frozenset[int]:
        return frozenset(int(row) for row in self.rows)


def _safe(clip_id: str) -> str:
    """A clip's id as the name of a file, its end kept where it is long."""
    path = Path(clip_id)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in clip_id.removesuffix(path.suffix))
    suffix = "".join(c for c in path.suffix if c.isascii() and (c.isalnum() or c == "."))
    return name[-80:].lstrip(".") + suffix


def _is_licence(name: str) -> bool:
    return name.casefold().startswith(("license", "licence")) and name.casefold().endswith((".txt", ".md", "se", "ce"))
