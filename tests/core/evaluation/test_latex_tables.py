"""The LaTeX of every table that a summary gives, read by a parser of LaTeX: its cells say what they said before."""

from __future__ import annotations

import numpy as np
import pytest
from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexwalker import LatexEnvironmentNode, LatexMacroNode, LatexSpecialsNode, LatexWalker

from core.analysis.class_differences import class_differences
from core.analysis.costs import cost_table
from core.control import Control
from core.evaluation.overview import read_overview
from core.evaluation.tables import TextTable, modality_table, network_figures, network_table, run_table
from core.run_spec import Network
from core.workspace import Workspace
from tests.gui.make_runs import make_study, synthetic_clips

RULES = ("toprule", "midrule", "bottomrule")
NASTY = (
    "under_score & 100 % of {this} $5 #1",
    r"back\slash \\ \alpha ~tilde^hat",
    "[brackets] p < 0.001 > 0 | −5 ≥ 3 ≤ 4 ≈ 2 → 1",
    "*starred – “quoted” × ² é …",
    "",
)


def read_back(latex: str) -> list[list[str]]:
    """Rows of cells, as a reader of the printed table sees them. Raises where the syntax is wrong."""
    nodes, _, _ = LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    (tabular,) = [node for node in nodes if isinstance(node, LatexEnvironmentNode)]
    assert tabular.environmentname == "tabular"
    rows, cells, cell = [], [], []
    text = LatexNodes2Text(strict_latex_spaces=True)
    for node in tabular.nodelist:
        ended = isinstance(node, LatexMacroNode) and node.macroname == "\\"
        if ended or (isinstance(node, LatexSpecialsNode) and node.specials_chars == "&"):
            assert not ended or not any(node.nodeargd.argnlist), "the end of a row takes in what follows it"
            cells.append(text.nodelist_to_text(cell).strip())
            cell = []
        elif not (isinstance(node, LatexMacroNode) and node.macroname in RULES):
            cell.append(node)
        if ended:
            rows.append(cells)
            cells = []
    assert not text.nodelist_to_text(cell).strip(), "something follows the last row"
    return rows


def plain(cell: str) -> str:
    """The parser writes a minus as a hyphen, and the accent of its name for a circumflex."""
    return cell.replace("−", "-").replace("ˆ", "^").strip()


def agrees(table: TextTable) -> None:
    rows = [[plain(cell) for cell in row] for row in (table.headings, *table.rows)]
    assert [[plain(cell) for cell in row] for row in read_back(table.latex())] == rows
    assert all(len(row) == len(table.headings) for row in table.rows)


@pytest.mark.parametrize("place", range(len(NASTY)))
def test_any_text_survives(place: int) -> None:
    turned = tuple(np.roll(NASTY, place).tolist())
    agrees(TextTable(turned, (turned, turned[::-1]), text_columns=2))


def test_every_table_of_a_study_survives(workspace: Workspace) -> None:
    networks = tuple(Network(name=name, architecture="baseline_cnn", recipe={"epochs": 5 + n})
                     for n, name in enumerate(NASTY[:3]))  # fmt: skip
    make_study(workspace, synthetic_clips(4, per_class=8), networks=networks, folds=(1, 2))
    overview = read_overview(workspace, "fabricated-test-data", Control())
    summary = overview.summary
    assert {network.label for network in summary.networks} == set(NASTY[:3])
    pair = class_differences(*summary.networks[:2], "f1", Control(), lambda progress: None)
    assert pair is not None
    for table in (
        network_table(summary),
        modality_table(summary, "log_loss"),
        network_figures(summary),
        run_table(summary),
        cost_table(overview, "accuracy"),
        pair.table(),
    ):
        agrees(table)
