"""Pairs of networks: what is said of them, what cannot be said, and the tables."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from core.chosen import open_chosen
from core.control import Control
from core.errors import Cancelled, UserError
from core.evaluation.comparison import Comparison, design_warnings, with_clips
from core.evaluation.comparison_tables import clip_table, pair_figures, pair_table
from core.evaluation.design import NO_GROUPS, NOT_CORRECTED, few_folds, one_seed, smallest_signed_rank_p
from core.evaluation.findings import find
from core.evaluation.metrics import METRICS
from core.evaluation.statistics import ONE_FOLD, difference, holm
from core.evaluation.summary import Summary, summarise
from core.events import Event, Progress
from core.run_spec import DatasetChoice
from core.workspace import Workspace
from tests.core.tones import write_tones
from tests.gui.make_runs import ClipList, make_study, synthetic_clips

CLIPS = synthetic_clips(6, per_class=20)


def made(workspace: Workspace, folds: tuple[int, ...] = (1, 2, 3, 4), seeds: tuple[int, ...] = (0,)) -> Summary:
    return summarise(make_study(workspace, CLIPS, folds=folds, seeds=seeds))


def of(pair: Comparison, gaps: list[float], p: float | None = None) -> Comparison:
    """The same pair with other differences between its folds, of 4 to 1 training to test clips."""
    scores = {(fold, 0): gap for fold, gap in enumerate(gaps, 1)}
    found = difference(scores, dict.fromkeys(scores, 0.0), 80, 20)
    return replace(pair, difference=found, adjusted_p=p, pairs=1 if p is None else 3)


def test_effect_and_interval_stand_before_p_and_probability(workspace: Workspace) -> None:
    pair = made(workspace).compare("accuracy")[0]
    better, worse = pair.a.label, pair.b.label
    sure = of(pair, [0.05, 0.06, 0.05, 0.07, 0.06], p=0.004)
    assert sure.sentence.startswith(
        f"Accuracy: {better} beats {worse} by 5.8 percentage points over 5 folds (95 % 4.2 "
    )
    assert "after Holm over 3 pairs p = 0.004; probability that the lead exceeds 1 point: 1.00." in sure.sentence
    unsure = of(pair, [0.05, -0.04, 0.03, 0.02])
    assert f"{better} is 1.5 percentage points ahead of {worse} over 4 folds (95 % −" in unsure.sentence
    assert "), which may be chance; p = " in unsure.sentence and "Holm" not in unsure.sentence
    turned = of(pair, [-0.05, 0.04, -0.03, -0.02])
    ends = unsure.sentence.partition("(95 %")[2]
    assert turned.sentence.startswith(f"Accuracy: {worse} is 1.5 percentage points ahead of {better}")
    assert turned.sentence.endswith(ends)
    alike = of(pair, [0.002, -0.001, 0.001, 0.0, 0.001])
    assert ", that the two are within it: 1.00." in alike.sentence
    assert of(pair, [0.3]).sentence == f"Accuracy: {better} is 30.0 percentage points ahead of {worse} over 1 fold."


def test_holm_decides_who_beats_whom(workspace: Workspace) -> None:
    pair = of(made(workspace).compare("accuracy")[0], [0.05, 0.06, 0.05, 0.07, 0.06])
    assert "beats" in pair.sentence
    assert "beats" not in replace(pair, adjusted_p=0.2).sentence


def test_of_no_spread_there_is_neither_interval_nor_probability(workspace: Workspace) -> None:
    pair = made(workspace).compare("accuracy")[0]
    for gap, said in ((0.25, "25.0 percentage points ahead of"), (0.0, "score the same in the mean")):
        found = of(pair, [gap] * 3)
        assert (found.interval, found.beliefs) == (None, None)
        assert said in found.sentence and "in each of them: there is no spread" in found.sentence
        assert pair_table([found]).rows[0][2] == f"{100 * gap:+.1f}"


def test_where_lower_is_better_the_lower_leads(workspace: Workspace) -> None:
    pair = made(workspace).compare("log_loss")[0]
    found = of(pair, [-0.3, -0.2, -0.25, -0.3])
    assert found.sentence.startswith(f"Log loss: {pair.a.label} beats {pair.b.label} by 0.263 nats")
    assert "exceeds 0.01 nats" in found.sentence


def test_the_region_of_equivalence_is_a_parameter(workspace: Workspace) -> None:
    summary = made(workspace)
    narrow, wide = summary.compare("accuracy")[0], summary.compare("accuracy", rope=0.05)[0]
    assert narrow.beliefs is not None and wide.beliefs is not None
    assert narrow.beliefs.within < wide.beliefs.within
    assert "exceeds 5 points" in wide.sentence


def test_smallest_p_of_signed_ranks_is_scipys() -> None:
    for folds in range(2, 9):
        gaps = np.arange(1.0, folds + 1)
        assert smallest_signed_rank_p(folds) == stats.wilcoxon(gaps, method="exact").pvalue
        assert bool(few_folds(folds)) == (folds < 6)
    assert few_folds(1) == ""  # ONE_FOLD says it
    said = few_folds(5)
    assert "5 folds are few" in said and "smallest p is 0.0625)" in said and "1.4 times as wide" in said


def test_what_a_design_cannot_answer_is_said_once(workspace: Workspace) -> None:
    summary = made(workspace)
    warnings = design_warnings(summary.networks, summary.compare("accuracy"))
    assert warnings == (few_folds(4), one_seed(["anybody"], everyone=True))
    (row, *rest) = summary.networks
    more = replace(row, runs=(*row.runs, replace(row.runs[0], spec=row.runs[0].spec.model_copy(update={"seed": 1}))))
    of_some = design_warnings([more, *rest], ())[0]
    assert all(other.label in of_some for other in rest) and row.label not in of_some.replace(rest[0].label, "")
    unknown = [replace(pair, difference=replace(pair.difference, corrected=False)) for pair in summary.differences]
    assert design_warnings(summary.networks, unknown).count(NOT_CORRECTED) == 1
    alone = summarise(make_study(workspace, CLIPS, folds=(1,), study="alone"))
    assert find(alone, alone.differences, "accuracy").first == ONE_FOLD


def test_seeds_are_told_apart_from_folds(workspace: Workspace) -> None:
    assert made(workspace, folds=(1, 2)).seed_sentences("accuracy") == ()
    summary = made(workspace, folds=(1, 2), seeds=(0, 1))
    said = summary.seed_sentences("accuracy")
    assert len(said) == len(summary.networks) + 1 and "are no new splits" in said[-1]
    assert all(sentence.startswith(row.label) for sentence, row in zip(said, summary.networks, strict=False))
    assert design_warnings(summary.networks, ()) == ()
    assert summary.differences[0].difference.folds == (1, 2)


def test_clips_are_compared_over_the_groups_of_the_dataset(workspace: Workspace, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones")
    choice = DatasetChoice(name="labelled-folder", root=str(root))
    dataset = open_chosen(choice, workspace)
    clips = ClipList(
        dataset.classes,
        tuple(clip.id for clip in dataset.clips),
        tuple(clip.label for clip in dataset.clips),
        tuple(clip.fold or 1 for clip in dataset.clips),
    )
    summary = summarise(make_study(workspace, clips, dataset=choice, folds=dataset.folds, study="tones"))
    events: list[Event] = []
    found = with_clips(summary.differences, workspace, report=events.append)
    assert len(found) == 3 and {e.what for e in events if isinstance(e, Progress)} == {
        "Reading predictions",
        "Comparing clip by clip",
    }
    for pair in found:
        assert pair.clips is not None and pair.clips.grouped and pair.clips.clips == len(dataset.clips)
        assert pair.clips.gain.clusters == len({clip.group for clip in dataset.clips})
        assert pair.clip_sentence in find(summary, found, "accuracy").clips
    ps = [pair.clips.p for pair in found if pair.clips]
    assert [pair.clips.adjusted_p for pair in found if pair.clips] == holm(ps)


def test_without_the_dataset_single_clips_are_drawn_and_it_is_said(workspace: Workspace) -> None:
    summary = made(workspace, seeds=(0, 1))  # of all folds, each clip is tested
    found = with_clips(summary.differences, workspace)
    assert NO_GROUPS in design_warnings(summary.networks, found)
    first = found[0].clips
    assert first is not None and (first.clips, first.seeds, first.grouped) == (len(CLIPS.ids), 2, False)
    assert first.gain.mean == pytest.approx(found[0].difference.mean)  # folds are of one size
    assert not workspace.dataset_root("demo-sounds").exists()  # nothing was made for it


def test_reading_clips_can_be_stopped_and_names_what_is_torn(workspace: Workspace) -> None:
    summary, control = made(workspace), Control()
    control.cancel()
    with pytest.raises(Cancelled):
        with_clips(summary.differences, workspace, control)
    summary.runs[0].folder.predictions_file.write_bytes(b"torn")
    with pytest.raises(UserError, match="not a predictions file"):
        with_clips(summary.differences, workspace)


def test_tables_for_people_and_programmes(workspace: Workspace) -> None:
    summary = made(workspace)
    found = with_clips(summary.differences, workspace)
    table, clips = pair_table(found), clip_table(found)
    assert len(table.rows) == len(clips.rows) == 3
    assert {len(row) for row in table.rows} == {len(table.headings)}
    assert {len(row) for row in clips.rows} == {len(clips.headings)}
    low, high = found[0].interval or (0, 0)
    assert f"[{100 * low:.1f}, {100 * high:.1f}]".replace("-", "−") in table.rows[0][2]
    assert clip_table(summary.differences).rows == () and pair_table(()).rows == ()
    lines = list(csv.DictReader(io.StringIO(pair_figures(found).csv())))
    for line, pair in zip(lines, found, strict=True):
        assert float(line["difference"]) == pair.difference.mean and float(line["p"]) == pair.difference.p
        assert pair.clips is not None and int(line["only_network"]) == pair.clips.won
        assert line["groups"] == "" and float(line["rope"]) == 0.01
        total = sum(float(line[f"probability_{part}"]) for part in ("above", "within", "below"))
        assert total == pytest.approx(1)
    assert "mcnemar_p" not in pair_figures(summary.differences).headings
    for metric in METRICS:
        assert r"\begin{tabular}" in pair_table(summary.compare(metric)).latex()
