"""What a sweep found, as tables and sentences: what every network scores, and loses, as clips get worse."""

from __future__ import annotations

from core.evaluation.statistics import ONE_FOLD
from core.evaluation.tables import TextTable
from core.robustness import Level
from core.robustness.branches import against_branches
from core.robustness.curve import Sweep, not_asked


def findings(sweep: Sweep) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A verdict with its sentences for each audio-visual network against its branches; without any, what each network
    loses, with no verdict."""
    compared = tuple((found.verdict, found.sentences()) for found in against_branches(sweep))
    return compared or tuple(("", (sentence,)) for sentence in losses(sweep))


def on_one_fold(sweep: Sweep) -> str:
    """What goes before the findings where a network was tested on one fold only; else nothing."""
    means = [sweep.mean(label, None) for label in sweep.networks]
    return ONE_FOLD if any(mean is not None and mean.n_folds == 1 for mean in means) else ""


def reservations(sweep: Sweep) -> tuple[str, ...]:
    """What goes before the findings: that a network was tested on one fold only, that others cannot be tested."""
    return tuple(filter(None, (on_one_fold(sweep), not_asked(sweep.left_out))))


def losses(sweep: Sweep) -> tuple[str, ...]:
    """What every network that is given what gets worse loses, from clean clips to the worst level it was asked at."""
    found = []
    for label in sweep.affected:
        changes = [(level, sweep.change(label, level)) for level in sweep.levels if level is not None]
        asked = [(level, change) for level, change in changes if change is not None]
        if asked:
            level, change = asked[-1]
            found.append(change.sentence(f"{label} at {sweep.row.word(level)}", "itself on clean clips"))
    return tuple(found)


def level_table(sweep: Sweep) -> TextTable:
    """For people: a row a network, a column a level, accuracy in % with its interval, if it has one; a dash where it
    was not tested."""

    def cell(label: str, level: Level) -> str:
        mean = sweep.mean(label, level)
        return "–" if mean is None else mean.figures()

    return TextTable(
        ("Network", "Given", *(sweep.row.word(level) for level in sweep.levels), "Folds × seeds"),
        tuple(
            (
                label,
                network.modality.word,
                *(cell(label, level) for level in sweep.levels),
                _basis(sweep, label),
            )
            for label, network in sweep.networks.items()
        ),
        text_columns=2,
    )


def level_figures(sweep: Sweep) -> TextTable:
    """For other programmes: a row a network and level, one unrounded number a cell."""
    rows = []
    for label, network in sweep.networks.items():
        for level in sweep.levels:
            mean = sweep.mean(label, level)
            if mean is not None:
                figures = (mean.value, mean.low, mean.high, mean.sd, mean.n_folds, mean.n_seeds)
                named = (sweep.study, sweep.dataset, label, network.architecture, network.modality.value)
                at = (sweep.corruption, "clean" if level is None else f"{level:g}", sweep.row.unit)
                rows.append((*named, *at, *("" if value is None else str(value) for value in figures)))
    names = ("study", "dataset", "network", "architecture", "modality", "corruption", "level", "unit")
    scores = ("accuracy_mean", "accuracy_low", "accuracy_high", "accuracy_sd", "folds", "seeds")
    return TextTable(names + scores, tuple(rows), text_columns=len(names))


def _basis(sweep: Sweep, label: str) -> str:
    mean = sweep.mean(label, None)
    return "–" if mean is None else mean.grid
