"""Planted faults: ESC-10 with labels swapped, or with copies across folds; and how many of them the lists find.

Run on request, from the repository's root:

    uv run python tests/benchmarks/bench_label_issues.py swap ESC10 FOLDER        (then train a study on FOLDER)
    uv run python tests/benchmarks/bench_label_issues.py score WORKSPACE STUDY FOLDER/swapped.csv
    uv run python tests/benchmarks/bench_label_issues.py copy ESC10 FOLDER
    uv run python tests/benchmarks/bench_label_issues.py find FOLDER

ESC10 is a folder with `meta/esc50.csv` and `audio/`. It is not changed; FOLDER is made, outside of the repository.
"""

from __future__ import annotations

import csv
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the repository is no package: its root comes first
import soundfile  # noqa: E402
import typer  # noqa: E402
from sklearn.metrics import average_precision_score  # noqa: E402

from core.analysis.label_issues import LabelIssues, label_issues  # noqa: E402
from core.analysis.near_duplicates import find_near_duplicates  # noqa: E402
from core.analysis.study_records import read_study_records  # noqa: E402
from core.caches import Caches  # noqa: E402
from core.control import Control  # noqa: E402
from core.datasets.esc50 import open_esc10  # noqa: E402
from core.datasets.splits import LeakError, refuse_leaks  # noqa: E402
from core.evaluation.statistics import Share  # noqa: E402
from core.recipe import Recipe  # noqa: E402
from core.run_spec import DatasetChoice, Network, RunSpec  # noqa: E402
from core.workspace import Workspace  # noqa: E402
from tests.core.sound_copies import COPIES  # noqa: E402

TABLE = Path("meta") / "esc50.csv"
app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
Source = Annotated[Path, typer.Argument(help="ESC-10 or ESC-50 in the official layout.")]
Made = Annotated[Path, typer.Argument(help="A folder that does not exist yet.")]


@app.command()
def swap(source: Source, folder: Made, share: float = 0.05, seed: int = 0) -> None:
    """Copy the clips of ESC-10 and give a share of them another class at random; swapped.csv names them."""
    rows = _copied(source, folder)
    random = np.random.default_rng(seed)
    chosen = np.sort(random.choice(len(rows), round(share * len(rows)), replace=False))
    classes = sorted({(row["target"], row["category"]) for row in rows})
    swapped = []
    for place in chosen:
        row = rows[place]
        others = [pair for pair in classes if pair[0] != row["target"]]
        was = row["category"]
        row["target"], row["category"] = others[random.integers(len(others))]
        swapped.append({"clip_id": f"audio/{row['filename']}", "was": was, "is": row["category"]})
    _write(folder / TABLE, rows)
    _write(folder / "swapped.csv", swapped)
    print(f"{len(swapped)} of {len(rows)} clips have another class in {folder}; swapped.csv says which.")


@app.command()
def score(
    workspace: Annotated[Path, typer.Argument(help="Where the study was trained.")],
    study: Annotated[str, typer.Argument(help="Folder of the study, trained on the copy with swapped labels.")],
    swapped: Annotated[Path, typer.Argument(help="The swapped.csv of that copy.")],
) -> None:
    """How many of the swapped labels the list finds, with each network alone and with all of them together."""
    data = read_study_records(Workspace(workspace), study, Control(), lambda progress: None)
    if data is None:
        raise typer.BadParameter(f"no finished run of {study} in {workspace}")
    with swapped.open(newline="", encoding="utf-8") as file:
        planted = {row["clip_id"]: row["was"] for row in csv.DictReader(file)}
    for names in [[network.label] for network in data.networks] + [[]]:
        found = label_issues(data, names)
        ids = data.records.clip_ids[found.clip]
        print(_scored(found, np.isin(ids, list(planted))))
        told = [
            data.records.classes[found.suggested[i]] == planted[name] for i, name in enumerate(ids) if name in planted
        ]
        print(f"  their own class is suggested: {_percent(Share(sum(told), len(told)))}\n")


