"""The embedding, judged by scikit-learn's measures on mixtures whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.metrics.pairwise import cosine_similarity

from core.analysis.embedding import FEWEST, directions, embed, log_ratios
from core.control import Control
from core.errors import Cancelled


def mixture(clips: int = 240, dimensions: int = 64, parts: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features of parts that lie well apart, and the part of each clip."""
    random = np.random.default_rng(seed)
    part = np.arange(clips) % parts
    return random.normal(size=(parts, dimensions))[part] * 3 + random.normal(size=(clips, dimensions)), part


def told(reports: list) -> list[int]:
    return [report.done for report in reports]


def test_neighbours_stay_neighbours_and_parts_stay_apart():
    features, part = mixture()
    vectors, reports = directions(features), []
    points = embed(vectors, Control(), reports.append)
    assert points.shape == (len(features), 2) and points.dtype == np.float32
    assert trustworthiness(vectors, points, n_neighbors=10) > 0.9
    assert silhouette_score(points, part) > 0.6
    assert told(reports) == sorted(told(reports)) and reports[-1].done == reports[-1].total


def test_the_same_clips_are_always_placed_alike():
    vectors = directions(mixture(60)[0])
    first, second = (embed(vectors, Control(), lambda _: None) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_it_is_left_while_it_is_computed():
    control, seen = Control(), []

    def look(progress):
        seen.append(progress.done)
        if progress.done >= 100:
            control.cancel()

    with pytest.raises(Cancelled):
        embed(directions(mixture(60)[0]), control, look)
    assert seen[-1] == 100


@pytest.mark.parametrize("clips", range(FEWEST + 3))
def test_few_clips_are_placed_too(clips):
    points = embed(directions(mixture(clips)[0]), Control(), lambda _: None)
    assert points.shape == (clips, 2) and np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == clips


def test_clips_that_are_all_the_same_share_a_place():
    points = embed(directions(np.full((40, 8), 0.1, np.float16)), Control(), lambda _: None)
    np.testing.assert_array_equal(points, np.zeros((40, 2)))


def test_clips_that_are_many_times_there_and_one_dimension_do_no_harm():
    twins = np.repeat(mixture(6)[0], 50, axis=0)
    line = np.linspace(0, 1, 30)[:, None]
    for features in (twins, line):
        points = embed(directions(features), Control(), lambda _: None)
        assert np.isfinite(points).all() and np.ptp(points, axis=0).max() > 0


def test_distances_between_directions_are_those_of_the_cosine():
    features = mixture(50)[0]
    features[7] = 0
    found = directions(features.astype(np.float16))
    np.testing.assert_allclose(found @ found.T, cosine_similarity(features), atol=1e-3)
    assert not found[7].any()


def test_what_is_not_finite_is_made_so():
    features = mixture(50)[0].astype(np.float16)
    features[3, 5], features[4, 6], features[5, 7] = np.nan, np.inf, -np.inf
    found = directions(features)
    assert np.isfinite(found).all()
    assert found[3, 5] == 0 and found[4, 6] > 0.99 and found[5, 7] < -0.99


def test_log_ratios_are_the_centred_logits_of_a_softmax():
    logits = np.random.default_rng(0).normal(size=(30, 6))
    powers = np.exp(logits)
    ratios = log_ratios((powers / powers.sum(axis=1, keepdims=True)).astype(np.float32))
    np.testing.assert_allclose(ratios, logits - logits.mean(axis=1, keepdims=True), atol=1e-5)
    assert np.isfinite(log_ratios(np.eye(3, dtype=np.float32))).all()
