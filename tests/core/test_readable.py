from core import readable
from core.estimate import Estimate


def test_one_of_a_thing_is_named_in_the_singular():
    assert readable.counted(1, "run") == "1 run"
    assert [readable.counted(n, "class", "classes") for n in (0, 1, 2)] == ["0 classes", "1 class", "2 classes"]
    assert Estimate(60.0, 0, 1, 1, {}).sentence().startswith("1 run, about 1 min")


def test_a_minus_is_a_minus():
    assert readable.figure(-0.5, "+.1f") == "−0.5"
    assert readable.figure(12.0) == "12"


def test_words_that_say_the_same_are_said_once():
    assert readable.joined(("GRU", "", "sight", "gru")) == "GRU, sight"
    assert readable.joined((), " · ") == ""
    assert readable.joined(["gated attention", "Gated attention"], " · ") == "gated attention"
