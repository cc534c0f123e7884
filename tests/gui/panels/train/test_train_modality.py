"""Sound, sight and both in the study's form: what is offered, what is shown, and where a fault is said."""

from __future__ import annotations

import pytest

from core.audio.settings import AudioSettings
from core.datasets import DATASETS
from core.datasets.base import Modality
from core.files import slug
from core.presets import PRESETS
from core.recipe import Recipe
from core.run_records import Phase
from core.run_spec import DatasetChoice, Network
from core.runs import run_folder
from core.study import Study
from gui.panels.train_study import VALIDATION

ALONE = (Network(modality="audio"), Network(modality="video"))


@pytest.fixture
def films(tmp_path) -> DatasetChoice:
    """A labelled folder of videos, by their endings: nothing here decodes them."""
    for name in ("run", "walk"):
        (tmp_path / "films" / name).mkdir(parents=True)
        for take in range(3):
            (tmp_path / "films" / name / f"{take}.mp4").touch()
    return DatasetChoice(name="labelled-folder", root=str(tmp_path / "films"))


@pytest.fixture
def with_films(editor, context, films):
    """The form with the films opened in the Data panel and used in Train."""
    context.set_dataset(films, DATASETS[films.name].open(context.workspace.dataset_root(films.name, films.root)))
    editor.use_dataset(films)
    return editor


def shown(form) -> set[str]:
    return {name for name, cell in form._cells.items() if form._rows.isRowVisible(cell)}


def sections(editor) -> set[str]:
    return {name for name, section in editor.recipe.form.sections.items() if not section.isHidden()}


def show(editor, study: Study, choice: DatasetChoice) -> None:
    editor.set_value(study.model_copy(update={"dataset": choice}))


def test_who_has_sounds_only_is_shown_nothing_of_pictures(editor):
    assert editor.open_file(PRESETS / "demo.toml")
    assert editor.clips._modality_line.isHidden() and editor.clips.form.isHidden()
    assert sections(editor) == {"audio", "augmentation"}
    assert "cache_limit" not in shown(editor.basics)
    assert editor.networks.add_three.isHidden()
    for row in editor.networks.rows:
        assert row.modality.widget.isHidden()
        assert not shown(row.form) & {"temporal", "fusion", "learns_from", "sound", "sight", "joint"}


def test_windows_of_a_spectrogram_have_a_temporal_model(editor):
    editor.recipe.form.sections["audio"].form.editors["windows"].set(4)
    assert "temporal" in shown(editor.networks.rows[0].form)


def test_a_temporal_model_that_is_out_of_view_is_no_part_of_the_network(editor):
    row, windows = editor.networks.rows[0], editor.recipe.form.sections["audio"].form.editors["windows"]
    windows.set(4)
    row.form.editors["temporal"].set("gru")
    assert row.value().temporal == "gru"
    windows.set(1)
    assert row.value().temporal == "average", "it would change nothing, which the engine refuses"
    windows.set(4)
    assert row.value().temporal == "gru"


def test_films_that_are_used_in_train_give_a_study_on_sight_that_is_in_order(with_films):
    study = with_films.value()
    assert study is not None and study.name == "films"
    assert {study.modality_of(network) for network in study.network} == {Modality.VIDEO}
    assert sections(with_films) == {"video", "video_augmentation"}
    assert {"folds", "with_sound"} <= shown(with_films.clips.form)
    assert "cache_limit" in shown(with_films.basics)
    assert "temporal" in shown(with_films.networks.rows[0].form)


def test_films_that_nobody_has_opened_are_looked_at_in_the_background(editor, films, qtbot):
    editor.use_dataset(films)
    qtbot.waitUntil(lambda: editor.clips.dataset is not None)
    assert editor.value().modality == Modality.VIDEO


def test_leaving_each_group_out_says_how_many_folds_that_makes(with_films):
    with_films.clips.form.editors["folds"].set(0)
    assert with_films.clips.form._hints["folds"].text() == "6 folds: each group is left out once."
    with_films.clips.form.editors["folds"].set(3)
    assert with_films.clips.form._hints["folds"].text() == ""


