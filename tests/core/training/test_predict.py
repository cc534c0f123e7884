"""Predictions of clips seen in several views, against means made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import models
from core.audio.settings import AudioSettings
from core.control import Control
from core.recipe import Recipe
from core.training.loaders import Batches
from core.training.predict import predict, weigh
from core.training.task import Task
from core.video.settings import VideoSettings
from models.fusion import ScoreAverage
from tests.core.training.counted_clips import COLUMNS, ROWS, Counted, counted_clips

FRAMES, VIEWS, LENGTH = 4, 3, 200  # starts 0, 98 and 196
RECIPE = Recipe(
    batch_size=3,
    audio=AudioSettings(rate=8000, seconds=0.5, n_fft=256, hop=64, mels=32),
    video=VideoSettings(sampling="window", frames=FRAMES, side=32, size=32, views=VIEWS),
)
CLASSES = ("a", "b", "c")
CLIPS = counted_clips(5, len(CLASSES))
SIZES = torch.tensor([[ROWS, COLUMNS]])


def by_hand(task: Task, start: int) -> torch.Tensor:
    """What the network sees of a view: each clip is the same."""
    places = torch.arange(start, start + FRAMES, dtype=torch.uint8)
    pixels = places.view(1, -1, 1, 1, 1).expand(1, FRAMES, ROWS, COLUMNS, 3)
    seen: torch.Tensor = task.front_ends["video"]((pixels, SIZES))
    return seen


@torch.inference_mode()
def test_probabilities_and_features_are_means_over_views_and_frames_of_the_first() -> None:
    torch.manual_seed(0)
    network = models.build("baseline_cnn", len(CLASSES), (3,), FRAMES, "average")
    task = Task(network, RECIPE, ("video",), len(CLASSES), seed=0).eval()
    task.front_ends["video"].standardise.std.fill_(0.05)  # so that the views are told apart
    caches = {"video": Counted({clip.id: LENGTH for clip in CLIPS})}
    predictions = predict(task, Batches(CLIPS, caches, RECIPE, seed=0), CLASSES, Control())
    views = [by_hand(task, start) for start in (0, 98, 196)]
    each = torch.stack([network(view).softmax(1) for view in views])
    assert each.std(0).max() > 0.01, "views that say the same would show nothing"
    expected = each.mean(0).expand(len(CLIPS), -1)
    np.testing.assert_allclose(predictions.probabilities, expected, atol=1e-6)
    features = torch.stack([network.features(view) for view in views]).mean(0).expand(len(CLIPS), -1)
    np.testing.assert_allclose(predictions.features, features, atol=2e-3)
    first = network.features_and_frames(views[0])[1]
    assert first is not None
    frames = first.softmax(2).expand(len(CLIPS), -1, -1)
    np.testing.assert_allclose(predictions.frame_probabilities, frames, atol=1e-3)


@torch.inference_mode()
def test_a_score_average_is_weighed_by_means_over_views(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    sound = models.build("baseline_cnn", len(CLASSES))
    sight = models.build("baseline_cnn", len(CLASSES), (3,), FRAMES, "average")
    network = models.build_fusion("score average", sound, sight, len(CLASSES))
    task = Task(network, RECIPE, ("audio", "video"), len(CLASSES), seed=0).eval()
    task.front_ends["video"].standardise.std.fill_(0.05)
    counted = Counted({clip.id: LENGTH for clip in CLIPS})
    given: list[torch.Tensor] = []
    monkeypatch.setattr(ScoreAverage, "weigh", lambda network, *arguments: given.extend(arguments))
    weigh(task, network, Batches(CLIPS, {"audio": counted, "video": counted}, RECIPE, seed=0), Control())
    heard, seen, labels = given
    waveform = torch.nn.functional.pad(torch.arange(LENGTH).float(), (0, RECIPE.audio.samples - LENGTH))[None]
    of_sound = sound(task.front_ends["audio"]((waveform,))).softmax(1)
    of_sight = torch.stack([sight(by_hand(task, start)).softmax(1) for start in (0, 98, 196)]).mean(0)
    torch.testing.assert_close(heard, of_sound.expand(len(CLIPS), -1))
    torch.testing.assert_close(seen, of_sight.expand(len(CLIPS), -1))
    assert labels.tolist() == [clip.label for clip in CLIPS]


@torch.inference_mode()
def test_shares_of_a_gate_are_means_over_views() -> None:
    torch.manual_seed(0)
    sound = models.build("baseline_cnn", len(CLASSES))
    sight = models.build("baseline_cnn", len(CLASSES), (3,), FRAMES, "average")
    network = models.build_fusion("gated attention", sound, sight, len(CLASSES))
    torch.nn.init.normal_(network.head.gate.weight)  # so that clips and views differ
    task = Task(network, RECIPE, ("audio", "video"), len(CLASSES), seed=0).eval()
    task.front_ends["video"].standardise.std.fill_(0.05)
    counted = Counted({clip.id: LENGTH for clip in CLIPS})
    batches = Batches(CLIPS, {"audio": counted, "video": counted}, RECIPE, seed=0)
    shares = predict(task, batches, CLASSES, Control()).shares
    waveform = torch.nn.functional.pad(torch.arange(LENGTH).float(), (0, RECIPE.audio.samples - LENGTH))[None]
    heard = task.front_ends["audio"]((waveform,))
    each = torch.stack([network.shares(network.features(heard, by_hand(task, start))) for start in (0, 98, 196)])
    assert each.std(0).max() > 0.001, "views that weigh the same would show nothing"
    np.testing.assert_allclose(shares, each.mean(0).expand(len(CLIPS), -1), atol=1e-3)
