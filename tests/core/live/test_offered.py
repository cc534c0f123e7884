"""What is offered live: of a dataset that is replayed only clips that no network asked was trained on."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from core.chosen import open_chosen
from core.control import Control
from core.live.offered import untrained_clips
from core.runs import RunFolder


@pytest.fixture
def dataset(run, workspace):
    return open_chosen(run.spec.dataset, workspace, Control())


def other(run, name, clip_ids):
    """A run that tested other clips."""
    there = run.predictions()
    folder = RunFolder(run.path.with_name(name))
    shutil.copytree(run.path, folder.path)
    dataclasses.replace(there, clip_ids=clip_ids).save(folder.predictions_file)
    return folder


def test_clips_that_a_network_was_trained_on_are_not_replayed_to_it(run, dataset):
    clips = untrained_clips(dataset, [run])
    assert {clip.id for clip in clips} == set(run.tested) and {clip.fold for clip in clips} == {run.spec.fold}
    assert 0 < len(clips) < len(dataset.clips)
    assert untrained_clips(dataset, []) == list(dataset.clips)


def test_every_network_must_have_been_spared_that_knows_the_dataset(run, dataset):
    tested = run.predictions().clip_ids
    strangers = other(run, "strangers", np.array([f"elsewhere/{name}" for name in tested]))
    assert {clip.id for clip in untrained_clips(dataset, [run, strangers])} == set(run.tested)
    rest = [clip.id for clip in dataset.clips if clip.id not in run.tested][: len(tested)]
    assert len(rest) == len(tested)
    assert untrained_clips(dataset, [run, other(run, "another fold", np.array(rest))]) == []
