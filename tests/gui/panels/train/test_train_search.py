"""The dialog that searches for settings: on an engine that trains nothing, and once on one whose trials are made up."""

from __future__ import annotations

import pytest

from core.engine import Engine, State
from core.events import Outcome, SearchFinished, SearchStarted, TrialEnded
from core.run_spec import Network
from core.search.trials import Ending, Trial
from core.study import Study
from gui.context import Context
from gui.main_window import MainWindow
from gui.panels.train_search import SearchDialog
from gui.widgets.trial_history import ABOVE, PRUNED, TRAINED, WITHOUT
from tests.core.search.searches import made_up, plan_of  # noqa: F401 - a fixture
from tests.core.tones import write_tones
from tests.gui import fakes
from tests.gui.panels.train.trial import STUDY

TRIALS = (
    Trial(1, Ending.TRAINED, {"learning_rate": 0.001, "batch_size": 32}, 0.9, 4, 0.6, 10.0),
    Trial(2, Ending.TRAINED, {"learning_rate": 0.002, "batch_size": 16}, 0.5, 4, 0.8, 10.0),
    Trial(3, Ending.INTERRUPTED, {"learning_rate": 0.003, "batch_size": 16}),
    Trial(4, Ending.PRUNED, {"learning_rate": 0.0001, "batch_size": 64}, 1.1, 2, 0.4, 5.0),
    Trial(5, Ending.DIVERGED, {"learning_rate": 0.1, "batch_size": 64}, None, 0, None, 1.0, "The loss became nan."),
    Trial(6, Ending.PRUNED, {"learning_rate": 0.05, "batch_size": 64}, 900.0, 2, 0.1, 5.0),
)


@pytest.fixture
def dialog(qtbot, context):
    made = SearchDialog(context)
    qtbot.addWidget(made)
    made.offer(STUDY)
    made.show()
    yield made
    made.hide()


def begun(dialog, context, done=()):
    """The search of the form, begun and begun to be told of."""
    dialog.start.click()
    plan = dialog._running
    context.engine.say(SearchStarted(plan.title, plan.id, plan.search.trials, done, "CPU"))
    return plan


def test_the_form_offers_the_networks_of_the_study_and_says_what_cannot_be_searched(dialog):
    offered = dialog.form.editors["network"].widget
    assert [offered.itemText(place) for place in range(offered.count())] == ["Baseline CNN", "AlexNet"]
    assert "not searched" in dialog.form.editors["batch_size"].widget.placeholderText()
    assert not dialog.empty.isHidden() and dialog.start.isEnabled() and not dialog.use.isEnabled()
    for name in ("learning_rate", "weight_decay", "batch_size"):
        dialog.form.editors[name].widget.setText("")
    assert "augments nothing" in " ".join(dialog.form.sentences().values())


def test_trials_are_drawn_as_they_end_and_the_best_can_be_used(dialog, context, qtbot):
    plan = begun(dialog, context, TRIALS[:1])
    assert context.engine.begun == [plan.title]
    assert not dialog.form.isEnabled() and dialog.start.isHidden() and not dialog.stop.isHidden()
    context.engine.say(*map(TrialEnded, TRIALS[1:]))
    qtbot.waitUntil(lambda: len(dialog.history.trials) == 5)
    assert "trial 2" in dialog.words.text() and "learning rate 0.002" in dialog.words.text()
    x, y = dialog.history.marks.getData()
    assert list(x) == [1, 2, 4, 5, 6] and y[0] == 0.9
    top = dialog.history._range[1][1]
    assert top < 900 and y[3] == y[4] == top
    symbols = [point.symbol() for point in dialog.history.marks.scatter.points()]
    assert symbols == [TRAINED, TRAINED, PRUNED, WITHOUT, ABOVE]
    assert list(dialog.history.best.getData()[1]) == [0.9, 0.5, 0.5]
    assert dialog.history._words(5.0, top).startswith("Trial 5, diverged: The loss became nan.")
    assert not dialog.use.isEnabled()  # before it has ended
    dialog.stop.click()
    assert context.engine.cancels == 1


def test_a_search_stays_in_view_while_it_is_under_way_whatever_the_form_of_the_study_says(dialog, context, qtbot):
    plan = begun(dialog, context)
    dialog.hide()
    dialog.offer(Study(name="another", network=(Network(architecture="resnet50"),)))
    assert dialog._running is plan and "Trial" in dialog.about.text()
    context.engine.say(SearchFinished(plan.title, plan.id, Outcome.FAILED, "The disk is full."))
    qtbot.waitUntil(lambda: dialog._running is None)
    qtbot.waitUntil(lambda: not context.jobs.busy)
    dialog.offer(Study(name="another", network=(Network(architecture="resnet50"),)))
    assert "another" in dialog.about.text()


def test_no_search_begins_while_a_study_is_trained(dialog, context):
    context.engine.start(STUDY)
    context.engine.say(fakes.study_started(STUDY, []))
    dialog.offer(STUDY)
    assert not dialog.start.isEnabled() and "“Trial” is under way" in dialog.busy.text()
    context.engine.finish()


def test_what_is_found_goes_into_the_form_of_the_study(qtbot, context, tmp_path, made_up):  # noqa: F811
    """The whole way, in the window, with the real engine and trainings that are made up."""
    context = Context(context.workspace, Engine(context.workspace), context.settings)
    said = []
    context.message.connect(lambda text, level: said.append(text))
    window = MainWindow(context)
    window.show()
    window.show_panel("train")
    panel = window.panels["train"]
    plan = plan_of(write_tones(tmp_path / "tones"), trials=7, pruning=False)
    panel.editor.set_value(plan.study)
    panel.controls.search_button.click()
    dialog = panel.search
    dialog.form.set_value(plan.search)
    dialog.form.changed.emit()
    assert dialog.start.text() == "Search"
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog._running is None and bool(dialog.bars.importances), timeout=120_000)
    assert context.engine.status.state is State.IDLE
    assert len(dialog.shown.counted) == 7 and dialog.use.isEnabled()
    assert not panel.runs.rows  # trials are no runs
    best = dialog.shown.best_study()
    dialog.use.click()
    assert dialog.isHidden() and panel.editor.value() == best
    assert best.recipe_of(best.network[0]).learning_rate == dialog.shown.best.settings["learning_rate"]
    assert any(f"“{plan.best_name}”" in text for text in said)
    panel.editor.set_value(plan.study)
    panel.controls.search_button.click()  # what was found before is there again
    dialog.form.set_value(plan.search)
    dialog.form.changed.emit()
    qtbot.waitUntil(lambda: dialog.shown is not None and len(dialog.shown.counted) == 7)
    window.close()


@pytest.mark.parametrize(("minutes", "to_go"), [(0.0, True), (30.0, False)])
def test_how_long_a_search_takes_is_told_where_no_limit_may_end_it_sooner(dialog, context, qtbot, minutes, to_go):
    dialog.form.editors["minutes"].set(minutes)
    begun(dialog, context, TRIALS)
    qtbot.waitUntil(lambda: len(dialog.shown.counted) == len(TRIALS) - 1)  # one was interrupted
    said: list[str] = []
    dialog.progress.report = lambda progress: said.append(progress.detail)
    dialog._tell("trial-6", 1, 4, 7200.0)
    assert "2 h left in this trial" in said[0]
    assert said[0].endswith("about 2 h to go") is to_go, "no less than the trial under way takes"
