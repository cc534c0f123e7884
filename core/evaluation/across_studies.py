"""The networks of several studies, each of another dataset, as one ranking."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from core.architectures import ARCHITECTURES
from core.datasets import DATASETS
from core.errors import UserError
from core.evaluation.metrics import METRICS
from core.evaluation.rows import NetworkRow
from core.evaluation.several_datasets import Ranking, rank_networks
from core.evaluation.summary import Summary
from core.evaluation.tables import TextTable, dataset_title
from core.run_records import Phase
from core.runs import list_runs, list_studies
from core.workspace import Workspace


@dataclass(frozen=True)
class Ranked:
    """A ranking, the metric it is by, and how it came about as sentences: what was matched, what was left out.

    `rows` has, by the name that a network is ranked under, what it is in each study, in the order of the datasets.
    """

    ranking: Ranking
    metric: str
    notes: tuple[str, ...]
    rows: Mapping[str, tuple[NetworkRow, ...]]


def tested_on(workspace: Workspace) -> dict[str, str]:
    """By name of each study with a finished run, the latest first: what it was tested on, in words.

    A study none of whose finished runs can be read is passed over.
    """
    found: dict[str, str] = {}
    for study in list_studies(workspace, finished=True):
        for folder in list_runs(workspace, study):
            if folder.status.phase is Phase.DONE:
                with suppress(UserError):
                    found[study] = dataset_title(folder.spec.dataset)
                    break
    return found


def rank_studies(summaries: Mapping[str, Summary], metric: str = "accuracy") -> Ranked:
    """Rank the networks that every study has, by their means over folds and seeds.

    Networks are the same where they have the same name. Where fewer than two names occur in all studies, as in
    studies of sound and of sight, architectures are ranked, those of which each study has exactly one network.

    Args:
        summaries: by name of the study.
        metric: row of METRICS.

    Raises:
        UserError: one study, one without results, two of the same dataset, or fewer than two networks in common.
    """
    if len(summaries) < 2:
        raise UserError("Ranks over datasets need two studies or more, each of another dataset. Name another study.")
    titles = _titles(summaries)
    for by_name in (True, False):
        scores = {study: _means(summary, metric, by_name) for study, summary in summaries.items()}
        common = [name for name in next(iter(scores.values())) if all(name in means for means in scores.values())]
        if len(common) > 1:
            break
    else:
        raise UserError(
            f"{_listed(summaries)} have fewer than two networks in common, by name or by architecture. Ranks need "
            "networks that were trained on every dataset."
        )
    notes = [] if by_name else ["The studies' networks have other names: their architectures are ranked."]
    left = sorted({_name(row, by_name) for summary in summaries.values() for row in summary.networks} - {*common})
    if left:
        notes.append(f"Left out, as not every study has exactly one with a score: {', '.join(left)}.")
    names = {summary.networks[0].dataset for summary in summaries.values()}
    kept_in = [DATASETS[name].folder for name in names if DATASETS[name].folder]
    if len(set(kept_in)) < len(kept_in):  # as ESC-10 and ESC-50 are
        notes.append("One dataset is a part of another: they are not independent, and p is too small.")
    table = {titles[study]: [means[name] for name in common] for study, means in scores.items()}
    ranking = rank_networks(table, common, METRICS[metric].higher_is_better)
    rows = {
        name: tuple(row for of in summaries.values() for row in of.networks if _name(row, by_name) == name)
        for name in ranking.networks
    }
    return Ranked(ranking, metric, (*notes, *ranking.warnings), rows)


def ranking_table(ranked: Ranked) -> TextTable:
    """For people: a row a network, the best mean rank first; on each dataset its score and in brackets its rank.
    Networks that share a letter are not told apart by Nemenyi's test."""
    ranking, about = ranked.ranking, METRICS[ranked.metric]
    letters = ["".join(chr(ord("a") + g) for g, of in enumerate(ranking.groups) if k in of) for k in _places(ranking)]
    return TextTable(
        (
            "Network",
            "Not told apart",
            "Mean rank",
            *(f"{name}: {about.title} ({about.unit})" for name in ranking.datasets),
        ),
        tuple(
            (
                ranking.networks[k],
                letters[k],
                f"{ranking.mean_ranks[k]:.2f}",
                *(
                    f"{about.text(score)} ({rank:g})"
                    for score, rank in zip(ranking.scores[:, k], ranking.ranks[:, k], strict=True)
                ),
            )
            for k in _places(ranking)
        ),
        text_columns=2,
    )


def ranking_figures(ranked: Ranked) -> TextTable:
    """For other programmes: a row a network and dataset, unrounded, with the tests of all of them."""
    ranking = ranked.ranking
    tests = (ranking.chi2, ranking.f, ranking.p, ranking.critical_difference, ranking.alpha)
    return TextTable(
        ("network", "dataset", "metric", "score", "rank", "mean_rank", "friedman_chi2", "iman_davenport_f",
         "friedman_p", "critical_difference", "alpha"),
        tuple(
            (ranking.networks[k], dataset, ranked.metric, *map(str, (
                float(ranking.scores[d, k]), float(ranking.ranks[d, k]), ranking.mean_ranks[k], *tests,
            )))
            for k in _places(ranking)
            for d, dataset in enumerate(ranking.datasets)
        ),
        text_columns=3,
    )  # fmt: skip


def _titles(summaries: Mapping[str, Summary]) -> dict[str, str]:
    """The dataset of each study. Raises UserError where there are no results, or twice the same."""
    titles: dict[str, str] = {}
    for study, summary in summaries.items():
        if not summary.networks:
            raise UserError(f"“{study}” has no finished run to be ranked. Train it, or leave it out.")
        title = dataset_title(summary.networks[0].spec.dataset)
        twin = next((other for other, name in titles.items() if name == title), "")
        if twin:
            raise UserError(
                f"“{twin}” and “{study}” are both of {title}. Friedman's test takes datasets as independent: name one "
                "study of each."
            )
        titles[study] = title
    return titles


def _means(summary: Summary, metric: str, by_name: bool) -> dict[str, float]:
    """Of the networks that have a score, and a name that no other has."""
    names = Counter(_name(row, by_name) for row in summary.networks)
    means = {_name(row, by_name): row.means[metric].value for row in summary.networks}
    return {name: mean for name, mean in means.items() if names[name] == 1 and math.isfinite(mean)}


def _name(row: NetworkRow, by_name: bool) -> str:
    return row.label if by_name else ARCHITECTURES[row.architecture].title


def _listed(names: Iterable[str]) -> str:
    return " and ".join(f"“{name}”" for name in names)


def _places(ranking: Ranking) -> range:
    return range(len(ranking.networks))
