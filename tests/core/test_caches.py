"""What the caches of two wings say together."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from core.caches import Caches
from core.datasets.base import Dataset, Modality


def test_a_clip_that_one_wing_cannot_decode_has_digests_as_long_as_the_others(tmp_path: Path) -> None:
    caches = Caches(Dataset("x", "X", tmp_path, ("a",), (), "", frozenset(Modality)), tmp_path)
    seen = {name: SimpleNamespace(file_digest=f"file {name}", content_digest=f"pictures {name}") for name in "ab"}
    caches.facts = {"audio": {}, "video": seen}
    assert caches.digests() == {"a": ("file a", "pictures a", ""), "b": ("file b", "pictures b", "")}