def test_what_was_edited_in_the_meantime_stays(editor, films, qtbot):
    editor.use_dataset(films)
    editor.recipe.form.editors["epochs"].set(7)
    qtbot.waitUntil(lambda: editor.clips.dataset is not None)
    assert (editor.value().modality, editor.value().recipe.epochs) == (Modality.AUDIO, 7)


def test_clips_left_out_in_data_do_not_change_how_the_rest_is_dealt_out(with_films, context, films):
    with_films.clips.form.editors["folds"].set(3)
    context.set_dataset(films.model_copy(update={"exclude": ("run/0.mp4",)}), context.dataset)
    choice = with_films.value().dataset
    assert (choice.exclude, choice.folds) == (("run/0.mp4",), 3)


def test_both_brings_its_branches_and_a_validation_part_and_takes_them_away_again(with_films, context):
    said = []
    context.message.connect(lambda sentence, level: said.append(sentence))
    before = with_films.value()
    with_films.clips.modality.set(Modality.AUDIO_VISUAL)
    study = with_films.value()
    assert [study.modality_of(network) for network in study.network] == [*Modality] * len(before.network)
    assert study.recipe.validation_share == VALIDATION and "validation" in said[0]
    assert sections(with_films) == {"audio", "augmentation", "video", "video_augmentation"}
    with_films.clips.modality.set(Modality.VIDEO)
    assert with_films.value().network == before.network


@pytest.mark.parametrize("preset", ["weizmann", "ut-interaction"])
def test_to_both_and_back_leaves_a_study_as_it_was(with_films, preset):
    assert with_films.open_file(PRESETS / f"{preset}.toml")
    before = with_films.value()
    with_films.clips.modality.set(Modality.AUDIO_VISUAL)
    assert len(with_films.value().network) == 3 * len(before.network)
    with_films.clips.modality.set(Modality.VIDEO)
    assert with_films.value() == before


def test_what_was_edited_on_both_stays_on_the_way_back(with_films):
    with_films.clips.modality.set(Modality.AUDIO_VISUAL)
    with_films.recipe.form.editors["validation_share"].set(0.3)
    with_films.networks.rows[0].form.editors["name"].widget.setText("ears")
    many = len(with_films.networks.rows)
    with_films.clips.modality.set(Modality.VIDEO)
    assert len(with_films.networks.rows) == many
    assert with_films.value().recipe.validation_share == 0.3


def test_a_study_on_both_that_is_opened_stays_as_it_was_written(with_films, context, films):
    said = []
    context.message.connect(lambda sentence, level: said.append(sentence))
    study = Study(modality="audio-visual", network=(*ALONE, Network(joint=True)), dataset=films)
    with_films.set_value(study)
    assert with_films.value() == study
    assert said == []


def test_three_are_added_at_once_as_far_as_they_are_not_there(with_films, films):
    show(with_films, Study(modality="video", network=(Network(architecture="alexnet", weights="imagenet"),)), films)
    action = next(a for a in with_films.networks.compare.actions() if a.data() == "alexnet")
    with_films.networks.compare.triggered.emit(action)
    study = with_films.value()
    assert [study.modality_of(network) for network in study.network] == [
        Modality.VIDEO,
        Modality.AUDIO,
        Modality.AUDIO_VISUAL,
    ]
    assert study.network[1].weights == "imagenet"
    with_films.networks.compare.triggered.emit(action)
    assert with_films.value() == study


