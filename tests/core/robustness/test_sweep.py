"""Robustness from predictions on disk, against a slow reading of the same files."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from core.control import Control
from core.datasets.base import Modality
from core.errors import Cancelled, UserError
from core.evaluation.predictions import Predictions
from core.evaluation.statistics import ONE_FOLD, holm
from core.evaluation.summary import summarise
from core.robustness import CORRUPTIONS
from core.robustness.branches import against_branches
from core.robustness.sweep import read_sweep, sweep
from core.robustness.tables import findings, level_figures, level_table, losses, on_one_fold
from core.workspace import Workspace
from tests.core.robustness.made_answers import make_answers
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips

STUDY = "fabricated-test-data"


@pytest.fixture(scope="module", params=CORRUPTIONS)
def corruption(request):
    return request.param


@pytest.fixture
def made(workspace, corruption):
    """Two architectures on sound, sight and both, 4 folds × 2 seeds, asked at the usual levels."""
    folders = make_modalities(workspace, synthetic_clips(6, per_class=16), seeds=(0, 1))
    make_answers(folders, corruption)
    return folders


def read(workspace, corruption):
    found = read_sweep(workspace, STUDY, corruption, Control())
    assert found is not None
    return found


def slowly(folders, label, corruption, level):
    """{fold: mean over seeds of the accuracy}, clip by clip, from the files."""
    by_fold = {}
    for folder in folders:
        if folder.spec.network.label == label:
            file = folder.corrupted(corruption, level) if level is not None else folder.path / "predictions.npz"
            said = Predictions.load(file if file.exists() else folder.path / "predictions.npz")
            right = sum(int(np.argmax(p)) == int(t) for p, t in zip(said.probabilities, said.labels, strict=True))
            by_fold.setdefault(folder.spec.fold, []).append(right / len(said))
    return {fold: sum(values) / len(values) for fold, values in by_fold.items()}


def test_what_is_on_disk_is_read_without_asking(workspace, corruption, made):
    found, row = read(workspace, corruption), CORRUPTIONS[corruption]
    assert found.levels == (None, *row.levels)
    assert [n.modality for n in found.networks.values()] == 2 * list(Modality)
    assert [n.architecture for n in found.networks.values()] == 3 * ["baseline_cnn"] + 3 * ["resnet50"]
    assert found.chance == 1 / 6
    for label, network in found.networks.items():
        assert (label in found.affected) == (row.wing in network.modality.wings)
        for level in found.levels:
            assert found.mean(label, level).value == pytest.approx(
                np.mean(list(slowly(made, label, corruption, level).values()))
            )
        if label not in found.affected:
            assert len({found.mean(label, level).value for level in found.levels}) == 1


def test_a_fusion_is_compared_with_its_own_branches_as_a_slow_reading_says(workspace, corruption, made):
    found = read(workspace, corruption)
    comparisons = against_branches(found)
    assert [c.network for c in comparisons] == [n for n, s in found.networks.items() if s.modality == "audio-visual"]
    correction = 1 / 4 + 24 / 72  # 4 folds; test and training clips of each
    for comparison in comparisons:
        architecture = found.networks[comparison.network].architecture
        branches = found.networks[comparison.network].branches
        assert {found.networks[b].architecture for b in branches} == {architecture}
        assert [found.networks[b].modality for b in branches] == ["audio", "video"]
        both = []
        for at in comparison.levels:
            own = slowly(made, comparison.network, corruption, at.level)
            of = {branch: slowly(made, branch, corruption, at.level) for branch in branches}
            better = max(branches, key=lambda branch: sum(of[branch].values()))
            assert at.better == better
            p_values = {}
            for branch in branches:
                gaps = np.array([own[fold] - of[branch][fold] for fold in own])
                t = gaps.mean() / math.sqrt(correction * gaps.var(ddof=1))
                p_values[branch] = 2 * stats.t.sf(abs(t), 3) if gaps.mean() > 0 else 1.0
                if branch == better:
                    assert at.difference.mean == pytest.approx(gaps.mean())
                    half = stats.t.ppf(0.975, 3) * math.sqrt(correction * gaps.var(ddof=1))
                    assert (at.difference.low, at.difference.high) == pytest.approx(
                        (gaps.mean() - half, gaps.mean() + half)
                    )
                    assert at.below == (t < 0 and 2 * stats.t.sf(abs(t), 3) < 0.05)
            both.append(max(p_values.values()))
        assert [at.both_p for at in comparison.levels] == pytest.approx(both)
        assert [at.above for at in comparison.levels] == [p < 0.05 for p in holm(both)]
        assert len(comparison.sentences()) == len(found.levels)
        assert not found.networks[comparison.network].sound_shares


def test_how_much_the_sound_counts_at_each_level_is_a_mean_over_all_clips(workspace):
    folders = make_modalities(workspace, synthetic_clips(6, per_class=16), architectures=("resnet50",), seeds=(0, 1))
    make_answers(folders, "noise")
    both = [folder for folder in folders if folder.spec.modality == Modality.AUDIO_VISUAL]
    levels, told = (None, *CORRUPTIONS["noise"].levels), {}
    random = np.random.default_rng(0)
    for place, level in enumerate(levels):
        for folder in both:
            path = folder.path / "predictions.npz" if level is None else folder.corrupted("noise", level)
            said = Predictions.load(path)
            sound = random.random(len(said)) * 0.9**place
            replace(said, shares=np.stack([sound, 1 - sound], axis=1).astype(np.float16)).save(path)
            told.setdefault(level, []).extend(sound)
    found = read(workspace, "noise")
    (comparison,) = against_branches(found)
    shares = found.networks[comparison.network].sound_shares
    assert list(shares) == list(levels)
    assert list(shares.values()) == pytest.approx([np.mean(told[level]) for level in levels], abs=1e-3)
    assert (
        comparison.sentences()[-1]
        == findings(found)[-1][1][-1]
        == (
            f"Weight of the sound, mean over the clips: {100 * shares[None]:.0f} % clean, "
            + ", ".join(f"{100 * shares[level]:.0f} % at {level:g} dB SNR".replace("-", "−") for level in levels[1:])
            + "."
        )
    )


def test_the_verdict_names_the_levels(workspace, corruption):
    """A fusion far above both branches on clean clips, and below the one that is left alone at every level."""
    folders = make_modalities(workspace, synthetic_clips(6, per_class=16), architectures=("resnet50",))
    row = CORRUPTIONS[corruption]
    for folder in folders:
        spec, clean = folder.spec, folder.predictions()
        both = spec.modality == Modality.AUDIO_VISUAL
        answers = {folder.path / "predictions.npz": 0.9 if both else 0.5}
        if row.wing in spec.modality.wings:
            answers |= {folder.corrupted(corruption, level): 0.3 for level in row.levels}
        for path, share in answers.items():
            right = np.arange(len(clean)) < share * len(clean) + both * (spec.fold % 2)  # folds differ a little
            said = np.where(right, clean.labels, (clean.labels + 1) % len(clean.classes))
            probabilities = np.eye(len(clean.classes), dtype=np.float32)[said]
            Predictions(clean.classes, clean.clip_ids, clean.labels, probabilities, clean.features).save(path)
    found = read(workspace, corruption)
    (comparison,) = against_branches(found)
    assert [at.above for at in comparison.levels] == [True, False, False, False, False]
    assert [at.below for at in comparison.levels] == [False, True, True, True, True]
    assert comparison.verdict.endswith(
        f"is significantly above both of its branches on clean clips, and significantly below the better one "
        f"{row.listed(row.levels)}."
    )
    sentences = comparison.sentences()
    assert "Above both: p" in sentences[0] and not any("Above both" in sentence for sentence in sentences[1:])
    assert "tested at" in replace(comparison, levels=comparison.levels[1:]).verdict
    assert "never significantly below" in replace(comparison, levels=comparison.levels[:1]).verdict


def test_tables_say_what_the_curve_says(workspace, corruption, made):
    found = read(workspace, corruption)
    table = level_table(found)
    assert table.headings[2] == "clean" and found.row.unit in table.headings[3]
    assert {len(row) for row in table.rows} == {len(table.headings)}
    label = found.affected[0]
    (row,) = [row for row in table.rows if row[0] == label]
    assert row[-2] == found.mean(label, found.levels[-1]).text()
    assert row[-1] == "4 × 2"
    figures = level_figures(found)
    assert len(figures.rows) == len(found.networks) * len(found.levels)
    assert {len(row) for row in figures.rows} == {len(figures.headings)}
    lines = losses(found)
    assert len(lines) == len(found.affected)
    assert all("below itself on clean clips" in line for line in lines)


def test_a_network_that_was_asked_in_part_has_no_mean_and_the_rest_is_counted(workspace, corruption, made):
    found = read(workspace, corruption)
    label, level = found.affected[0], found.levels[-1]
    folder = next(f for f in made if f.spec.network.label == label)
    folder.corrupted(corruption, level).write_bytes(b"torn")
    found = read(workspace, corruption)
    assert found.missing(level) == 1
    assert found.mean(label, level) is None and found.change(label, level) is None
    assert "–" in next(row for row in level_table(found).rows if row[0] == label)
    assert found.mean(label, found.levels[1]) is not None
    never = found.at([found.row.levels[0] * 1.5])
    assert never.missing(never.levels[1]) == 8 * len(found.affected)


def test_other_clips_are_not_compared(workspace, corruption, made):
    found = read(workspace, corruption)
    label = next(n for n, s in found.networks.items() if s.branches)
    branch = found.networks[label].branches[0]
    for folder in made:
        if folder.spec.network.label == branch and folder.spec.fold == 1:
            said = folder.predictions()
            other = np.array([f"other-{name}" for name in said.clip_ids])
            Predictions(said.classes, other, said.labels, said.probabilities, said.features).save(
                folder.path / "predictions.npz"
            )
    assert read(workspace, corruption).difference(label, branch, None).folds == (2, 3, 4)


def test_intervals_end_where_accuracy_does_as_in_compare(workspace, corruption):
    runs = make_study(workspace, synthetic_clips(6, per_class=16), networks=NETWORKS[:1], folds=(1, 2))
    for run, right in zip(runs, (0.97, 0.5), strict=True):
        clean = run.predictions()
        true = np.eye(6, dtype=np.float32)[clean.labels]
        wrong = np.arange(len(clean)) >= right * len(clean)
        replace(clean, probabilities=np.where(wrong[:, None], np.roll(true, 1, axis=1), true)).save(
            run.path / "predictions.npz"
        )
    found, (network,) = read(workspace, corruption), summarise(runs).networks
    mean = found.mean(network.label, None)
    assert (mean.low, mean.high) == (0.0, 1.0) and mean == network.means["accuracy"]


def test_one_fold_has_no_interval_and_says_so(workspace, corruption):
    folders = make_modalities(workspace, synthetic_clips(6, per_class=16), architectures=("resnet50",), folds=(1,))
    make_answers(folders, corruption)
    found = read(workspace, corruption)
    assert found.mean(found.affected[0], None).low is None
    (comparison,) = against_branches(found)
    assert on_one_fold(found) == ONE_FOLD  # said once, above
    assert "nothing can be tested" in comparison.verdict
    assert comparison.sentences()[0].endswith(" over 1 fold.")
    assert "fold" not in "".join(level_table(found).rows[0])
    several = make_modalities(workspace, synthetic_clips(6, per_class=16), architectures=("resnet50",), study="several")
    make_answers(several, corruption)
    assert on_one_fold(read_sweep(workspace, "several", corruption, Control())) == ""


def test_networks_of_one_wing_only(workspace, corruption):
    folders = make_study(workspace, synthetic_clips(6, per_class=16))  # on sound
    make_answers(folders, corruption)
    found = read(workspace, corruption)
    assert against_branches(found) == ()
    assert (found.affected == ()) == (CORRUPTIONS[corruption].wing == "video")


def test_levels_are_put_in_order_and_refused_out_of_bounds(corruption):
    row = CORRUPTIONS[corruption]
    assert row.in_order(reversed(row.levels)) == row.levels
    assert row.in_order((*row.levels, row.levels[0])) == row.levels
    low, high = row.bounds
    for level in (low - 1, high + 1, math.nan):
        with pytest.raises(UserError, match=rf"{row.title} goes from"):
            row.in_order([level])
    assert row.word(None) == "clean" and row.unit in row.word(row.levels[-1])
    assert row.listed((None,)) == "on clean clips"
    assert row.listed((None, *row.levels[:2])).startswith("on clean clips and at ")


def test_levels_are_found_again_by_the_names_of_their_files(workspace, corruption):
    (folder,) = make_study(workspace, synthetic_clips(6, per_class=16), networks=NETWORKS[:1], folds=(1,))
    low, high = CORRUPTIONS[corruption].bounds
    levels = CORRUPTIONS[corruption].in_order([low, high, 1 / 3, 1.0])
    for level in levels:
        folder.predictions().save(folder.corrupted(corruption, level))
    assert CORRUPTIONS[corruption].in_order(folder.corrupted_levels(corruption)) == levels
    others = [name for name in CORRUPTIONS if name != corruption]
    assert not any(folder.corrupted_levels(name) for name in others)


def test_nothing_finished_is_nothing_read_and_a_cancel_is_heeded(workspace, corruption, made):
    assert read_sweep(workspace, "nothing", corruption, Control()) is None
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        read_sweep(workspace, STUDY, corruption, control)
    with pytest.raises(UserError, match="in use by another"):
        sweep(STUDY, corruption, Workspace(workspace.root).open())


def test_levels_get_worse_in_the_order_of_the_table():
    for row in CORRUPTIONS.values():
        steps = [b - a for a, b in pairwise(row.levels)]
        assert all(step > 0 for step in steps) or all(step < 0 for step in steps)
        assert row.help.endswith(".") and row.wing in ("audio", "video")
