"""Reviews: kept by content and class, every step taken back, nothing lost where a file is damaged."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from core.analysis.review import FILE, Key, Review, ReviewBook, Verdict, open_reviews
from core.errors import UserError
from core.workspace import Workspace

DOG, RAIN = Key("aa", "dog"), Key("bb", "rain")


def say(book: ReviewBook, key: Key, verdict: Verdict, note: str = "") -> Review:
    review = book.of(key, f"{key.true_class}/1.wav", "ESC-10").toggled(verdict)
    review = review.noted(note) if note else review
    book.keep(review)
    return review


def test_what_was_said_is_there_when_the_workspace_is_opened_again(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    assert not book.reviews
    kept = say(book, DOG, Verdict.AMBIGUOUS, "a fox, perhaps\nor “ein Füchslein”")
    say(book, RAIN, Verdict.FINE)
    book.save()
    again = open_reviews(workspace)
    assert again.reviews == book.reviews and again.reviews[DOG] == kept and not again.problem
    assert not again.can_undo, "steps are those of a session"


def test_a_verdict_given_once_more_is_taken_back_and_leaves_nothing(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    say(book, DOG, Verdict.NOISE)
    say(book, DOG, Verdict.FINE)
    assert book.reviews[DOG].verdict is Verdict.FINE
    say(book, DOG, Verdict.FINE)
    assert not book.reviews
    say(book, DOG, Verdict.FINE, "a note")
    say(book, DOG, Verdict.FINE)
    assert book.reviews[DOG].verdict is None and book.reviews[DOG].note == "a note"


def test_the_same_recording_under_another_label_is_another_clip(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    say(book, DOG, Verdict.LABEL_ERROR)
    other = Key(DOG.content, "fox")
    assert book.of(other, "fox/1.wav", "").verdict is None
    say(book, other, Verdict.FINE)
    assert {key.true_class: review.verdict for key, review in book.reviews.items()} == {
        "dog": Verdict.LABEL_ERROR, "fox": Verdict.FINE,
    }  # fmt: skip


def test_any_number_of_steps_is_undone_and_redone(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    random, keys = np.random.default_rng(3), [Key(content, "dog") for content in "abc"]
    states = [dict(book.reviews)]
    while len(states) < 60:
        key, verdict = keys[random.integers(3)], list(Verdict)[random.integers(4)]
        say(book, key, verdict, str(random.integers(3)))
        if dict(book.reviews) != states[-1]:
            states.append(dict(book.reviews))
    for before in states[-2::-1]:
        assert book.can_undo and book.undo() is not None
        assert book.reviews == before
    assert not book.can_undo and book.undo() is None
    for after in states[1:]:
        assert book.redo() is not None
        assert book.reviews == after
    assert not book.can_redo and book.redo() is None


def test_a_step_names_its_clip_and_a_new_one_ends_what_could_be_redone(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    say(book, DOG, Verdict.FINE)
    say(book, RAIN, Verdict.NOISE)
    assert (book.undo(), book.undo()) == (RAIN, DOG)
    say(book, RAIN, Verdict.AMBIGUOUS)
    assert not book.can_redo
    assert [review.verdict for review in book.reviews.values()] == [Verdict.AMBIGUOUS]


def test_to_say_the_same_or_nothing_is_no_step(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    book.keep(book.of(DOG, "", ""))
    review = say(book, DOG, Verdict.FINE)
    book.keep(review.noted("  "))
    assert book.undo() == DOG and not book.can_undo


def test_only_one_program_may_say_something(workspace: Workspace) -> None:
    first = open_reviews(workspace)
    say(first, DOG, Verdict.FINE)
    first.save()
    second = open_reviews(Workspace(workspace.root).open())
    assert second.reviews == first.reviews
    with pytest.raises(UserError, match="in use by another Sensorium"):
        say(second, RAIN, Verdict.NOISE)
    assert second.reviews == first.reviews and not second.can_undo


def test_of_a_damaged_file_the_rest_is_read_and_all_of_it_lies_aside(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    for number in range(3):
        say(book, Key(str(number), "dog"), Verdict.FINE)
    book.save()
    path = workspace.reviews / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    torn = lines[0] + b'{"content":"1","true\n' + b"\xff\xfe\n" + lines[2][:-1]  # the last without its end
    path.write_bytes(torn)
    reader = open_reviews(Workspace(workspace.root).open())
    assert path.read_bytes() == torn and "left as it is" in reader.problem and len(reader.reviews) == 2
    again = open_reviews(workspace)
    assert [key.content for key in again.reviews] == ["0", "2"]
    (aside,) = [other for other in workspace.reviews.iterdir() if other != path]
    assert aside.read_bytes() == torn and aside.name in again.problem
    assert "2 lines" in again.problem and str(path) in again.problem
    say(again, RAIN, Verdict.NOISE)
    again.save()
    mended = open_reviews(workspace)
    assert len(mended.reviews) == 3 and not mended.problem
    assert aside.read_bytes() == torn


def test_a_file_that_cannot_be_read_is_not_written_over(workspace: Workspace) -> None:
    (workspace.reviews / FILE).mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        open_reviews(workspace)


def test_what_could_not_be_written_is_written_with_the_next(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = open_reviews(workspace)
    say(book, DOG, Verdict.FINE)
    with monkeypatch.context() as patched:
        patched.setattr(workspace, "reviews", Path("/dev/null/reviews"))
        with pytest.raises(UserError, match="could not be written"):
            book.save()
    say(book, RAIN, Verdict.NOISE)
    book.save()
    assert open_reviews(workspace).reviews == book.reviews
    before = (workspace.reviews / FILE).stat().st_mtime_ns
    book.save()
    assert (workspace.reviews / FILE).stat().st_mtime_ns == before, "nothing had changed"


def test_other_programmes_read_every_review(workspace: Workspace) -> None:
    book = open_reviews(workspace)
    note = 'two dogs, “and”\na "cat"'
    review = say(book, DOG, Verdict.LABEL_ERROR, note)
    book.keep(book.of(RAIN, "rain/1.wav", "Labelled folder mine").noted("drops"))
    rows = list(csv.DictReader(io.StringIO(book.table().csv())))
    assert rows[0] == {
        "clip": "dog/1.wav", "dataset": "ESC-10", "true class": "dog", "verdict": "label error", "note": note,
        "time": review.time.isoformat(), "sha256": "aa",
    }  # fmt: skip
    assert (rows[1]["verdict"], rows[1]["note"], len(rows)) == ("", "drops", 2)
