"""A summary as tables of strings, for documents: Markdown, CSV, LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from core.datasets import DATASETS
from core.evaluation.families import Family, families, started_from, variant
from core.evaluation.metrics import METRICS
from core.evaluation.statistics import Mean
from core.evaluation.summary import NetworkRow, ScoredRun, Summary
from core.run_spec import DatasetChoice, RunSpec

LATEX_SPECIAL = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    # Other signs in LaTeX's first type, or none that pdfLaTeX knows in a text.
    | {"|": "$|$", "<": "$<$", ">": "$>$"}
    | {"−": "$-$", "≥": r"$\geq$", "≤": r"$\leq$", "≈": r"$\approx$", "→": r"$\rightarrow$"}
)


@dataclass(frozen=True)
class TextTable:
    """Headings and rows of equal length; the first columns are text, the others are figures."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1

    def markdown(self) -> str:
        def line(cells: Sequence[str]) -> str:
            return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

        rule = "|" + "---|" * self.text_columns + "--:|" * (len(self.headings) - self.text_columns)
        return "\n".join([line(self.headings), rule, *map(line, self.rows)]) + "\n"

    def csv(self) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.headings, *self.rows])
        return text.getvalue()

    def latex(self) -> str:
        """A tabular of the booktabs package."""

        def line(cells: Sequence[str]) -> str:
            row = " & ".join(cell.translate(LATEX_SPECIAL) for cell in cells)
            return ("{}" if row[:1] in ("[", "*") else "") + row + r" \\"  # or the line before would take it in

        columns = "l" * self.text_columns + "r" * (len(self.headings) - self.text_columns)
        return "\n".join(
            [
                rf"\begin{{tabular}}{{{columns}}}", r"\toprule", line(self.headings), r"\midrule",
                *map(line, self.rows), r"\bottomrule", r"\end{tabular}", "",
            ]
        )  # fmt: skip


def network_table(summary: Summary, metrics: Sequence[str] = ("accuracy", "macro_f1", "log_loss")) -> TextTable:
    """For people: a row a network, the best first by the first metric; figures with their intervals in one cell."""
    chosen = [METRICS[name] for name in metrics]
    return TextTable(
        (
            "Network",
            "Weights",
            "Given",
            "Dataset",
            *(f"{metric.title} ({metric.unit}) [95 % interval]" for metric in chosen),
            "Folds × seeds",
            "Parameters (M)",
            "Multiply-adds (G)",
            "Training (clips/s)",
        ),
        tuple(
            (
                row.label,
                started_from(row.spec),
                given(row.spec),
                dataset_title(row.spec.dataset),
                *(
                    row.means[name].text(metric.scale, metric.decimals)
                    for name, metric in zip(metrics, chosen, strict=True)
                ),
                row.means[metrics[0]].grid,
                f"{row.parameters / 1e6:.2f}" if row.parameters else "–",
                f"{row.multiply_adds / 1e9:.3f}" if row.multiply_adds else "–",
                "–" if row.clips_per_second is None else f"{row.clips_per_second:.1f}",
            )
            for row in summary.ranked(metrics[0])
        ),
        text_columns=4,
    )


def modality_table(summary: Summary, metric: str) -> TextTable:
    """For people: a row an architecture, a column for sound, sight and both; the best of a row has a star.

    A cell holds every network there is, the best first.
    """
    about, shown = METRICS[metric], summary.modalities
    datasets = ", ".join(sorted({dataset_title(network.spec.dataset) for network in summary.networks}))

    def cell(family: Family, row: NetworkRow) -> str:
        name, text = family.name_of(row), row.means[metric].text(about.scale, about.decimals)
        return " ".join(filter(None, (f"{name}:" if name else "", text, "*" if row is family.best(metric) else "")))

    return TextTable(
        (
            f"{datasets}: {about.title} ({about.unit}) [95 % interval], * best of the row",
            *(modality.word.capitalize() for modality in shown),
        ),
        tuple(
            (
                family.title,
                *("; ".join(cell(family, row) for row in family.of(modality)) or "–" for modality in shown),
            )
            for family in families(summary, metric)
        ),
    )


def network_figures(summary: Summary) -> TextTable:
    """For other programmes: a row a network, the most accurate first; every metric unrounded, one number a cell."""
    rows = [
        _origin(network.label, network.runs[0])
        | {"runs": len(network.runs), "folds": len(network.folds), "seeds": len(network.seeds)}
        | {f"{name}_{part}": value for name, mean in network.means.items() for part, value in _parts(mean).items()}
        | {f"{name}_seed_sd": network.seed_spread(name).sd for name in network.means}
        | {"gap": network.gap, "parameters": network.parameters or None, "multiply_adds": network.multiply_adds or None}
        | {"clips_per_second": network.clips_per_second, "seconds": network.seconds}
        for network in summary.networks
    ]
    return figures_table(rows)


def run_table(summary: Summary) -> TextTable:
    """For other programmes: a row a run with every metric unrounded, one number a cell."""
    rows = [
        _origin(run.network, run)
        | {"run": run.folder.id, "fold": run.spec.fold, "seed": run.spec.seed}
        | run.scores
        | {
            "train_accuracy": run.status.train_accuracy,
            "validation_accuracy": run.status.validation_accuracy,
            "epochs": run.status.epoch or None,
            "seconds": run.status.seconds,
            "clips_per_second": run.clips_per_second,
            "parameters": run.status.parameters or None,
            "multiply_adds": run.status.multiply_adds or None,
            "train_clips": run.status.train_clips,
            "test_clips": run.test_clips,
        }
        for run in summary.runs
    ]
    return figures_table(rows)


def given(spec: RunSpec) -> str:
    """What a network is given of a clip and what it makes of it: `sight, gru`."""
    return ", ".join(filter(None, (spec.modality.word, variant(spec))))


def dataset_title(choice: DatasetChoice) -> str:
    """What a network was tested on, in words; of the user's own clips their folder's name too."""
    folder = "" if DATASETS[choice.name].folder else PurePath(choice.root).name
    return f"{DATASETS[choice.name].title} {folder}".strip()


def _origin(label: str, run: ScoredRun) -> dict[str, object]:
    """What the figures of a row are of."""
    spec, info = run.spec, DATASETS[run.spec.dataset.name]
    return {
        "study": run.folder.study,
        "network": label,
        "architecture": spec.network.architecture,
        "weights": started_from(spec),
        "dataset": dataset_title(spec.dataset),
        "synthetic": info.synthetic,
        "modality": spec.modality,
        "variant": variant(spec),
    }


def _parts(mean: Mean) -> dict[str, float | int | None]:
    return {"mean": mean.value, "low": mean.low, "high": mean.high, "sd": mean.sd, "folds": mean.n_folds}


def figures_table(rows: Sequence[Mapping[str, object]]) -> TextTable:
    """Rows of the same keys; what is not known or not defined is an empty cell."""
    return TextTable(
        tuple(rows[0]) if rows else (),
        tuple(tuple("" if value is None or value != value else str(value) for value in row.values()) for row in rows),
    )
