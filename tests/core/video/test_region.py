"""The part of a frame that is looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from core.video.decode import decode
from core.video.region import edges, part, part_size, seen
from core.video.settings import WHOLE, VideoSettings
from tests.core.films import moving_square, write_film


def test_edges_are_shares_of_width_and_height() -> None:
    assert edges(200, 100, (0.25, 0.5, 0.75, 1.0)) == (50, 50, 150, 100)
    assert part_size(200, 100, (0.25, 0.5, 0.75, 1.0)) == (100, 50)
    assert part_size(3, 2, (0.98, 0.98, 1.0, 1.0)) == (1, 1)  # never empty


def test_a_part_is_the_pixels_within() -> None:
    frames = np.arange(2 * 4 * 8 * 3, dtype=np.uint8).reshape(2, 4, 8, 3)
    np.testing.assert_array_equal(part(frames, (0.5, 0.25, 1.0, 0.75)), frames[:, 1:3, 4:8])
    assert part(frames, WHOLE) is frames
    assert seen(frames, VideoSettings(fit="crop")).shape == (2, 4, 4, 3)
    assert seen(frames, VideoSettings(fit="whole", region=(0.0, 0.0, 0.5, 1.0))).shape == (2, 4, 4, 3)


def test_decoding_keeps_the_region_and_enlarges_it(tmp_path: Path) -> None:
    pictures = moving_square(4)
    path = write_film(tmp_path / "a.mkv", pictures)
    region = (0.25, 0.0, 0.75, 1.0)  # 32 of 64 columns
    frames, _, facts = decode(path, VideoSettings(frames=4, spare=1, side=32, size=32, region=region))
    np.testing.assert_array_equal(frames, np.array(pictures)[:, :, 16:48])
    larger, _, _ = decode(path, VideoSettings(frames=4, spare=1, side=64, size=64, region=region))
    assert larger.shape == (4, 96, 64, 3)
    assert (facts.width, facts.height) == (64, 48)  # of the file


@pytest.mark.parametrize("region", [(0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0.6, 0, 0.4, 1)])
def test_what_is_no_part_of_a_frame_is_refused(region: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValidationError, match="is no part of the frame: give its left, top, right and bottom"):
        VideoSettings(region=region)
