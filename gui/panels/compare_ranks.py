"""Compare, Over datasets: the networks of studies on several datasets, ranked, with a critical-difference diagram."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QMenu,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from core.control import Control
from core.datasets.base import Modality
from core.evaluation.across_studies import Ranked, rank_studies, ranking_table, tested_on
from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview
from core.evaluation.statistics import p_words
from core.evaluation.summary import Summary, summarise
from core.evaluation.tables import TextTable, dataset_title
from core.readable import counted
from core.runs import list_runs
from core.workspace import Workspace
from gui import theme
from gui.context import Context
from gui.panels.compare_parts import ReadingPage
from gui.widgets.controls import tool_button
from gui.widgets.flow import FlowLayout
from gui.widgets.rank_diagram import RankDiagram, RankedNetwork
from gui.widgets.sentences import Sentences
from gui.widgets.text_table import TextTableView

CHOICES = "compare/ranked"  # in the settings: by study, whether it was ticked or unticked by hand
MANY = 8  # studies: more of them are offered in a menu
CHOOSE = "Tick another study: ranks need two datasets or more."
HELP = "A dataset counts once: of several studies on it one can take part."
RULER = "Two networks are told apart where their mean ranks differ by this or more (Nemenyi’s test, α = {alpha:g})."


class _Read(NamedTuple):
    ranked: Ranked
    problems: tuple[str, ...]  # a sentence for each finished run that cannot be read


class RanksPage(ReadingPage):
    title = "Over datasets"
    help = "Networks ranked over the datasets of several studies: Friedman’s and Nemenyi’s tests, after Demšar 2006."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.ranked: Ranked | None = None
        self.boxes: dict[str, QCheckBox] = {}  # by name of the study
        self._offered: dict[str, str] = {}  # dataset of each
        self._chosen: dict[str, bool] = json.loads(str(context.settings.value(CHOICES, "{}")))
        self.own = theme.label()
        self.more = tool_button("mdi6.database-outline", "", HELP)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.diagram = RankDiagram()
        self.said = Sentences()
        self.ranks = TextTableView("Ranks of the networks on each dataset")
        self._lay_out()

    # what the panel calls ---------------------------------------------------------------------------------------

    def suits(self, overview: Overview) -> bool:
        return len(overview.summary.networks) > 1 and bool(_others(self.context.workspace, overview.summary))

    def table(self) -> TextTable | None:
        return None if self.ranked is None else ranking_table(self.ranked)

    def picture(self) -> QWidget:
        return self.diagram

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)
        self.diagram.updateGeometry()  # its type is larger, or smaller

    def save_state(self) -> None:
        self.context.settings.setValue(CHOICES, json.dumps(self._chosen))

    def refresh(self) -> None:
        if self.overview is None or not self.overview.summary.networks:
            return
        others = _others(self.context.workspace, self.overview.summary)
        if others != self._offered:
            self._offer(others)
        self.own.setText(f"{self.overview.study} and")
        self._tick()
        self._read()

    # choosing ---------------------------------------------------------------------------------------------------

    def _offer(self, others: Mapping[str, str]) -> None:
        for box in self.boxes.values():
            self._flow.removeWidget(box)
            box.deleteLater()
        self._offered, menu = dict(others), QMenu(self.more)
        self.boxes = {study: self._box(study, dataset) for study, dataset in others.items()}
        for box in self.boxes.values():
            if len(others) > MANY:
                action = QWidgetAction(menu)  # a box in a menu leaves it open when it is ticked
                action.setDefaultWidget(box)
                menu.addAction(action)
            else:
                self._flow.addWidget(box)
        before = self.more.menu()
        self.more.setMenu(menu)
        if before is not None:
            before.deleteLater()
        self.more.setVisible(len(others) > MANY)

    def _box(self, study: str, dataset: str) -> QCheckBox:
        box = QCheckBox(study)
        box.setToolTip(f"Ranks its networks on {dataset}, too. {HELP}")
        box.setMinimumHeight(self.more.sizeHint().height())
        box.clicked.connect(self._clicked)
        return box

    def _clicked(self, on: bool) -> None:
        study = next(name for name, box in self.boxes.items() if box is self.sender())
        self._chosen[study] = on
        if on:
            twins = [name for name, dataset in self._offered.items() if dataset == self._offered[study]]
            self._chosen |= {name: False for name in twins if name != study}
        self._tick()
        self._read()

    def _tick(self) -> None:
        """On each dataset the study that was ticked by hand; where none was touched, the latest."""
        of_dataset: dict[str, list[str]] = {}
        for study, dataset in self._offered.items():
            of_dataset.setdefault(dataset, []).append(study)
        for studies in of_dataset.values():
            untouched = not any(study in self._chosen for study in studies)
            ticked = [study for study in studies if self._chosen.get(study, untouched)][:1]
            for study in studies:
                self.boxes[study].setChecked(study in ticked)
        chosen = sum(box.isChecked() for box in self.boxes.values())
        self.more.setText(f"{chosen} of {counted(len(self.boxes), 'other study', 'other studies')}")

    # reading and showing ----------------------------------------------------------------------------------------

    def _read(self) -> None:
        assert self.overview is not None
        workspace, metric, own = self.context.workspace, self.metric_name, self.overview
        studies = [study for study, box in self.boxes.items() if box.isChecked()]
        if not studies:
            self.show_nothing(CHOOSE)
            return

        def read(control: Control, report: Callable[[Any], None]) -> _Read:
            summaries = {own.study: own.summary}
            for study in studies:
                summaries[study] = summarise(list_runs(workspace, study), control, report)
            problems = [problem for study in studies for problem in summaries[study].problems]
            return _Read(rank_studies(summaries, metric), tuple(problems))

        written = tuple((run.name, run.predicted_ns) for study in studies for run in list_runs(workspace, study))
        self.read((own.study, own.summary.runs, written, metric), read)

    def arrived(self, result: _Read) -> None:
        assert self.overview is not None
        self.ranked = ranked = result.ranked
        ranking, about = ranked.ranking, METRICS[ranked.metric].title.lower()
        networks = [
            RankedNetwork(
                name=name,
                rank=ranking.mean_ranks[place],
                look=self.looks[ranked.rows[name][0].label],  # in the study in view, which is the first
                modality=_modality(ranked, name),
                tip=_tip(ranked, place),
            )
            for place, name in enumerate(ranking.networks)
        ]
        over = f"Mean rank by {about} over {counted(len(ranking.datasets), 'dataset')}: 1 is best"
        joined = "bars join networks that are not told apart" if ranking.differ else "none is told apart from another"
        self.diagram.ruler_tip = RULER.format(alpha=ranking.alpha)
        self.diagram.show_ranks(
            networks,
            ranking.groups,
            ranking.critical_difference if ranking.differ else None,
            above=f"critical difference {ranking.critical_difference:.2f}"
            if ranking.differ
            else f"no critical difference is shown: Friedman’s test tells nobody apart ({p_words(ranking.p)})",
            title=f"{over} · {joined}",
        )
        self.said.say(map(html.escape, (*ranking.sentences, *ranked.notes, *result.problems)))
        self.ranks.show_table(ranking_table(ranked))
        self._below.show()

    def clear(self) -> None:
        self.ranked = None
        self.diagram.show_ranks((), (), None, above="", title="")
        self.said.say(())
        self.ranks.show_table(TextTable((), ()))
        self._below.hide()

    def say(self, sentence: str) -> None:
        self.diagram.empty = sentence
        self.diagram.update()

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._bar = QWidget()
        self._flow = FlowLayout(self._bar, theme.GRID)
        self.own.setMinimumHeight(self.more.sizeHint().height())
        self._flow.addWidget(self.own)
        self._flow.addWidget(self.more)
        self._below = below = QSplitter(Qt.Orientation.Horizontal)
        below.addWidget(self.said)
        below.addWidget(self.ranks)
        below.setSizes([464, 696])
        drawn = QScrollArea()
        drawn.setWidget(self.diagram)
        drawn.setWidgetResizable(True)
        rows = QSplitter(Qt.Orientation.Vertical)
        rows.addWidget(drawn)
        rows.addWidget(below)
        rows.setSizes([224, 168])
        self.splitters = {"ranks rows": rows, "ranks columns": below}
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(rows, 1)


def _others(workspace: Workspace, summary: Summary) -> dict[str, str]:
    """By name of each study on another dataset than a summary is of, the latest first: its dataset."""
    datasets = tested_on(workspace)
    own = dataset_title(summary.networks[0].spec.dataset)
    return {study: dataset for study, dataset in datasets.items() if dataset != own}


def _modality(ranked: Ranked, name: str) -> Modality | None:
    of_studies = {row.modality for row in ranked.rows[name]}
    return of_studies.pop() if len(of_studies) == 1 else None


def _tip(ranked: Ranked, place: int) -> str:
    """The mean rank of a network, and on each dataset its rank and score."""
    ranking, about = ranked.ranking, METRICS[ranked.metric]
    name = ranking.networks[place]
    lines = [f"{name}: mean rank {ranking.mean_ranks[place]:.2f}"]
    for dataset, rank, row in zip(ranking.datasets, ranking.ranks[:, place], ranked.rows[name], strict=True):
        mean = row.means[ranked.metric]
        lines.append(f"{dataset}: rank {rank:g}, {mean.text(about.scale, about.decimals)} {about.unit}, {mean.basis}")
    return "\n".join(lines)
