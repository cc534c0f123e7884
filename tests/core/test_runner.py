"""In which order the runs of a study are trained."""

from __future__ import annotations

import pytest

from core.run_spec import Network
from core.runner import in_order
from core.study import Study

ALONE = Study(network=(Network(), Network(architecture="alexnet")), folds=(1, 2))
BOTH = Study(
    modality="audio-visual",
    recipe={"validation_share": 0.2},
    network=(
        Network(name="hears", modality="audio"),
        Network(name="sees", modality="video"),
        Network(name="both", modality="audio-visual"),
    ),
)


def test_what_is_wanted_first_comes_first_in_that_order_and_the_rest_stays() -> None:
    specs = list(ALONE.runs((1, 2)))
    wanted = [specs[3].id, "no run of this study", specs[1].id]
    assert in_order(specs, wanted) == [specs[3], specs[1], specs[0], specs[2]]
    assert in_order(specs, ()) == specs


@pytest.mark.parametrize("trained", [0, 1])
def test_what_a_run_starts_from_comes_before_it(trained: int) -> None:
    specs = list(BOTH.runs((1, 2)))[trained:]  # the first branch may be trained already
    ordered = [(spec.network.label, spec.fold) for spec in in_order(specs, [specs[-1].id])]
    assert ordered[:3] == [("hears", 2), ("sees", 2), ("both", 2)]
    assert len(ordered) == len(specs)
