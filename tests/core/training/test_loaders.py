"""Batches: every clip once an epoch, in an order that only (seed, epoch) decides."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.cache import AudioCache, open_cache
from core.audio.settings import AudioSettings
from core.datasets import DATASETS
from core.datasets.base import Dataset
from core.recipe import Recipe
from core.training.loaders import Batches, seed_of
from core.video.settings import VideoAugmentation, VideoSettings
from tests.core.tones import RATE, write_tones
from tests.core.training.counted_clips import Counted, counted_clips


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, AudioCache]:
    folder = tmp_path_factory.mktemp("loaders")
    dataset = DATASETS["labelled-folder"].open(write_tones(folder / "tones"))
    return dataset, open_cache(dataset, Recipe(audio=AudioSettings(rate=RATE)), folder / "cache")


def batches(data: tuple[Dataset, AudioCache], training: bool, samples: int = 3200, seed: int = 0) -> Batches:
    dataset, cache = data
    recipe = Recipe(batch_size=7, audio=AudioSettings(rate=RATE, seconds=samples / RATE))
    return Batches(dataset.clips, {"audio": cache}, recipe, seed, training)


def order(loader: Batches, epoch: int) -> list[int]:
    loader.epoch = epoch
    return [position for batch in loader for position in batch.positions]


def test_every_clip_once_and_batches_are_even(data: tuple[Dataset, AudioCache]) -> None:
    loader = batches(data, training=True)
    sizes = [len(batch) for batch in loader]
    assert len(sizes) == len(loader) == 4
    assert sum(sizes) == 24 and max(sizes) - min(sizes) <= 1
    assert sorted(order(loader, 0)) == list(range(24))


@pytest.mark.parametrize(
    ("size", "accumulate", "sizes"),
    [
        (7, 2, [6] * 4),
        (9, 2, [6] * 4),  # three batches of eight would leave a step of one batch
        (4, 4, [3] * 8),
        (8, 16, [8] * 3),  # too few for one step
        (1, 9, [1] * 24),  # batches cannot be smaller
    ],
)
def test_steps_are_of_as_many_clips(
    data: tuple[Dataset, AudioCache], size: int, accumulate: int, sizes: list[int]
) -> None:
    dataset, cache = data
    recipe = Recipe(batch_size=size, accumulate=accumulate, audio=AudioSettings(rate=RATE, seconds=0.4))
    loader = Batches(dataset.clips, {"audio": cache}, recipe, 0, training=True)
    assert [len(batch) for batch in loader] == sizes and len(loader) == len(sizes)


def test_the_order_is_of_seed_and_epoch(data: tuple[Dataset, AudioCache]) -> None:
    loader = batches(data, training=True)
    first = order(loader, 0)
    assert order(loader, 1) != first
    assert order(loader, 0) == first
    assert order(batches(data, training=True, seed=1), 0) != first
    assert order(batches(data, training=False), 3) == list(range(24))


def test_clips_are_padded_and_cropped(data: tuple[Dataset, AudioCache]) -> None:
    dataset, cache = data
    whole = cache.samples(dataset.clips[0].id)
    padded = next(iter(batches(data, training=False, samples=4000))).inputs["audio"][0][0].numpy()
    np.testing.assert_array_equal(padded[:3200], whole)
    assert not padded[3200:].any()
    centred = next(iter(batches(data, training=False, samples=1000))).inputs["audio"][0][0].numpy()
    np.testing.assert_array_equal(centred, whole[1100:2100])


@pytest.mark.parametrize("wing", ["audio", "video"])
def test_what_is_seen_of_long_clips_is_drawn_for_each_clip_and_epoch(wing: str) -> None:
    clips = counted_clips(12, classes=3)
    recipe = Recipe(
        batch_size=5,
        audio=AudioSettings(rate=RATE, seconds=0.1),  # 800 samples
        video=VideoSettings(sampling="window", frames=4, side=32, size=32),
    )
    length, taken = (4000, 800) if wing == "audio" else (200, 4)

    def starts(training: bool, epoch: int = 0, seed: int = 0, recipe: Recipe = recipe) -> list[int]:
        loader = Batches(clips, {wing: Counted({clip.id: length for clip in clips})}, recipe, seed, training)
        loader.epoch = epoch
        found = {}
        for batch in loader:
            for position, clip in zip(batch.positions, batch.inputs[wing][0], strict=True):
                places = clip if wing == "audio" else clip[:, 0, 0, 0]
                assert (places.double().diff() == 1).all() and len(places) == taken, "neighbours, in order"
                found[position] = int(places[0])
        return [found[position] for position in range(len(clips))]

    first, second = starts(True), starts(True, epoch=1)
    for seen in (first, second):
        assert len(set(seen)) > 8 and min(seen) >= 0 and max(seen) <= length - taken
        assert max(seen) - min(seen) > (length - taken) / 2
    assert sum(map(int.__eq__, first, second)) < 3
    assert starts(True) == first and starts(True, seed=1) != first
    assert starts(False) == starts(False, epoch=1) == [(length - taken) // 2] * len(clips)
    still = recipe.model_copy(update={"video_augmentation": VideoAugmentation(jitter=False)})
    if wing == "video":
        assert starts(True, recipe=still) == starts(False)


def test_views_are_spread_over_each_clip() -> None:
    clips = counted_clips(5, classes=3)
    lengths = {clip.id: 24 + 10 * clip.label for clip in clips}
    recipe = Recipe(batch_size=2, video=VideoSettings(sampling="window", frames=4, side=32, size=32, views=3))
    views = list(Batches(clips, {"video": Counted(lengths)}, recipe, seed=0).views())
    starts = [[int(clip[0, 0, 0, 0]) for batch in view for clip in batch.inputs["video"][0]] for view in views]
    assert starts == [[0] * 5, [10, 15, 20, 10, 15], [20, 30, 40, 20, 30]]


def test_labels_belong_to_their_sounds(data: tuple[Dataset, AudioCache]) -> None:
    dataset, _ = data
    for batch in batches(data, training=True):
        assert [dataset.clips[p].label for p in batch.positions] == batch.labels.tolist()


def test_seeds_differ_and_are_stable() -> None:
    assert seed_of(0, 1, 2) == seed_of(0, 1, 2)
    assert len({seed_of(a, b, c) for a in range(5) for b in range(5) for c in range(5)}) == 125
    assert 0 <= seed_of(1) < 2**63


def test_seeds_of_other_length_differ_too() -> None:
    assert len({seed_of(*(5,) + (0,) * zeros) for zeros in range(6)}) == 6
    assert seed_of() != seed_of(0)
