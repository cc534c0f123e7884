"""Games that are kept: anonymous, read back, damaged lines told, nothing lost; and what people score on a dataset."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.weightstats import DescrStatsW

from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.evaluation.overview import read_overview
from core.game_results import (
    PlayedClips,
    baselines,
    delete_game,
    delete_games,
    human_baselines,
    keep_game,
    read_games,
    results_file,
)
from core.run_spec import DatasetChoice
from core.workspace import Workspace
from tests.core.games import CLASSES, asked, game, kept, played, write_games
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips

ESC10 = PlayedClips(dataset="esc10", title="ESC-10", fingerprints={"audio": "a1"})
MINE = PlayedClips(dataset="labelled-folder", title="Labelled folder clips", fingerprints={"audio": "f00d"})


def test_a_kept_game_is_read_back(workspace):
    made = game(asked("a.wav", 0, 0), asked("b.wav", 2, 1))
    made.guess(0, 1.234)
    made.guess(1, 0.5)
    written = keep_game(workspace, made, ESC10, Modality.VIDEO)
    (read,), problems = read_games(workspace)
    assert read == written and not problems
    assert read.day == date.today() and read.given == Modality.VIDEO and read.classes == len(CLASSES)
    assert [(one.clip, one.true, one.choice, one.seconds) for one in read.guesses] == [
        ("a.wav", "dog", "dog", 1.23),
        ("b.wav", "sea waves", "rain", 0.5),
    ]
    assert read.accuracy == 0.5


def test_nothing_in_the_file_says_who_played_or_when_in_the_day(workspace):
    for _ in range(2):
        keep_game(workspace, played(1, 2), ESC10, Modality.AUDIO)
    lines = [json.loads(line) for line in results_file(workspace).read_text().splitlines()]
    for line in lines:
        assert set(line) == {"game", "day", "clips", "given", "classes", "guesses"}
        assert set(line["clips"]) == {"dataset", "title", "fingerprints"}
        assert set(line["guesses"][0]) == {"clip", "true", "choice", "seconds"}
        assert line["day"] == date.today().isoformat()
        assert str(Path.home()) not in json.dumps(line)
    assert lines[0]["game"] != lines[1]["game"], "drawn by chance"


def test_the_folder_of_own_clips_is_not_written_down(workspace, tmp_path):
    root = tmp_path / "Jane Doe" / "my clips"
    choice = DatasetChoice(name="labelled-folder", root=str(root))
    (run, *_) = make_study(workspace, synthetic_clips(3, per_class=4), dataset=choice, networks=NETWORKS[:1])
    run.write_environment({"dataset_fingerprint": {"audio": "beef"}})
    clips = PlayedClips.of_run(run)
    assert clips.fingerprints == {"audio": "beef"} and clips.title == "Labelled folder my clips"
    keep_game(workspace, played(1, 2), clips, Modality.AUDIO)
    assert "Jane" not in results_file(workspace).read_text()


def test_a_game_that_is_not_complete_is_not_kept(workspace):
    made = game(asked("a.wav", 0, 0), asked("b.wav", 0, 0))
    made.guess(0, 1.0)
    with pytest.raises(ValueError, match="complete"):
        keep_game(workspace, made, ESC10, Modality.AUDIO)
    assert not results_file(workspace).exists()


def test_a_program_that_only_reads_keeps_and_deletes_nothing(workspace):
    keep_game(workspace, played(1, 2), ESC10, Modality.AUDIO)
    reader = Workspace(workspace.root).open()
    (there,), _ = read_games(reader)
    for work in (
        lambda: keep_game(reader, played(1, 2), ESC10, Modality.AUDIO),
        lambda: delete_game(reader, there.game),
        lambda: delete_games(reader),
    ):
        with pytest.raises(UserError, match="only reads"):
            work()
    assert read_games(workspace) == ((there,), ())


DAMAGED = (
    "{ no JSON",
    '{"game": "x"}',
    kept(9, 1, 2, ESC10).model_dump_json()[:-20],
    kept(9, 1, 2, ESC10).model_dump_json().replace("1.wav", "0.wav"),  # one clip twice
    kept(9, 1, 2, ESC10).model_dump_json().replace('"seconds":2.5', '"seconds":-1'),
    kept(9, 1, 2, ESC10).model_dump_json().replace("2025-01-02", "2025-13-02"),
    kept(9, 1, 2, ESC10).model_dump_json().replace('"audio",', '"smell",'),
    kept(9, 1, 2, ESC10).model_dump_json().replace('"classes"', '"name": "Jane", "classes"'),
    kept(1, 1, 2, ESC10).model_dump_json(),  # stands in it already
    "\x00\x01",
)


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_damaged_line_is_told_with_the_files_name_and_skipped_and_stays(workspace, damaged):
    good = [kept(n, n, 4, ESC10) for n in (1, 2)]
    before = f"{good[0].model_dump_json()}\n{damaged}\n\n{good[1].model_dump_json()}\n"
    results_file(workspace).write_text(before)
    games, (problem,) = read_games(workspace)
    assert games == tuple(good)
    assert problem.startswith(f"Line 2 of {results_file(workspace)}")
    written = keep_game(workspace, played(1, 2), ESC10, Modality.AUDIO)
    assert results_file(workspace).read_text().startswith(before), "nothing is lost"
    assert read_games(workspace)[0] == (*good, written)
    delete_game(workspace, written.game)
    assert results_file(workspace).read_text() == before


def test_a_file_that_ends_in_the_middle_of_a_line_loses_nothing_that_comes_after(workspace):
    results_file(workspace).write_text(f"{kept(1, 1, 2, ESC10).model_dump_json()}\n" + '{"game": "to')
    written = keep_game(workspace, played(1, 2), ESC10, Modality.AUDIO)
    games, problems = read_games(workspace)
    assert [one.game for one in games] == ["game1", written.game] and len(problems) == 1


def test_a_file_that_cannot_be_read_is_told_and_not_overwritten(workspace):
    results_file(workspace).mkdir()  # reading it fails for root, too
    for work in (lambda: read_games(workspace), lambda: keep_game(workspace, played(1, 2), ESC10, Modality.AUDIO)):
        with pytest.raises(UserError, match=r"games\.jsonl cannot be read"):
            work()
    found, (problem,) = human_baselines(workspace, [])
    assert found == () and "games.jsonl" in problem
    assert results_file(workspace).is_dir()


def test_games_are_deleted_one_or_all(workspace):
    write_games(workspace, *(kept(n, 1, 2, ESC10) for n in range(3)))
    delete_game(workspace, "game1")
    assert [one.game for one in read_games(workspace)[0]] == ["game0", "game2"]
    delete_games(workspace)
    assert not results_file(workspace).exists()
    delete_games(workspace)
    assert read_games(workspace) == ((), ())


# how people do --------------------------------------------------------------------------------------------------


def test_the_baseline_is_the_mean_over_games_with_students_interval():
    games = [kept(n, right, of, ESC10) for n, (right, of) in enumerate(((8, 10), (5, 10), (18, 20)))]
    (found,) = baselines(games)
    shares = [0.8, 0.5, 0.9]
    assert (found.games, found.clips, found.given) == (3, 40, Modality.AUDIO)
    np.testing.assert_allclose(found.accuracies, shares)
    assert found.mean.value == pytest.approx(np.mean(shares))
    low, high = DescrStatsW(shares).tconfint_mean(alpha=0.05)
    assert (found.mean.low, found.mean.high) == pytest.approx((max(low, 0), min(high, 1)))


def test_one_game_has_no_interval_and_modalities_are_told_apart():
    games = [kept(0, 1, 2, ESC10), kept(1, 2, 2, ESC10, Modality.AUDIO_VISUAL), kept(2, 0, 2, ESC10)]
    sound, both = baselines(reversed(games))
    assert (sound.given, sound.games) == (Modality.AUDIO, 2) and sound.mean.low is not None
    assert (both.given, both.games) == (Modality.AUDIO_VISUAL, 1) and both.mean.low is None
    assert baselines([]) == ()


def test_a_named_dataset_is_known_by_its_name_and_an_own_folder_by_what_it_holds():
    elsewhere = ESC10.model_copy(update={"fingerprints": {"audio": "folds of another number"}})
    assert ESC10.same_as(elsewhere)
    assert not ESC10.same_as(ESC10.model_copy(update={"dataset": "esc50"}))
    with_pictures = MINE.model_copy(update={"title": "renamed", "fingerprints": {"audio": "f00d", "video": "1"}})
    assert MINE.same_as(with_pictures) and with_pictures.same_as(MINE)
    assert not MINE.same_as(MINE.model_copy(update={"fingerprints": {"audio": "beef"}}))
    assert not MINE.same_as(MINE.model_copy(update={"fingerprints": {"video": "f00d"}}))
    unknown = PlayedClips(dataset="of another version", title="?", fingerprints={"audio": "f00d"})
    assert not unknown.same_as(unknown)


def test_the_overview_of_a_study_has_the_games_on_its_clips(workspace):
    make_study(workspace, synthetic_clips(3, per_class=4), dataset=DatasetChoice(name="esc10"), networks=NETWORKS[:2])
    assert read_overview(workspace, "fabricated-test-data", Control()).people == ()
    write_games(workspace, kept(0, 3, 4, ESC10), kept(1, 2, 4, MINE), kept(2, 4, 4, ESC10))
    with results_file(workspace).open("a") as file:
        file.write("torn")
    overview = read_overview(workspace, "fabricated-test-data", Control())
    (people,) = overview.people
    assert people.accuracies == (0.75, 1.0)
    assert len(overview.problems) == 1 and "games.jsonl" in overview.problems[0]
