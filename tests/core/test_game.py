"""The guessing game: which clips are drawn, and who scores what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from core.analysis.study_records import read_study_records
from core.control import Control
from core.errors import UserError
from core.evaluation.statistics import Share
from core.game import SPARE, common_clips, draw
from tests.core.games import asked, game, played
from tests.gui.make_runs import NETWORKS, ClipList, make_study, synthetic_clips

STUDY = "fabricated-test-data"


def read(workspace):
    return read_study_records(workspace, STUDY, Control(), lambda progress: None)


def labels(data):
    return [network.label for network in data.networks]


def uneven(*sizes: int) -> ClipList:
    """So many clips of each class, in two folds."""
    clips = [(f"{label}-{i}.wav", label, 1 + i % 2) for label, size in enumerate(sizes) for i in range(size)]
    ids, of_class, folds = zip(*clips, strict=True)
    return ClipList(tuple(f"class {n}" for n in range(len(sizes))), ids, of_class, folds)


def classes_of(drawn):
    return [one.true for one in drawn.rounds]


# drawing --------------------------------------------------------------------------------------------------------


def test_only_clips_that_every_network_has_tested_are_drawn(workspace):
    clips = synthetic_clips(4, per_class=16)
    make_study(workspace, clips, networks=NETWORKS[:2])
    make_study(workspace, clips, networks=NETWORKS[2:], folds=(2, 3))
    data, there = read(workspace), frozenset(clips.ids)
    fold = dict(zip(clips.ids, clips.folds, strict=True))
    drawn = draw(data, labels(data), 1000, 0, there)
    assert {one.clip_id for one in drawn.rounds} == {clip for clip in clips.ids if fold[clip] in (2, 3)}
    drawn = draw(data, labels(data)[:2], 1000, 0, there)
    assert {one.clip_id for one in drawn.rounds} == there, "the third network does not play"
    assert len(drawn.networks) == 2 and all(len(one.answers) == 2 for one in drawn.rounds)


def test_clips_that_are_gone_are_not_drawn(workspace):
    clips = synthetic_clips(3, per_class=8)
    make_study(workspace, clips)
    data, there = read(workspace), set(clips.ids[::3])
    assert {one.clip_id for one in draw(data, labels(data), 1000, 0, there).rounds} == there
    with pytest.raises(UserError, match="fewer"):
        draw(data, labels(data), 5, 0, set())


def test_without_a_network_or_a_common_clip_there_is_nothing_to_draw(workspace):
    clips = synthetic_clips(3, per_class=8)
    make_study(workspace, clips, networks=NETWORKS[:1], folds=(1,))
    make_study(workspace, clips, networks=NETWORKS[1:2], folds=(2,))
    data = read(workspace)
    assert common_clips(data, [], clips.ids) == {}
    assert common_clips(data, labels(data), clips.ids) == {}
    assert set(common_clips(data, labels(data)[:1], clips.ids)) == {0, 1, 2}
    with pytest.raises(UserError, match="train more folds"):
        draw(data, labels(data), 5, 0, clips.ids)


def test_a_seed_draws_the_same_clips_in_the_same_order_and_another_one_others(workspace):
    clips = synthetic_clips(5, per_class=16)
    make_study(workspace, clips)
    data = read(workspace)
    games = [[one.clip_id for one in draw(data, labels(data), 10, seed, clips.ids).rounds] for seed in (7, 7, 8)]
    assert games[0] == games[1] != games[2]
    assert len(set(games[0])) == 10


def test_every_class_is_as_likely_as_any_other_however_many_clips_it_has(workspace):
    clips = uneven(40, 4, 4, 8)
    make_study(workspace, clips, networks=NETWORKS[:1], folds=(1, 2))
    data, counts, games = read(workspace), Counter(), 600
    for seed in range(games):
        of_game = Counter(classes_of(draw(data, labels(data), 8, seed, clips.ids)))
        assert max(of_game.values()) <= 8 / 4 + SPARE
        counts += of_game
    for label in range(4):
        assert counts[label] / games == pytest.approx(8 / 4, rel=0.05)


def test_the_last_clip_cannot_be_told_by_elimination(workspace):
    clips = synthetic_clips(6, per_class=8)
    make_study(workspace, clips, networks=NETWORKS[:1])
    data = read(workspace)
    games = [classes_of(draw(data, labels(data), 6, seed, clips.ids)) for seed in range(50)]
    again = sum(last in before for *before, last in games)
    assert again > 10, "with each class once, the last one would never have come before"


def test_where_a_class_has_too_few_clips_the_others_fill_up(workspace):
    clips = uneven(2, 30, 30)
    make_study(workspace, clips, networks=NETWORKS[:1], folds=(1, 2))
    data = read(workspace)
    drawn = draw(data, labels(data), 30, 3, clips.ids)
    assert len(drawn.rounds) == 30
    counts = Counter(classes_of(drawn))
    assert counts[0] <= 2 and abs(counts[1] - counts[2]) < 12
    assert len(draw(data, labels(data), 500, 3, clips.ids).rounds) == 62, "all there are"


def test_answers_are_those_of_the_runs_with_the_lowest_seed(workspace):
    clips = synthetic_clips(4, per_class=8)
    runs = make_study(workspace, clips, seeds=(3, 1))
    data = read(workspace)
    drawn = draw(data, labels(data), 6, 0, clips.ids)
    for one in drawn.rounds:
        for network, answer in zip(drawn.networks, one.answers, strict=True):
            (stored,) = [
                run.predictions()
                for run in runs
                if run.spec.seed == 1
                and run.spec.network.label == network.label
                and one.clip_id in run.predictions().clip_ids
            ]
            row = stored.clip_ids.tolist().index(one.clip_id)
            np.testing.assert_array_equal(answer.probabilities, stored.probabilities[row])
            assert one.true == stored.labels[row]


# scoring --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("right", "of"), [(0, 10), (10, 10), (7, 10), (1, 1), (0, 1), (163, 200)])
def test_intervals_are_wilsons(right, of):
    expected = proportion_confint(right, of, alpha=0.05, method="wilson")
    assert Share(right, of).interval == pytest.approx(expected, abs=1e-9)
    assert Share(right, of).value == right / of


def test_before_the_first_clip_there_is_no_share():
    assert np.isnan(Share(0, 0).value)


def test_everybody_is_scored_on_the_clips_that_were_guessed():
    random = np.random.default_rng(0)
    rounds = [asked(f"{i}.wav", *random.integers(0, 3, 4)) for i in range(40)]
    made, choices = game(*rounds), random.integers(0, 3, 25)
    for choice in choices:
        assert not made.over
        made.guess(int(choice), 1.5)
    right = 0
    for one, choice in zip(rounds, choices, strict=False):
        right += one.true == choice
    assert made.person() == Share(right, 25)
    for place, score in enumerate(made.scores()):
        count = 0
        for one in rounds[:25]:
            count += int(np.argmax(one.answers[place].probabilities)) == one.true
        assert score == Share(count, 25)
    assert made.current is rounds[25]


def test_what_nobody_got_is_told():
    made = game(asked("a", 0, 0, 1), asked("b", 0, 1, 2), asked("c", 0, 1, 1), asked("d", 2, 1, 1))
    for choice in (1, 0, 2):
        made.guess(choice, 1.0)
    assert [one.clip_id for one, _ in made.unsolved()] == ["c"], "the last one is not guessed yet"


def test_a_clip_that_is_passed_over_counts_for_nobody():
    made = game(asked("a", 0, 0), asked("b", 0, 0), asked("c", 0, 0))
    made.guess(0, 1.0)
    made.pass_over()
    assert made.current.clip_id == "c"
    made.guess(1, 1.0)
    assert made.over and made.person() == Share(1, 2) and made.scores() == (Share(2, 2),)


def test_no_clip_comes_twice_and_a_game_has_clips():
    with pytest.raises(ValueError, match="once"):
        game(asked("a", 0, 0), asked("a", 0, 0))
    assert played(2, 3).over
