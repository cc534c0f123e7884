"""Studies of several datasets as one ranking: what is matched, what is left out, what is refused."""

from __future__ import annotations

import csv
import io

import pytest

from core.errors import UserError
from core.evaluation.across_studies import rank_studies, ranking_figures, ranking_table
from core.evaluation.summary import Summary, summarise
from core.run_spec import DatasetChoice, Network
from core.workspace import Workspace
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips

SIGHT = tuple(n.model_copy(update={"modality": "video", "temporal": "gru"}) for n in NETWORKS)


def made(workspace: Workspace, dataset: str, networks: tuple[Network, ...] = NETWORKS, classes: int = 4) -> Summary:
    clips, study = synthetic_clips(classes, per_class=12), f"{dataset} {len(networks)} {classes} {networks[0].modality}"
    return summarise(
        make_study(workspace, clips, study=study, dataset=DatasetChoice(name=dataset), networks=networks, folds=(1, 2))
    )


def test_networks_of_the_same_name_are_ranked_by_their_means(workspace: Workspace) -> None:
    studies = {"a": made(workspace, "esc10"), "b": made(workspace, "demo-sounds", classes=7)}
    ranked = rank_studies(studies, "macro_f1")
    ranking = ranked.ranking
    assert ranking.datasets == ("ESC-10", "Demo sounds") or len(set(ranking.datasets)) == 2
    for place, (_, summary) in enumerate(studies.items()):
        means = {row.label: row.means["macro_f1"].value for row in summary.networks}
        assert ranking.scores[place].tolist() == [means[name] for name in ranking.networks]
    assert "2 datasets are too few for 3 networks" in ranked.notes[-1]
    table = ranking_table(ranked)
    assert [row[0] for row in table.rows] == list(ranking.networks)
    assert {row[1] for row in table.rows} == {"a"}  # nobody is told apart
    lines = list(csv.DictReader(io.StringIO(ranking_figures(ranked).csv())))
    assert len(lines) == 6 and float(lines[0]["score"]) == ranking.scores[0, 0]
    losses = rank_studies(studies, "log_loss").ranking
    assert (losses.scores[losses.ranks == 1] <= losses.scores.min(axis=1)).all()


def test_where_names_differ_architectures_are_ranked_and_it_is_said(workspace: Workspace) -> None:
    twice = (*NETWORKS, NETWORKS[1].model_copy(update={"weights": "none"}))
    ranked = rank_studies({"a": made(workspace, "esc10", twice), "b": made(workspace, "demo-videos", SIGHT)})
    assert set(ranked.ranking.networks) == {"Baseline CNN", "ResNet-50"}
    assert any("architectures are ranked" in note for note in ranked.notes)
    assert any("Left out" in note and "AlexNet" in note for note in ranked.notes)


def test_a_dataset_that_holds_another_is_warned_of(workspace: Workspace) -> None:
    ranked = rank_studies({"a": made(workspace, "esc10"), "b": made(workspace, "esc50", classes=7)})
    assert any("part of another" in note for note in ranked.notes)


def test_what_cannot_be_ranked_is_refused(workspace: Workspace) -> None:
    esc10 = made(workspace, "esc10")
    for studies, message in (
        ({"a": esc10}, "two studies or more"),
        ({"a": esc10, "b": Summary()}, "“b” has no finished run"),
        ({"a": esc10, "b": made(workspace, "esc10", classes=5)}, "“a” and “b” are both of ESC-10"),
        ({"a": esc10, "b": made(workspace, "demo-sounds", NETWORKS[:1])}, "fewer than two networks in common"),
    ):
        with pytest.raises(UserError, match=message):
            rank_studies(studies)
