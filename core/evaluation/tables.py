"""A summary as tables of strings, for documents: Markdown, CSV, LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation.metrics import METRICS
from core.evaluation.summary import Summary

LATEX_SPECIAL = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


@dataclass(frozen=True)
class TextTable:
    """Headings and rows of equal length; the first column is text, the others are figures."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        def line(cells: Sequence[str]) -> str:
            return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

        rule = "|---|" + "--:|" * (len(self.headings) - 1)
        return "\n".join([line(self.headings), rule, *map(line, self.rows)]) + "\n"

    def csv(self) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.headings, *self.rows])
        return text.getvalue()

    def latex(self) -> str:
        """A tabular of the booktabs package."""

        def line(cells: Sequence[str]) -> str:
            return " & ".join(cell.translate(LATEX_SPECIAL) for cell in cells) + r" \\"

        columns = "l" + "r" * (len(self.headings) - 1)
        return "\n".join(
            [
                rf"\begin{{tabular}}{{{columns}}}", r"\toprule", line(self.headings), r"\midrule",
                *map(line, self.rows), r"\bottomrule", r"\end{tabular}", "",
            ]
        )  # fmt: skip


def network_table(summary: Summary, metrics: Sequence[str] = ("accuracy", "macro_f1", "log_loss")) -> TextTable:
    """A row a network: mean and interval of each metric, what stands behind them, and what the network costs."""
    chosen = [METRICS[name] for name in metrics]
    return TextTable(
        (
            "Network",
            *(f"{metric.title} ({metric.unit})" for metric in chosen),
            "Folds × seeds",
            "Parameters (M)",
            "Multiply-adds (G)",
            "Training (clips/s)",
        ),
        tuple(
            (
                row.label,
                *(
                    row.means[name].text(metric.scale, metric.decimals)
                    for name, metric in zip(metrics, chosen, strict=True)
                ),
                f"{row.means[metrics[0]].n_folds} × {row.means[metrics[0]].n_seeds}",
                f"{row.parameters / 1e6:.2f}",
                f"{row.multiply_adds / 1e9:.3f}",
                f"{row.clips_per_second:.1f}",
            )
            for row in summary.networks
        ),
    )


def run_table(summary: Summary) -> TextTable:
    """A row a run with every metric unrounded, for other programmes."""
    return TextTable(
        (
            "network", "architecture", "study", "run", "fold", "seed", *METRICS, "train_accuracy",
            "validation_accuracy", "epochs", "seconds", "clips_per_second", "parameters", "multiply_adds",
            "train_clips", "test_clips",
        ),
        tuple(
            tuple(
                "" if value is None else str(value)
                for value in (
                    row.network, row.spec.network.architecture, row.folder.study, row.folder.id, row.spec.fold,
                    row.spec.seed, *row.scores.values(), row.status.train_accuracy, row.status.validation_accuracy,
                    row.status.epoch, row.status.seconds, row.status.clips_per_second, row.status.parameters,
                    row.status.multiply_adds, row.status.train_clips, row.test_clips,
                )
            )
            for row in summary.runs
        ),
    )  # fmt: skip
