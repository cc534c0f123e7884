"""Adapting a run to captures: what is trained, on what it is judged, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from safetensors.torch import load_file
from statsmodels.stats.contingency_tables import mcnemar as other_mcnemar

from core.captures import relabel
from core.chosen import open_chosen
from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.evaluation.statistics import Share, mcnemar
from core.events import Outcome, RunFinished
from core.live import adapt
from core.live.adapt import ANOTHER_SESSION, Adapted, adapted_study, compare_adapted
from core.live.offered import live_choices
from core.live.shift import captured, shifts
from core.recipe import Recipe
from core.run_spec import Branch, Network
from core.runs import list_runs
from core.settings_file import write_toml
from tests.core.live.captured_tones import asked_live, keep, keep_sessions
from tests.core.tones import only, trained


def study_of(run, workspace):
    return adapted_study(run, captured(workspace, Control()))


def ask(run, workspace):
    (shift,) = shifts([run], workspace, Control(), lambda progress: None).shifts
    return shift


def test_a_run_is_adapted_to_every_session_but_one_and_compared_on_that_one(run, workspace):
    keep_sessions(workspace, ("a", "b"), asked_live(run))
    before, study = ask(run, workspace), study_of(run, workspace)
    steep = study.recipe.model_copy(update={"epochs": 5, "learning_rate": 0.05})  # as far as thirty epochs, in a second
    study = study.model_copy(update={"recipe": steep})
    assert trained(study, workspace)[0] is Outcome.DONE
    adapted = list(list_runs(workspace, study.name))
    assert [folder.spec.fold for folder in adapted] == [1, 2]
    own = {}  # capture → whether it was right before, and after
    for folder in adapted:
        said = folder.predictions()
        assert {name.partition("/")[0] for name in said.clip_ids} == {"ab"[folder.spec.fold - 1]}
        assert said.classes == run.predictions().classes
        for name, label, probabilities in zip(said.clip_ids, said.labels, said.probabilities, strict=True):
            place = before.captured.clip_ids.tolist().index(name)
            was = before.captured.probabilities[place].argmax() == before.captured.labels[place]
            own[name] = bool(was), bool(probabilities.argmax() == label)
    found = compare_adapted(before, adapted)
    assert found.before == Share(sum(was for was, _ in own.values()), 16)
    assert found.after == Share(sum(now for _, now in own.values()), 16)
    won, lost = (sum(pair == wanted for pair in own.values()) for wanted in ((False, True), (True, False)))
    assert (found.won, found.lost, found.sessions) == (won, lost, 2)
    assert won + lost > 0, "else nothing would be told apart"
    expected = other_mcnemar([[0, won], [lost, 0]], exact=True).pvalue
    assert found.p == pytest.approx(expected)
    assert f"{found.before.value * 100:.1f} % of 16 captures of 2 sessions were right before" in found.sentence
    renamed = before.captured.labels.copy()
    renamed[0] = 2
    since = replace(before, captured=replace(before.captured, labels=renamed))
    assert compare_adapted(since, adapted).before.of == 15, "what was renamed meanwhile is not compared"
    assert {choice.name for choice in live_choices(workspace, Control())} >= {folder.name for folder in adapted}


def test_all_but_the_last_layer_stays_and_that_starts_from_its_own(run, workspace, monkeypatch):
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    keep_sessions(workspace, said=asked_live(run))
    study = study_of(run, workspace)
    trained(study, workspace)
    folder = next(list_runs(workspace, study.name))
    old, new = load_file(run.weights), load_file(folder.weights)
    moved = {name for name in old if name.startswith("network.") and not old[name].equal(new[name])}
    assert moved == {"network.linear.weight", "network.linear.bias"}
    assert (old["network.linear.weight"] - new["network.linear.weight"]).abs().max() < 0.01, "one step from its own"
    assert "loaded linear.weight" in folder.initial_weights


def test_where_other_classes_were_captured_the_last_layer_is_new_and_that_is_said(run, workspace, monkeypatch):
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    keep_sessions(workspace)  # nobody was asked: the classes are the two that were named
    before, study = ask(run, workspace), study_of(run, workspace)
    assert trained(study, workspace)[0] is Outcome.DONE
    adapted = list(list_runs(workspace, study.name))
    assert adapted[0].predictions().classes == ("low", "middle")
    assert "missing linear.weight" in adapted[0].initial_weights
    found = compare_adapted(before, adapted)
    assert found.before.of == 16 and found.classes == (3, 2)
    assert "It chose among 3 classes before and among 2 after, which is easier by itself." in found.sentence


def test_captures_that_were_added_or_renamed_give_a_study_of_its_own(run, workspace, monkeypatch):
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    keep_sessions(workspace, said=asked_live(run))
    first = study_of(run, workspace)
    assert study_of(run, workspace) == first
    assert trained(first, workspace)[0] is Outcome.DONE
    again = keep(workspace, "c", "low", 40, said=asked_live(run))
    second = study_of(run, workspace)
    outcome, events = trained(second, workspace)
    assert outcome is Outcome.DONE and len(only(events, RunFinished)) == 3
    relabel(again, "middle")
    assert len({first.name, second.name, study_of(run, workspace).name}) == 3


def test_weights_that_have_seen_the_held_out_session_are_refused(run, workspace, monkeypatch):
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    keep_sessions(workspace, said=asked_live(run))
    study = study_of(run, workspace)
    trained(study, workspace)
    first = next(list_runs(workspace, study.name))
    with pytest.raises(UserError, match="was trained on captures already"):
        study_of(first, workspace)
    behind = study.network[0].model_copy(update={"weights_path": first.name})
    outcome, events = trained(study.model_copy(update={"name": "leaking", "network": (behind,)}), workspace)
    assert outcome is Outcome.FAILED
    same, other = only(events, RunFinished)
    assert same.outcome is Outcome.DONE, "the session that it held out itself"
    assert "would give the answers away" in other.reason


@pytest.mark.parametrize("sessions", [2, 11])
def test_up_to_ten_sessions_are_held_out_one_by_one_and_more_in_five_parts(run, workspace, sessions):
    names = [f"{number:02}" for number in range(sessions)]
    for name in names:
        keep(workspace, name, "low", 0)
        keep(workspace, name, "middle", 1)
    dataset = open_chosen(study_of(run, workspace).dataset, workspace)
    assert dataset.folds == ((1, 2) if sessions == 2 else (1, 2, 3, 4, 5))
    assert all(len({clip.fold for clip in dataset.clips if clip.group == name}) == 1 for name in names)


def test_what_trains_a_whole_network_does_not_hinder_a_layer(run, workspace):
    keep_sessions(workspace)
    heavy = Recipe(
        audio=run.spec.recipe.audio, validation_share=0.2, patience=3, pretrained_rate=0.0, accumulate=8,
        mixing="between-class", optimizer="sgd", label_smoothing=0.1,
    )  # fmt: skip
    write_toml(run.spec.model_copy(update={"recipe": heavy, "study": "x" * 80}), run.path / "study.toml")
    long = run.path.parent.with_name("x" * 80)
    run.path.parent.rename(long)
    study = study_of(type(run)(long / run.id), workspace)
    recipe = study.recipe_of(study.network[0])
    assert recipe.audio == run.spec.recipe.audio
    assert (recipe.patience, recipe.validation_share, recipe.accumulate, recipe.mixing) == (0, 0.0, 1, "none")
    assert recipe.pretrained_rate == 1.0 and recipe.optimizer == "adamw", "the last layer comes with weights"


def test_what_cannot_be_adapted_is_refused_with_a_remedy(run, workspace):
    keep(workspace, "a", "low", 0)
    keep(workspace, "a", "middle", 1)
    keep(workspace, "b", "high", 2)
    with pytest.raises(UserError, match=ANOTHER_SESSION[:60]):
        study_of(run, workspace)
    keep_sessions(workspace)
    branch = Branch(network=Network(), modality=Modality.AUDIO)
    for changes, sentence in (
        ({"modality": Modality.VIDEO}, "nothing was captured with the camera"),
        ({"modality": Modality.AUDIO_VISUAL, "branches": (branch, branch)}, "joins a network on sound"),
    ):
        write_toml(run.spec.model_copy(update=changes), run.path / "study.toml")
        with pytest.raises(UserError, match=sentence):
            study_of(type(run)(run.path), workspace)


def test_one_file_that_is_replayed_in_two_sessions_is_no_second_session(run, workspace, tmp_path):
    for session in ("a", "b"):
        for number, label in enumerate(("low", "middle")):
            keep(workspace, session, label, number, sources={"replay": str(tmp_path / label)})
    with pytest.raises(UserError, match="each file counts as one session"):
        study_of(run, workspace)
    keep(workspace, "b", "low", 2, sources={"replay": str(tmp_path / "another low")})
    assert study_of(run, workspace).dataset.folds == 0


def test_own_words_only_cannot_be_compared(run, workspace):
    for session in ("a", "b"):
        keep(workspace, session, "whistle", 0, 3000.0)
        keep(workspace, session, "hum", 1, 100.0)
    with pytest.raises(UserError, match="knows none of the classes that were captured: hum, whistle"):
        study_of(run, workspace)


def test_nothing_is_compared_before_it_is_trained(run, workspace):
    keep_sessions(workspace)
    with pytest.raises(UserError, match="No run that was adapted"):
        compare_adapted(ask(run, workspace), [run])


@pytest.mark.parametrize(("won", "lost", "p"), [(0, 0, 1.0), (6, 0, 0.03125), (5, 1, 0.21875)])
def test_the_sentence_gives_before_after_and_the_exact_test(run, won, lost, p):
    assert mcnemar(won, lost) == pytest.approx(p)
    made = Adapted(run, 2, Share(10, 20), Share(10 + won - lost, 20), won, lost, (3, 3))
    assert f"right only after: {won}, only before: {lost}; McNemar's exact test: p = {p:.2g}" in made.sentence
    assert "50.0 % of 20 captures of 2 sessions were right before" in made.sentence
    assert "chose among" not in made.sentence
