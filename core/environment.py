"""What a run was made with: enough to make it again, or to say why it differs."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.caches import Caches
from core.datasets.base import Dataset

PACKAGES = (
    "torch", "torchvision", "torchaudio", "lightning", "numpy", "soundfile", "soxr", "av", "opencv-python-headless",
    "librosa", "scikit-learn",
)  # fmt: skip


def environment(device: str, threads: int, dataset: Dataset, caches: Caches) -> dict[str, Any]:
    """Content of environment.json."""
    return {
        "packages": packages(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "device": device,
        "threads": threads,
        "commit": commit(),
        "dataset": dataset.title,
        "dataset_fingerprint": fingerprints(dataset, caches),
        "clips": len(dataset.clips),
        "synthetic": dataset.synthetic,
    }


def packages() -> dict[str, str]:
    """Versions of what a result depends on."""
    return {name: version(name) for name in PACKAGES}


def fingerprints(dataset: Dataset, caches: Caches) -> dict[str, str]:
    """By wing, sha256 over every clip's id, label, fold, group and content: equal where the data are equal."""
    return {wing: _fingerprint(dataset, facts) for wing, facts in caches.facts.items()}


def recorded_fingerprints(environment: Mapping[str, Any]) -> dict[str, str]:
    """The `fingerprints` in a run's environment.json; runs from before there were videos have one, of sounds."""
    found = environment.get("dataset_fingerprint", {})
    return {"audio": found} if isinstance(found, str) else dict(found)


def on_other_clips(environment: Mapping[str, Any], now: Mapping[str, str]) -> bool:
    """Whether an environment.json is of other data than those with the fingerprints of now; wings that only one of them
    has say nothing."""
    begun = recorded_fingerprints(environment)
    return any(begun[wing] != now[wing] for wing in begun.keys() & now.keys())


def _fingerprint(dataset: Dataset, facts: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for clip in dataset.clips:
        content = facts[clip.id].content_digest if clip.id in facts else ""  # no sound that decodes
        digest.update(f"{clip.id}\0{dataset.classes[clip.label]}\0{clip.fold}\0{clip.group}\0{content}\n".encode())
    return digest.hexdigest()


def commit() -> str:
    """The commit of this programme, with a + when files differ from it; empty outside a checkout."""
    here = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=here, capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()
