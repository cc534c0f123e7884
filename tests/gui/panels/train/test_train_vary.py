"""One network of the form at several values of a setting."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QDialogButtonBox

from core.datasets.base import Modality
from core.run_spec import Network
from gui.panels.train_networks import NetworkList
from gui.panels.train_vary import VaryDialog

NETWORKS = (Network(), Network(architecture="alexnet"))


@pytest.fixture
def dialog(qtbot):
    made = VaryDialog(NETWORKS, (Modality.AUDIO, Modality.VIDEO))
    qtbot.addWidget(made)
    made.show()
    return made


def choose(dialog, key):
    dialog.setting.setCurrentIndex(dialog.setting.findData(key))


def test_nothing_is_added_before_there_are_values_that_can_be(dialog):
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled() and not dialog.said.isVisible()
    choose(dialog, "recipe.epochs")
    dialog.values.setText("3, none")
    assert not ok.isEnabled() and "none" in dialog.said.text() and dialog.said.isVisible()
    dialog.values.setText("3, 6, 12")
    assert ok.isEnabled() and ok.text() == "Add 3 networks" and not dialog.said.isVisible()
    assert [network.recipe["epochs"] for network in dialog.made()] == [3, 6, 12]


def test_a_setting_with_given_values_starts_with_all_of_them(dialog):
    choose(dialog, "recipe.mixing")
    assert dialog.values.text() == "none, between-class, mixup"


def test_settings_follow_what_the_network_looks_at(dialog):
    choose(dialog, "recipe.audio.mels")
    assert dialog.setting.findData("recipe.video.frames") < 0
    dialog.network.setCurrentIndex(1)
    assert dialog.setting.findData("recipe.audio.mels") < 0 <= dialog.setting.findData("recipe.video.frames")
    assert dialog.help.text()


@pytest.mark.parametrize("replaces", [False, True])
def test_the_networks_join_the_study(qtbot, monkeypatch, replaces):
    networks = NetworkList()
    qtbot.addWidget(networks)
    networks.set_value(NETWORKS)

    def accept(dialog):
        choose(dialog, "recipe.epochs")
        dialog.values.setText("3, 6")
        dialog.replace.setChecked(replaces)
        return VaryDialog.DialogCode.Accepted

    monkeypatch.setattr(VaryDialog, "exec", accept)
    with qtbot.waitSignal(networks.changed):
        networks.vary.click()
    labels = [network.label for network in networks.value()]
    assert labels == ["Baseline CNN", "AlexNet", "Baseline CNN, epochs 3", "Baseline CNN, epochs 6"][replaces:]