def test_of_both_is_shown_what_decides_it(with_films, films):
    both = Network(modality="audio-visual")
    show(with_films, Study(network=(*ALONE, both), recipe=Recipe(validation_share=0.2)), films)
    row = with_films.networks.rows[2]
    assert row.weights.widget.isHidden() and not row.without_weights.isHidden()
    assert {"fusion", "learns_from", "sound", "sight", "joint"} <= shown(row.form)
    assert not shown(row.form) & {"temporal", "freeze"}, "branches stay as they are"
    row.form.editors["learns_from"].set("training clips")
    assert "freeze" in shown(row.form)
    row.form.editors["learns_from"].set("validation part")
    row.form.editors["fusion"].set("score average")
    assert not shown(row.form) & {"learns_from", "joint", "freeze"}
    assert row._summary.text() == "score average"
    row.form.editors["fusion"].set("concatenation")
    row.form.editors["joint"].set(True)
    assert not row.weights.widget.isHidden()
    assert {"temporal", "joint"} <= shown(row.form) and not shown(row.form) & {"sound", "sight", "learns_from"}
    assert row._summary.text() == "concatenation · trained jointly"
    assert with_films.value().network[2] == Network(modality="audio-visual", fusion="concatenation", joint=True)


def test_branches_are_chosen_among_the_networks_above_that_fit(with_films, films):
    gru = Network(modality="video", temporal="gru")
    networks = (*ALONE, gru, Network(modality="audio-visual", sight=gru.label))
    show(with_films, Study(network=networks, recipe=Recipe(validation_share=0.2)), films)
    sight = with_films.networks.rows[3].form.editors["sight"]
    assert [sight.widget.itemData(place) for place in range(sight.widget.count())] == ["", ALONE[1].label, gru.label]
    assert sight.widget.itemText(0) == f"automatic: {ALONE[1].label}", "which one that is does not stay a riddle"
    assert with_films.value().network == networks
    with_films.networks.rows[2].remove.click()
    assert sight.get() == gru.label, "what a person chose is not changed behind their back"
    assert with_films.value() is None
    assert f"no network called “{gru.label}”" in with_films.networks.rows[2].said.text()
    assert with_films.basics.sentences() == {}


def test_clips_without_pictures_are_not_trained_on_for_sight(editor, context, tmp_path, qtbot):
    for name in ("rain", "wind"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for take in range(3):
            (tmp_path / "mine" / name / f"{take}.wav").touch()
    sounds = DatasetChoice(name="labelled-folder", root=str(tmp_path / "mine"))
    show(editor, Study(modality="video"), sounds)
    qtbot.waitUntil(lambda: editor.clips.dataset is not None)
    assert editor.value() is None
    assert editor.clips._wrong.text() == "These clips offer sound only: no network can be given sight."
    editor.clips.modality.set(Modality.AUDIO)
    assert editor.value() is not None and editor.clips._wrong.text() == ""
    assert editor.clips._modality_line.isHidden()


def test_a_hidden_section_that_is_wrong_comes_into_view(with_films):
    audio = with_films.recipe.form.sections["audio"]
    audio.form.editors["hop"].set(AudioSettings().n_fft * 2)
    assert with_films.value() is None
    assert "audio" in sections(with_films)


def test_a_network_starts_from_a_run_of_the_other_modality(with_films, context, films, qtbot):
    earlier = Study(name="Earlier work", modality="video", dataset=films, folds=(1,))
    spec = next(earlier.runs((1,)))
    folder = run_folder(context.workspace, spec)
    folder.create(spec)
    folder.weights.touch()
    folder.write_status(phase=Phase.DONE)
    show(with_films, Study(modality="audio"), films)
    row = with_films.networks.rows[0]
    row.weights.set("run")
    assert with_films.value() is None and row.said.text() == "Choose the run whose weights it starts from."
    qtbot.waitUntil(lambda: row.earlier.count() == 1)
    assert row.earlier.itemText(0) == "earlier-work: Baseline CNN, on sight, fold 1, seed 0"
    row.earlier.setCurrentIndex(0)
    row.earlier.activated.emit(0)
    network = with_films.value().network[0]
    assert (network.weights, network.weights_path) == ("run", f"{slug(earlier.name)}/{spec.id}")
    assert row.said.text() == ""
