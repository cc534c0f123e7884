"""One network at several values of one of its settings."""

from __future__ import annotations

import pytest

from core.errors import UserError
from core.run_spec import Network
from core.study import Study
from core.vary import Variable, variables, varied


def usual(about: Variable) -> str:
    """Some value that the setting takes by itself."""
    return about.choices[-1] if about.choices else {"architecture": "alexnet"}.get(about.key, "1")


def test_frozen_stages_are_frozen() -> None:
    base = Network(architecture="alexnet", weights="imagenet", recipe={"epochs": 3})
    made = varied(base, "freeze_stages", ["1", " 2", "5"])
    assert [(n.freeze, n.freeze_stages, n.recipe) for n in made] == [("stages", k, {"epochs": 3}) for k in (1, 2, 5)]
    assert [n.name for n in made] == [f"AlexNet (imagenet), frozen stages {k}" for k in (1, 2, 5)]


def test_what_is_of_the_recipe_departs_beside_what_departs_already() -> None:
    base = Network(recipe={"audio": {"mels": 128}, "epochs": 3})
    made = varied(base, "recipe.audio.seconds", ["1", "2.5"])
    assert [n.recipe for n in made] == [{"audio": {"mels": 128, "seconds": s}, "epochs": 3} for s in (1.0, 2.5)]
    (mixed,) = varied(base, "recipe.mixing", ["mixup"])
    assert mixed.recipe == {**base.recipe, "mixing": "mixup"}
    study = Study(network=(*made, mixed))
    assert [study.recipe_of(n).audio.seconds for n in study.network] == [1.0, 2.5, 5.0]
    assert base.recipe == {"audio": {"mels": 128}, "epochs": 3}


@pytest.mark.parametrize(
    ("key", "values", "sentence"),
    [
        ("recipe.epochs", "0", "Epochs: epochs = “0”: must be at least 1"),
        ("recipe.epochs", "many", "Epochs: epochs = “many”: must be a whole number"),
        ("recipe.mixing", "all", "Mixing: mixing = “all”: must be none, "),
        ("recipe.epochs", "3, 3", "stands twice"),
        ("recipe.learning_rate", "0.1, 0.01, 0.10", "stands twice"),
        ("freeze_stages", "1, 01", "stands twice"),
        ("recipe.epochs", " , ", "write the values"),
        ("weights", "file", "needs weights_path"),
        ("architecture", "alexnett", "Did you mean “alexnet”"),
    ],
)
def test_what_cannot_be_is_said(key: str, values: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence.replace("(", r"\(")):
        varied(Network(), key, values.split(","))


def test_every_variable_can_be_varied() -> None:
    """With a value at hand; some refuse it, and then say so in a sentence that names the setting."""
    taken = 0
    for key, about in variables().items():
        try:
            (made,) = varied(Network(), key, [usual(about)])
        except UserError as error:
            assert about.title in str(error)
        else:
            taken += made != Network(name=made.name)
    assert taken > 30
