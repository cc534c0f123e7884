"""The dataset of what was kept in the Live panel."""

from __future__ import annotations

import pytest

from core.datasets import DATASETS, recognise
from core.datasets.base import Modality
from core.errors import UserError
from tests.core.datasets.captures import keep


def test_clips_are_dealt_into_folds_by_session_and_those_without_a_class_are_said(tmp_path):
    root = tmp_path / "captures"
    for session in ("a", "b", "c"):
        for number, label in enumerate(("dog", "rain", "")):
            keep(root, session, label, number)
    assert recognise(root) == "captured"
    dataset = DATASETS["captured"].open(root)
    assert dataset.classes == ("dog", "rain") and len(dataset.clips) == 6
    assert {clip.group for clip in dataset.clips} == {"a", "b", "c"}
    assert {(clip.group, clip.fold) for clip in dataset.clips} == {("a", 1), ("b", 2), ("c", 3)} or len(
        {(clip.group, clip.fold) for clip in dataset.clips}
    ) == 3, "a session is never split"
    assert dataset.modalities == {Modality.AUDIO}
    assert [item.reason[:28] for item in dataset.excluded] == [
        "Nobody has said yet what a/0",
        "Nobody has said yet what b/0",
        "Nobody has said yet what c/0",
    ]


def test_what_was_captured_of_one_file_is_one_group_in_whatever_session_it_was_replayed(tmp_path):
    root, file = tmp_path / "captures", str(tmp_path / "dog.wav")
    first = keep(root, "a", "dog", 0, played=file)
    keep(root, "b", "dog", 1, played=file)
    keep(root, "b", "rain", 2, played=str(tmp_path / "rain.wav"))
    keep(root, "c", "dog", 3, played=str(first.path))
    keep(root, "c", "dog", 4, played=str(root / "a" / "recording 10-00-00"))
    keep(root, "c", "rain", 5, played="40 recordings")  # as earlier versions wrote
    clips = DATASETS["captured"].open(root).clips
    assert [clip.group for clip in clips] == [file, file, str(tmp_path / "rain.wav"), file, "a", "c"]
    assert len({clip.fold for clip in clips if clip.group == file}) == 1


def test_one_session_can_be_seen_and_not_trained_on(tmp_path):
    root = tmp_path / "captures"
    for number, label in enumerate(("dog", "rain", "dog")):
        keep(root, "a", label, number, film=True)
    dataset = DATASETS["captured"].open(root)
    assert len(dataset.clips) == 3 and dataset.folds == ()
    assert dataset.modalities == frozenset(Modality)
    assert any("Nothing can be trained on these clips yet" in note for note in dataset.notes)


def test_too_little_is_said(tmp_path):
    root = tmp_path / "captures"
    root.mkdir()
    with pytest.raises(UserError, match="holds no captures yet"):
        DATASETS["captured"].open(root)
    keep(root, "a", "")
    with pytest.raises(UserError, match="No class is named among the 1 captures"):
        DATASETS["captured"].open(root)
    keep(root, "a", "dog", 1)
    with pytest.raises(UserError, match="One class is named, “dog”"):
        DATASETS["captured"].open(root)
