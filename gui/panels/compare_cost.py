"""Compare, Cost: what every network scores against what it takes, and which are beaten in neither."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.analysis.costs import COSTS, Cost, cost_table, front, latencies
from core.engine import State
from core.errors import UserError
from core.evaluation.metrics import METRICS
from core.evaluation.overview import Overview
from core.evaluation.summary import NetworkRow
from core.evaluation.tables import TextTable
from core.events import Event, Finished, Progress, Started
from core.robustness.latency import CLIPS, LEAST, measure_all
from gui import theme
from gui.context import Context
from gui.jobs import Job
from gui.panels.compare_parts import ComparePage
from gui.widgets.controls import options_combo
from gui.widgets.cost_plot import CostAxis, CostPlot, CostPoint
from gui.widgets.findings import forest_lines
from gui.widgets.marks import MARKS
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text_table import TextTableView

MEASURE = "Measure latency"
MEASURE_HELP = (
    f"Times one run of each network on one clip, {LEAST} to {CLIPS} times over, on this machine. Nothing is trained, "
    "and no score changes. Leave the machine alone meanwhile: whatever else it does is measured, too."
)
TRAINING = "Something is being trained: it would be measured, too. Measure when it is done."
WAITING = "Measuring waits while something is trained."
UNMEASURED = f"No latency has been measured yet: press “{MEASURE}”."
DISTURBED = "Something else was running, measure again:"
UNKNOWN = "It was not recorded when these networks were trained."
FRONT = "grey steps: beaten by none in both, by their means"


class CostPage(ComparePage):
    title = "Cost"
    help = "Scores against parameters, multiply-adds, training time and latency, with published figures."

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.measuring: Job | None = None
        self.cost = options_combo("Against", ((cost.title, name, cost.help) for name, cost in COSTS.items()), 144)
        self.cost.setCurrentIndex(max(0, self.cost.findData(context.settings.value("compare/cost"))))
        self.measure = QPushButton(MEASURE)
        self.note = theme.label(muted=True, wrap=True)
        self.progress = ProgressLine()
        self.plot = CostPlot()
        self.figures = TextTableView("Costs of the networks")
        self._lay_out()
        self.cost.activated.connect(self.refresh)
        self.measure.clicked.connect(self.begin)
        self.progress.cancelled.connect(self.cancel)
        context.bridge.happened.connect(self._happened)

    def suits(self, overview: Overview) -> bool:
        return bool(overview.summary.networks)

    def refresh(self) -> None:
        if self.overview is None:
            return
        overview, about, cost = self.overview, METRICS[self.metric_name], COSTS[self.cost.currentData()]
        points = [point for network in overview.summary.networks if (point := self._point(network, cost)) is not None]
        datasets = sorted({network.dataset for network in overview.summary.networks})
        lines = [line for name in datasets for line in forest_lines(name, self.metric_name)]
        unbeaten = front({p.name: (p.cost.value, p.score) for p in points}, about.higher_is_better)
        title = [f"{about.title} in {about.unit}" + ("" if about.higher_is_better else ": lower is better")]
        title += ["dashed: published"] if lines else []
        title += [FRONT] if len(unbeaten) > 1 else []
        modalities = overview.summary.modalities
        title += ["  ".join(f"{MARKS[m]} {m.word}" for m in modalities)] if len(modalities) > 1 else []
        axis = cost.title + (f", thin: {cost.spread}" if cost.spread else "")
        self.plot.show_points(points, unbeaten, lines, CostAxis(axis, cost.text, cost.seconds), " · ".join(title))
        self.figures.show_table(cost_table(overview, self.metric_name))
        self._say()

    def table(self) -> TextTable | None:
        return None if self.overview is None else cost_table(self.overview, self.metric_name)

    def picture(self) -> QWidget:
        return self.plot

    def present(self, on: bool) -> None:
        self._bar.setHidden(on)

    def save_state(self) -> None:
        self.context.settings.setValue("compare/cost", self.cost.currentData())

    def _point(self, network: NetworkRow, cost: Cost) -> CostPoint | None:
        """None where its cost is not known, or its score not defined."""
        assert self.overview is not None
        mean, about, spent = network.means[self.metric_name], METRICS[self.metric_name], cost.of(network, self.overview)
        if spent is None or not mean.n_folds:
            return None
        text = f"{mean.text(about.scale, about.decimals)} {about.unit}, {mean.basis}"
        known = ((row, row.of(network, self.overview)) for row in COSTS.values())
        tip = [
            f"{row.title}: {row.text(found.value)}{_spread(row, found)}" for row, found in known if found is not None
        ]
        return CostPoint(
            name=network.label,
            colour=self.looks[network.label].colour,
            modality=network.modality,
            cost=spent,
            score=about.scale * mean.value,
            low=None if mean.low is None else about.scale * mean.low,
            high=None if mean.high is None else about.scale * mean.high,
            tip="\n".join((f"{network.label}: {text}", *tip)),
        )

    # measuring --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Measure the latency of every network in the background."""
        if self.overview is None or not self._measurable()[0]:
            return
        networks = self.overview.summary.networks
        folders = {row.label: row.runs[0].folder for row in networks if not row.spec.never_again}
        self.progress.begin("Reading the networks …")
        asked = partial(measure_all, folders, self.context.workspace)
        self.measuring = self.context.jobs.run(asked, self._measured, self._failed, self.progress.report)
        self._say()

    def cancel(self) -> None:
        if self.measuring is not None:
            self.measuring.cancel()
            self._ended()

    def _measured(self, problems: tuple[str, ...]) -> None:
        for problem in problems:
            self.context.message.emit(problem, "warning")
        self._ended()

    def _failed(self, sentence: str) -> None:
        self.context.message.emit(sentence, "error")
        self._ended()

    def _ended(self) -> None:
        """However it ended: what was found is kept, and read."""
        self.measuring = None
        self.progress.end()
        self._say()
        self.context.runs_changed.emit()

    def _happened(self, event: Event) -> None:
        """A training has the processor to itself, and is not measured."""
        if self.measuring is not None and isinstance(event, Started):
            self.measuring.control.pause()
            self.progress.report(Progress(WAITING, 0, 0))
        elif self.measuring is not None and isinstance(event, Finished):
            self.measuring.control.resume()
        if isinstance(event, (Started, Finished)):
            self._say()

    def _measurable(self) -> tuple[bool, str]:
        """Whether the button does something now, and why not."""
        if self.measuring is not None:
            return False, ""
        try:
            self.context.workspace.require_writable()
        except UserError as error:
            return False, str(error)
        if self.context.engine.status.state is not State.IDLE:
            return False, TRAINING
        return True, ""

    def _say(self) -> None:
        """What the latencies stand on, or why there are none."""
        possible, why = self._measurable()
        self.measure.setEnabled(possible)
        self.measure.setToolTip(why or MEASURE_HELP)
        measured = latencies(self.overview) if self.overview is not None else {}
        about_latency = self.cost.currentData() == "latency"
        sentences = [why] if about_latency else []
        if measured and self.overview is not None:
            sentences.append(f"Latency: {next(iter(measured.values())).where}.")
            missing = [n.label for n in self.overview.summary.networks if n.label not in measured]
            sentences += [f"Not measured there: {', '.join(missing)}."] if missing else []
            disturbed = [label for label, found in measured.items() if found.disturbed]
            sentences += [f"{DISTURBED} {', '.join(disturbed)}."] if disturbed else []
        self.note.setText(" ".join(filter(None, sentences)))
        self.note.setToolTip(self.note.text())
        self.plot.empty = UNMEASURED if about_latency else UNKNOWN
        self.plot.update()

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(theme.GRID)
        bar.addWidget(theme.label("Against", muted=True))
        bar.addWidget(self.cost)
        bar.addSpacing(theme.GRID)
        bar.addWidget(self.measure)
        bar.addWidget(self.note, 1)
        columns = self.side_by_side("cost columns", self.plot, self.figures, (760, 400))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self._bar)
        column.addWidget(self.progress)
        column.addWidget(columns, 1)


def _spread(cost: Cost, found: tuple[float, float, float]) -> str:
    _, low, high = found
    return f" ({cost.spread} {cost.text(low)} – {cost.text(high)})" if low < high else ""
