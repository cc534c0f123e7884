"""The form agrees with every settings model there is, both ways."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QVBoxLayout, QWidget

from core.audio.settings import AudioAugmentation, AudioSettings
from core.recipe import Recipe
from core.run_spec import Network
from core.settings import Settings, setting
from core.study import Study
from core.video.settings import VideoSettings
from gui.field_editors import Choice
from gui.settings_form import SettingsForm


class Everything(Settings):
    """One field of each kind."""

    flag: bool = setting(True, "Flag", "A yes or no.")
    seeds: tuple[int, ...] = setting((0,), "Seeds", "Whole numbers.", min_length=1)
    departures: dict[str, object] = setting({}, "Departures", "A table.")


@pytest.mark.parametrize("model", [Recipe, AudioSettings, AudioAugmentation, Network, Everything])
def test_defaults_come_back_unchanged(qtbot, model):
    form = SettingsForm(model)
    qtbot.addWidget(form)
    form.set_value(model())
    assert form.value() == model()
    assert form.sentences() == {}


def test_every_field_has_a_word_and_a_tooltip_with_its_default(qtbot):
    form = SettingsForm(Recipe)
    qtbot.addWidget(form)
    editors = {**form.editors, **form.sections["audio"].form.editors}
    for name, editor in editors.items():
        assert editor.title, name
        assert "Default: " in editor.widget.toolTip(), name
    assert "Default: 22050 Hz." in editors["rate"].widget.toolTip()
    assert "From 4000 to 192000." in editors["rate"].widget.toolTip()


def test_defaults_are_said_in_the_words_of_the_choices(qtbot):
    study, network, sound = SettingsForm(Study, only=("modality",)), SettingsForm(Network), SettingsForm(Everything)
    for form in (study, network, sound):
        qtbot.addWidget(form)
    assert study.editors["modality"].tooltip.endswith("Default: sound.")
    assert Choice(Study.model_fields["modality"], {}).tooltip.endswith("Default: sound."), "also before it is offered"
    assert network.editors["joint"].tooltip.endswith("Default: no.")
    assert sound.editors["flag"].tooltip.endswith("Default: yes.")


def test_a_unit_agrees_with_its_number(qtbot):
    form = SettingsForm(Recipe)
    qtbot.addWidget(form)
    form.set_value(Recipe())
    accumulate = form.editors["accumulate"]
    assert accumulate.text() == "1 batch" and "Default: 1 batch." in accumulate.tooltip
    accumulate.widget.stepUp()
    assert accumulate.text() == "2 batches"
    accumulate.set(1)
    assert accumulate.text() == "1 batch"
    assert form.editors["batch_size"].text() == "32 clips"


def test_a_sentence_that_needs_another_line_is_seen_whole(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    form = SettingsForm(Everything)
    column = QVBoxLayout(page)
    column.addWidget(form)
    column.addStretch(1)
    form.set_value(Everything())
    page.resize(330, 400)
    page.show()
    sentence = form._sentences["departures"]
    for words in (3, 9, 14, 9, 18, 16):
        form.say("departures", "A sentence " + words * "grown ")
        page.layout().totalSizeHint()  # as a page around it asks, which Qt's form layout remembers
        qtbot.waitUntil(lambda: sentence.height() >= sentence.heightForWidth(sentence.width()))
    page.hide()


def test_values_go_in_and_come_out(qtbot):
    recipe = Recipe(
        epochs=7,
        learning_rate=0.0003,
        optimizer="sgd",
        audio=AudioSettings(rate=44100, f_max=16000.0),
        augmentation=AudioAugmentation(noise=0.25),
    )
    form = SettingsForm(Recipe)
    qtbot.addWidget(form)
    form.set_value(recipe)
    assert form.editors["learning_rate"].widget.text() == "0.0003"
    assert form.value() == recipe


def test_fields_that_are_not_shown_are_kept(qtbot):
    form = SettingsForm(Network, only=("weights",))
    qtbot.addWidget(form)
    form.set_value(Network(architecture="alexnet", recipe={"epochs": 3}))
    form.editors["weights"].set("imagenet")
    assert form.value() == Network(architecture="alexnet", weights="imagenet", recipe={"epochs": 3})


def test_kinds_of_editors_and_what_they_read(qtbot):
    form = SettingsForm(Everything)
    qtbot.addWidget(form)
    form.set_value(Everything(departures={"epochs": 3}))
    assert isinstance(form.editors["flag"].widget, QCheckBox)
    seeds, departures = form.editors["seeds"].widget, form.editors["departures"].widget
    assert isinstance(seeds, QLineEdit)
    assert departures.text() == "epochs = 3"
    seeds.setText("1, 4-6")
    departures.setText('optimizer = "sgd", epochs = 5')
    assert form.value() == Everything(seeds=(1, 4, 5, 6), departures={"optimizer": "sgd", "epochs": 5})
    seeds.setText("one")
    assert form.value() is None
    assert form.sentences() == {"seeds": "“one” is not a whole number; write e.g. 1, 2, 5-7."}
    seeds.setText("1-99999999")
    assert "1000" in form.sentences()["seeds"]
    seeds.setText("")
    assert "1 item" in form.sentences()["seeds"]


def test_several_decimals_stand_in_one_field(qtbot):
    form = SettingsForm(VideoSettings)
    qtbot.addWidget(form)
    form.set_value(VideoSettings(region=(0.25, 0.5, 0.75, 1.0)))
    region = form.editors["region"].widget
    assert isinstance(region, QLineEdit) and region.text() == "0.25, 0.5, 0.75, 1"
    region.setText("0, 0, 1, 0.5")
    assert form.value() == VideoSettings(region=(0.0, 0.0, 1.0, 0.5))
    region.setText("left")
    assert form.sentences() == {"region": "“left” is not a number; write e.g. 0, 0.5, 1, 1."}
    region.setText("0, 0.5")
    assert form.value() is None and form.sentences()


def test_an_open_bound_is_said_under_the_field(qtbot):
    form = SettingsForm(Recipe)
    qtbot.addWidget(form)
    form.set_value(Recipe())
    form.editors["learning_rate"].widget.setValue(0.0)
    assert form.value() is None
    assert form.sentences() == {"learning_rate": "Must be more than 0."}
    form.editors["learning_rate"].widget.setValue(0.01)
    assert form.sentences() == {}


def test_fields_that_contradict_each_other_are_said_below_and_the_section_opens(qtbot):
    form = SettingsForm(Recipe)
    qtbot.addWidget(form)
    form.set_value(Recipe())
    assert form.sections["audio"].form.isHidden()
    form.sections["audio"].form.editors["hop"].widget.setValue(2048)
    assert form.value() is None
    assert "hop (2048) must not exceed n_fft (1024)" in form.sentences()["audio."].lower()
    assert not form.sections["audio"].form.isHidden()


def test_changed_says_when_a_person_edits_and_not_when_the_program_fills(qtbot):
    form = SettingsForm(Recipe)
    qtbot.addWidget(form)
    heard = []
    form.changed.connect(lambda: heard.append(1))
    form.set_value(Recipe(epochs=9))
    assert heard == []
    form.editors["epochs"].widget.setValue(10)
    assert heard == [1]


def test_choices_make_a_combo_of_a_text_field(qtbot):
    form = SettingsForm(Network, choices={"architecture": {"alexnet": "AlexNet", "resnet50": "ResNet-50"}})
    qtbot.addWidget(form)
    form.set_value(Network(architecture="resnet50"))
    combo = form.editors["architecture"].widget
    assert isinstance(combo, QComboBox)
    assert combo.currentText() == "ResNet-50"


def test_the_wheel_does_not_change_what_has_no_focus(qtbot):
    form = SettingsForm(Recipe)
    qtbot.addWidget(form)
    form.set_value(Recipe())
    box = form.editors["epochs"].widget
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert box.value() == Recipe().epochs


def test_the_whole_study_survives_but_for_what_others_edit(qtbot):
    form = SettingsForm(Study, hide=("network", "dataset"))
    qtbot.addWidget(form)
    study = Study(name="trial", folds=(1, 3), seeds=(0, 1), network=(Network(architecture="alexnet"),))
    form.set_value(study)
    assert form.value() == study
