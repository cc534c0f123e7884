"""How people did in the guessing game, as lines in the plot of the Compare panel."""

from __future__ import annotations

from core.datasets.base import Modality
from core.evaluation.metrics import METRICS
from core.game_results import PlayedClips, results_file
from gui.panels.compare_means import MeansPage
from tests.core.games import kept, write_games
from tests.gui.make_runs import make_study, synthetic_clips
from tests.gui.panels.compare.steps import ESC10, choose_metric, page

CLIPS = PlayedClips(dataset="esc10", title="ESC-10", fingerprints={})


def people(panel):
    return [line for line in page(panel, MeansPage).forest.lines if line.label.startswith("people")]


def test_people_stand_beside_published_figures_and_say_that_their_clips_are_others(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    write_games(context.workspace, *(kept(n, right, 10, CLIPS) for n, right in enumerate((6, 9, 9))))
    panel = opened()
    (line,) = people(panel)
    assert line.label == "people here (3 games, 30 clips)" and round(line.value, 6) == 80
    assert "sound alone" in line.tip and "other clips" in line.tip and "80.0 [37.0, 100.0] %" in line.tip
    assert (
        len(page(panel, MeansPage).forest.lines) > 1
        and "published and people here" in page(panel, MeansPage).forest.title
    )
    rect, text, _ = next(label for label in page(panel, MeansPage).forest.labels() if label[2] is line)
    assert text == f"{line.label} 80.0", "not elided"
    assert page(panel, MeansPage).forest.tip_at(rect.center()) == line.tip
    for name in METRICS:
        choose_metric(panel, name)
        assert bool(people(panel)) == (name == "accuracy")


def test_what_people_were_given_is_told_apart(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    both = Modality.AUDIO_VISUAL
    write_games(context.workspace, kept(0, 6, 10, CLIPS), kept(1, 9, 10, CLIPS, both), kept(2, 7, 10, CLIPS, both))
    sound, both_given = people(opened())
    assert sound.label == "people ● (1 game, 10 clips)" and "one game: no interval" in sound.tip
    assert both_given.label == "people ◆ (2 games, 20 clips)" and both_given.value == 80


def test_without_games_on_these_clips_there_is_nothing(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=ESC10)
    other = CLIPS.model_copy(update={"dataset": "esc50"})
    write_games(context.workspace, kept(0, 6, 10, other))
    panel = opened()
    assert not people(panel) and page(panel, MeansPage).forest.lines
    assert "people" not in page(panel, MeansPage).forest.title


def test_a_new_game_is_shown_and_a_damaged_line_is_said(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8))
    panel = opened()
    assert not page(panel, MeansPage).forest.lines
    said = []
    panel.said.connect(lambda sentence, level: said.append((sentence, level)))
    demo = PlayedClips(dataset="demo-sounds", title="Demo", fingerprints={})
    write_games(context.workspace, kept(0, 3, 4, demo))
    with results_file(context.workspace).open("a") as file:
        file.write("torn")
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: len(people(panel)) == 1, timeout=20_000)
    assert "dashed upright: people here" in page(panel, MeansPage).forest.title
    (told,) = said
    assert "games.jsonl" in told[0] and told[1] == "warning"
