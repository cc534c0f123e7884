"""Of many pairs, sentences tell what is known and counts the rest."""

from __future__ import annotations

import pytest

from core.evaluation.findings import MANY, _telling


@pytest.mark.parametrize(
    ("told", "others", "last"),
    [
        (0, MANY, ""),
        (2, MANY - 1, f"Of {MANY + 1} pairs {MANY - 1} cannot be told apart"),
        (0, MANY + 1, f"Of {MANY + 1} pairs {MANY + 1} cannot be told apart"),
        (MANY + 1, 0, f"Of {MANY + 1} pairs 1 more can be told apart."),
        (MANY + 2, 3, f"Of {MANY + 5} pairs 2 more can be told apart and 3 cannot be told apart."),
    ],
)
def test_of_many_pairs_those_that_are_told_apart_are_told(told: int, others: int, last: str) -> None:
    pairs = [(f"{i} may be chance", False) for i in range(others)] + [(f"{i} is ahead", True) for i in range(told)]
    said = _telling(pairs)
    if not last:
        assert said == tuple(sentence for sentence, _ in pairs)
        return
    assert said[-1].startswith(last)
    assert said[:-1] == tuple(f"{i} is ahead" for i in range(min(told, MANY)))


def test_pairs_without_a_test_are_not_called_alike() -> None:
    untested = [(f"{i} is ahead over 1 fold", None) for i in range(MANY + 5)]
    assert _telling(untested) == tuple(sentence for sentence, _ in untested)
    said = _telling([*untested, ("may be chance", False), ("beats", True)])
    assert said == ("beats", *(s for s, _ in untested), f"Of {MANY + 7} pairs 1 cannot be told apart.")
