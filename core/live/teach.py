"""Teaching: examples of a person's own classes, recorded while a key is held, and the study that learns them.

What comes of it is an ordinary dataset (a labelled folder) and an ordinary study: every other panel opens both.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from core.captures import FILM
from core.clip_cache import forget_decoded
from core.datasets.base import Modality
from core.datasets.csv_table import read_table
from core.errors import UserError
from core.evaluation.predictions import Predictions
from core.files import remove_folder, slug, write_atomically
from core.live.capture import Kept, write_clip
from core.readable import counted
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.runs import RunFolder, list_runs
from core.study import Study
from core.workspace import Workspace

TAUGHT = "taught"  # folder below the workspace's datasets, and what names of studies begin with
TABLE, FACTS = "labels.csv", "lesson.json"
DATASET = "labelled-folder"  # what it is to everyone else
OVERLAP = 0.5  # of neighbouring examples of one press
FEWEST = 3  # presses of each class: every fold needs one to test on, and some to learn from
FOLDS = 3
RATE = 22050  # Hz
COLUMNS = 80  # of a spectrogram, at least: the networks need so many
EPOCHS = {"none": 30, "imagenet": 20}
CONVOLUTIONS = 5  # stages of AlexNet


@dataclass(frozen=True)
class Lesson:
    """The examples of one set of classes.

    Attributes:
        folder: holds a folder for each class, `labels.csv` with path, label and group, where a group is one press, and
            `lesson.json` with the other attributes.
        seconds: of each example.
        title: what a person calls it.
        classes: in the order of their keys, those without an example too.
    """

    folder: Path
    seconds: float
    title: str
    classes: tuple[str, ...] = ()

    @classmethod
    def called(cls, name: str, workspace: Workspace, seconds: float, classes: Sequence[str] = ()) -> Lesson:
        return cls(workspace.datasets / TAUGHT / slug(name), seconds, name, tuple(classes))

    @classmethod
    def read(cls, folder: Path) -> Lesson:
        """
        Raises:
            UserError: what is said of it cannot be read.
        """
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            return cls(folder, float(facts["seconds"]), str(facts["title"]), tuple(map(str, facts["classes"])))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{folder / FACTS} cannot be read ({error}): mend it, or open its folder in Data, where it is a folder "
                "of your own clips."
            ) from None

    @property
    def saved(self) -> bool:
        return (self.folder / FACTS).is_file()

    @property
    def rows(self) -> list[dict[str, str]]:
        """Of the table; none before the first example."""
        if not (self.folder / TABLE).is_file():
            return []
        return [line.values for line in read_table(self.folder / TABLE, ("path", "label", "group"))]

    @property
    def learns(self) -> Modality | None:
        """What its examples are; None before the first."""
        rows = self.rows
        if not rows:
            return None
        return Modality.VIDEO if all(row["path"].endswith(FILM) for row in rows) else Modality.AUDIO

    def presses(self) -> Counter[str]:
        """How often each class was recorded."""
        return Counter(label for label, _ in {(row["label"], row["group"]) for row in self.rows})

    def examples(self) -> Counter[str]:
        """How many there are of each class."""
        return Counter(row["label"] for row in self.rows)

    def save(self) -> None:
        """Write all but the examples, which are written as they come.

        Raises:
            UserError: it cannot be written.
        """
        facts = {"title": self.title, "seconds": self.seconds, "classes": self.classes}
        write_atomically(self.folder / FACTS, json.dumps(facts, indent=1, ensure_ascii=False).encode())

    def add(self, label: str, kept: Kept) -> int:
        """Cut what was recorded during one press into examples; returns how many.

        Raises:
            UserError: it is shorter than one example, not what the lesson learns from, or cannot be written.
        """
        rows, kept = self.rows, self._fitting(kept)
        number = 1 + max((int(row["group"]) for row in rows), default=0)
        parts = [part for part in pieces(kept, self.seconds) if bool(part.frames) == bool(kept.frames)]
        if not parts:
            raise UserError(f"Hold the key for {self.seconds:g} s at least: {kept.seconds:.1f} s are too short.")
        for place, part in enumerate(parts):
            path = write_clip(self.folder / slug(label) / f"{number:04}-{place:02}", part)
            rows.append({"path": path.relative_to(self.folder).as_posix(), "label": label, "group": str(number)})
        self._write(rows)
        return len(parts)

    def forget_last(self) -> str:
        """Delete the examples of the last press for good; returns their class, "" where there is none."""
        rows = self.rows
        last = max((int(row["group"]) for row in rows), default=0)
        forgotten = [row for row in rows if int(row["group"]) == last]
        self._write([row for row in rows if int(row["group"]) != last])
        for row in forgotten:
            (self.folder / row["path"]).unlink(missing_ok=True)
        return forgotten[0]["label"] if forgotten else ""

    def delete(self, workspace: Workspace) -> None:
        """For good, with what was decoded of it; the runs that learned it stay.

        Raises:
            UserError: a file cannot be deleted.
        """
        forget_decoded(DATASET, self.folder, workspace.cache)
        if self.folder.exists():
            remove_folder(self.folder)

    def lacks(self) -> str:
        """What is missing before it can be learned, as a sentence; "" = nothing."""
        presses = self.presses()
        names = {*self.classes, *presses}
        if len(names) < 2:
            return "Record examples of two classes at least."
        few = [name.replace("_", " ") for name in sorted(names) if presses[name] < FEWEST]
        if few:
            return f"Record {', '.join(few)} {FEWEST} times at least: what is tested must not be what was learned from."
        return ""

    def study(self, workspace: Workspace) -> Study:
        """A study that learns it in about a minute on a processor: AlexNet's ImageNet convolutions, kept as they
        are, with linear layers that learn where its weights are at hand, else the baseline CNN.

        Raises:
            UserError: there is too little to learn from.
        """
        lacks = self.lacks()
        if lacks:
            raise UserError(lacks)
        from core.weights import imagenet_file  # torch comes with it

        films = self.learns == Modality.VIDEO
        at_hand = imagenet_file("alexnet", workspace.weights, self.folder.parent / "weights") is not None
        network = Network(name=self.title)
        if at_hand:
            # The linear layers learn, too: a file may hold the convolutions alone, and random layers must not stay so.
            network = Network(
                name=self.title,
                architecture="alexnet",
                weights="imagenet",
                freeze="stages",
                freeze_stages=CONVOLUTIONS,
            )
        return Study(
            name=self._study_name(workspace),
            modality=Modality.VIDEO if films else Modality.AUDIO,
            dataset=DatasetChoice(name=DATASET, root=str(self.folder), folds=FOLDS),
            folds=(1,),
            network=(network,),
            recipe=_recipe(self.seconds, films, "imagenet" if at_hand else "none"),
        )

    def told(self, said: Predictions) -> str:
        """How well a run learned it, as a sentence."""
        groups = {row["path"]: row["group"] for row in self.rows}
        presses = len({groups.get(name) for name in said.clip_ids.tolist()})
        return (
            f"“{self.title}” is learned: {100 * said.correct.mean():.0f} % of {counted(len(said), 'example')} of "
            f"{counted(presses, 'press', 'presses')} that it did not learn from are right (one split: no interval)."
        )

    def _fitting(self, kept: Kept) -> Kept:
        """What of a press it learns from: sound alone has no pictures beside it."""
        if not len(kept.sound) and not kept.frames:
            raise UserError("Nothing was heard or seen meanwhile: the line at the foot says what is on.")
        learns = self.learns
        if learns == Modality.VIDEO and not kept.frames:
            raise UserError(f"“{self.title}” learns from what is seen: choose a source with a camera.")
        if learns == Modality.AUDIO and not len(kept.sound):
            raise UserError(f"“{self.title}” learns from what is heard: choose a source with a microphone.")
        return replace(kept, frames=()) if learns == Modality.AUDIO else kept

    def _study_name(self, workspace: Workspace) -> str:
        """A study is of the same clips throughout: where one was begun before the examples changed, another name."""
        changed = (self.folder / TABLE).stat().st_mtime_ns
        first = f"{TAUGHT} {self.folder.name}"
        names = (f"{first} {number}" if number > 1 else first for number in count(1))
        return next(name for name in names if not any(_is_older(run, changed) for run in list_runs(workspace, name)))

    def _write(self, rows: Sequence[dict[str, str]]) -> None:
        if not rows:
            (self.folder / TABLE).unlink(missing_ok=True)  # a table without rows cannot be read
            return
        text = io.StringIO()
        table = csv.DictWriter(text, ("path", "label", "group"))
        table.writeheader()
        table.writerows(rows)
        write_atomically(self.folder / TABLE, text.getvalue().encode())


def lessons(workspace: Workspace) -> tuple[list[Lesson], list[str]]:
    """All that are in the workspace, by title, and a sentence for each that cannot be read."""
    found: list[Lesson] = []
    problems: list[str] = []
    for facts in (workspace.datasets / TAUGHT).glob(f"*/{FACTS}"):
        try:
            found.append(Lesson.read(facts.parent))
        except UserError as error:
            problems.append(str(error))
    return sorted(found, key=lambda lesson: lesson.title.casefold()), problems


def is_taught(study: str) -> bool:
    """Whether a study of this name learns a lesson: Live does not hold it up."""
    return study.startswith(f"{TAUGHT} ")


def pieces(kept: Kept, seconds: float) -> list[Kept]:
    """Stretches of so many seconds, half overlapping, from the beginning of what was kept; the rest is left out."""
    step = seconds * (1 - OVERLAP)
    count = int((kept.seconds - seconds) / step + 1e-6) + 1 if kept.seconds >= seconds - 1e-6 else 0
    return [kept.part(place * step, place * step + seconds) for place in range(count)]


def _is_older(run: RunFolder, changed: int) -> bool:
    return 0 < run.begun_ns <= changed


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
        "video": {
            "length": seconds,  # as much is then looked at live
            "frames": 8,
            **({"side": 128, "size": 112} if weights != "none" else {"side": 72, "size": 64}),
        },
    }
    return Recipe.model_validate(changes)
