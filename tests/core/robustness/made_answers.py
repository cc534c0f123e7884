"""FABRICATED answers to corrupted clips beside fabricated runs, for tests and trials. Nothing here is a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.evaluation.predictions import pooled
from core.robustness import CORRUPTIONS
from core.runs import RunFolder

HOLDS_OUT = {"audio-visual": 0.35, "audio": 1.0, "video": 1.0}  # how much of the harm reaches a network


def make_answers(
    folders: Sequence[RunFolder], corruption: str = "noise", levels: Sequence[float] = (), harm: float = 0.9
) -> None:
    """Every run that looks at the corrupted wing loses certainty level by level, fusions less than single networks.

    At the worst level a share `harm` of what a network knows is lost to chance.
    """
    row = CORRUPTIONS[corruption]
    levels = row.in_order(levels or row.levels)
    for folder in folders:
        spec, clean = folder.spec, folder.predictions()
        if row.wing not in spec.modality.wings:
            continue
        for step, level in enumerate(levels, start=1):
            random = np.random.default_rng((len(folder.id), spec.fold, spec.seed, step))
            share = harm * HOLDS_OUT[spec.modality] * (step / len(levels)) ** 1.5
            lost = random.random(len(clean)) < share
            noise = random.dirichlet(np.ones(len(clean.classes)), len(clean)).astype(np.float32)
            probabilities = np.where(lost[:, None], noise, clean.probabilities)
            pooled([replace(clean, probabilities=probabilities)]).save(folder.corrupted(corruption, level))
