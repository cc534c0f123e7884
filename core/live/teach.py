"""Teaching: examples of a person's own classes, recorded while a key is held, and the study that learns them.

What comes of it is an ordinary dataset (a labelled folder) and an ordinary study: every other panel opens both.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.captures import FILM
from core.datasets.base import Modality
from core.datasets.csv_table import read_table
from core.errors import UserError
from core.files import slug, write_atomically
from core.live.capture import Kept, write_clip
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.study import Study
from core.weights import imagenet_file
from core.workspace import Workspace

TAUGHT = "taught"  # folder below the workspace's datasets, and what names of studies begin with
TABLE = "labels.csv"
OVERLAP = 0.5  # of neighbouring examples of one press
FEWEST = 3  # presses of each class: every fold needs one to test on, and some to learn from
FOLDS = 3
RATE = 22050  # Hz
COLUMNS = 80  # of a spectrogram, at least: the networks need so many
EPOCHS = {"none": 30, "imagenet": 20}


@dataclass(frozen=True)
class Lesson:
    """The examples of one set of classes.

    Attributes:
        folder: holds a folder for each class, and `labels.csv` with path, label and group; a group is one press.
        seconds: of each example.
    """

    folder: Path
    seconds: float

    @classmethod
    def called(cls, name: str, workspace: Workspace, seconds: float) -> Lesson:
        return cls(workspace.datasets / TAUGHT / slug(name), seconds)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Of the table; none before the first example."""
        if not (self.folder / TABLE).is_file():
            return []
        return [line.values for line in read_table(self.folder / TABLE, ("path", "label", "group"))]

    def presses(self) -> Counter[str]:
        """How often each class was recorded."""
        return Counter(label for label, _ in {(row["label"], row["group"]) for row in self.rows})

    def add(self, label: str, kept: Kept) -> int:
        """Cut what was recorded during one press into examples; returns how many.

        Raises:
            UserError: it is shorter than one example, or cannot be written.
        """
        rows = self.rows
        number = 1 + max((int(row["group"]) for row in rows), default=0)
        parts = pieces(kept, self.seconds)
        if not parts:
            raise UserError(f"Hold the key for {self.seconds:g} s at least: {kept.seconds:.1f} s are too short.")
        for place, part in enumerate(parts):
            path = write_clip(self.folder / slug(label) / f"{number:04}-{place:02}", part)
            rows.append({"path": path.relative_to(self.folder).as_posix(), "label": label, "group": str(number)})
        self._write(rows)
        return len(parts)

    def forget_last(self) -> None:
        """Delete the examples of the last press for good."""
        rows = self.rows
        last = max((int(row["group"]) for row in rows), default=0)
        for row in rows:
            if int(row["group"]) == last:
                (self.folder / row["path"]).unlink(missing_ok=True)
        self._write([row for row in rows if int(row["group"]) != last])

    def lacks(self) -> str:
        """What is missing before it can be learned, as a sentence; "" = nothing."""
        presses = self.presses()
        if len(presses) < 2:
            return "Record examples of two classes at least."
        few = [name.replace("_", " ") for name, count in sorted(presses.items()) if count < FEWEST]
        if few:
            return f"Record {', '.join(few)} {FEWEST} times at least: what is tested must not be what was learned from."
        return ""

    def study(self, workspace: Workspace) -> Study:
        """A study that learns it in about a minute on a processor: AlexNet's ImageNet features with a new last layer
        where its weights are at hand, else the baseline CNN.

        Raises:
            UserError: there is too little to learn from.
        """
        lacks = self.lacks()
        if lacks:
            raise UserError(lacks)
        films = all(row["path"].endswith(FILM) for row in self.rows)
        at_hand = imagenet_file("alexnet", workspace.weights, workspace.datasets / "weights") is not None
        network = Network(name="taught")
        if at_hand:
            network = Network(name="taught", architecture="alexnet", weights="imagenet", freeze="all but head")
        return Study(
            name=f"{TAUGHT} {self.folder.name}",
            modality=Modality.VIDEO if films else Modality.AUDIO,
            dataset=DatasetChoice(name="labelled-folder", root=str(self.folder), folds=FOLDS),
            folds=(1,),
            network=(network,),
            recipe=_recipe(self.seconds, films, "imagenet" if at_hand else "none"),
        )

    def _write(self, rows: Sequence[dict[str, str]]) -> None:
        text = io.StringIO()
        table = csv.DictWriter(text, ("path", "label", "group"))
        table.writeheader()
        table.writerows(rows)
        write_atomically(self.folder / TABLE, text.getvalue().encode())


def pieces(kept: Kept, seconds: float) -> list[Kept]:
    """Stretches of so many seconds, half overlapping, from the beginning of what was kept; the rest is left out."""
    step = seconds * (1 - OVERLAP)
    count = int((kept.seconds - seconds) / step + 1e-6) + 1 if kept.seconds >= seconds - 1e-6 else 0
    return [kept.part(place * step, place * step + seconds) for place in range(count)]


def _recipe(seconds: float, films: bool, weights: str) -> Recipe:
    changes = {
        "epochs": EPOCHS[weights],
        "batch_size": 8,
        "learning_rate": 1e-3,
        "schedule": "one-cycle",
        "audio": {
            "rate": RATE,
            "seconds": min(seconds, 60.0),
            "mels": 64,
            "hop": min(512, int(seconds * RATE / COLUMNS)),
        },
        "video": {"frames": 8, "side": 128, "size": 112}
        if weights != "none"
        else {"frames": 8, "side": 72, "size": 64},
    }
    return Recipe.model_validate(changes)