@app.command()
def copy(source: Source, folder: Made) -> None:
    """Copy the clips of ESC-10 and plant an exact copy and near copies in other folds; planted.csv names them."""
    rows = _copied(source, folder)
    folds = sorted({row["fold"] for row in rows})
    planted = []
    for place, kind in enumerate(("exact", *COPIES)):
        row = rows[(place * len(rows)) // (1 + len(COPIES))]
        fold = folds[(folds.index(row["fold"]) + 1) % len(folds)]
        first, source_number = folder / "audio" / row["filename"], f"99000{place}"
        suffix = first.suffix if kind == "exact" else ".wav"
        second = first.with_name(f"{fold}-{source_number}-A-{row['target']}{suffix}")
        if kind == "exact":
            shutil.copyfile(first, second)
        else:
            sound, rate = soundfile.read(first, dtype="float32")
            soundfile.write(second, COPIES[kind](sound, rate), rate, subtype="PCM_16")
        rows.append(row | {"filename": second.name, "fold": fold, "src_file": source_number, "take": "A"})
        planted.append({"kind": kind, "first": f"audio/{first.name}", "second": f"audio/{second.name}"})
    _write(folder / TABLE, rows)
    _write(folder / "planted.csv", planted)
    print(f"{len(planted)} clips were copied into other folds of {folder}; planted.csv says which.")


@app.command()
def find(folder: Annotated[Path, typer.Argument(help="What `copy` made.")]) -> None:
    """At which place of the list each planted copy stands, and which of them the leakage guard refuses."""
    dataset, recipe = open_esc10(folder, Control()), Recipe()
    spec = RunSpec(
        study="copies", network=Network(), dataset=DatasetChoice(name="esc10"), recipe=recipe, fold=1, seed=0
    )
    caches = Caches(dataset, folder / "cache").open([spec], Control(), lambda progress: None)
    started = time.perf_counter()
    found = find_near_duplicates(dataset, {"audio": (caches.of("audio", recipe), recipe)}, Control())
    seconds = time.perf_counter() - started
    try:
        refuse_leaks(dataset, caches.digests())
        refused = "The leakage guard refuses nothing."
    except LeakError as error:
        refused = f"The leakage guard refuses {', '.join(map(str, error.leaks))}."
    places = {frozenset((pair.first, pair.second)): place for place, pair in enumerate(found.pairs, 1)}
    with (folder / "planted.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place = places.get(frozenset((row["first"], row["second"])))
            pair = found.pairs[place - 1] if place else None
            said = f"place {place}, {pair.similarity:.3f}, {'likely' if pair.likely else 'not likely'}" if pair else "–"
            print(f"{row['kind']:12s} {said}")
    print(f"{found.basis} {seconds:.1f} s.\n{refused}")


def _scored(found: LabelIssues, planted: np.ndarray) -> str:
    """`planted`: (clips,) in the order of the list."""
    k, likely = int(planted.sum()), found.likely
    top = Share(int(planted[:k].sum()), k)
    average = average_precision_score(planted, -np.arange(len(planted)))
    hits = int(planted[likely].sum())
    return (
        f"{found.basis}\n"
        f"  the first {k}: recall = precision {_percent(top)}, average precision {average:.3f}\n"
        f"  called likely: precision {_percent(Share(hits, int(likely.sum())))}, recall {_percent(Share(hits, k))}"
    )


def _percent(share: Share) -> str:
    return f"{share.right} of {share.of} = {share.figures()} %"


def _copied(source: Path, folder: Path) -> list[dict[str, str]]:
    """Hard links to the clips of ESC-10, or copies where links cannot be; the rows of their table."""
    if folder.exists() or folder.resolve().is_relative_to(ROOT):
        raise typer.BadParameter(f"{folder} exists, or lies in the repository: name a new folder elsewhere")
    with (source / TABLE).open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["esc10"].lower() == "true"]
    for name in ("audio", "meta"):
        (folder / name).mkdir(parents=True)
    for row in rows:
        try:
            os.link(source / "audio" / row["filename"], folder / "audio" / row["filename"])
        except OSError:
            shutil.copyfile(source / "audio" / row["filename"], folder / "audio" / row["filename"])
    return rows


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    app()
