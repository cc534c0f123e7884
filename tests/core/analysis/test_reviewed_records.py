"""Reviews laid on records: found by content wherever the files lie, copies included."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.analysis.clip_records import ClipRecords, RunInfo
from core.analysis.review import Key, Review, Verdict, open_reviews
from core.analysis.reviewed_records import WORDS, ReviewedRecords, digests_of
from core.control import Control
from core.datasets import DATASETS
from core.errors import Cancelled
from core.evaluation.predictions import Predictions
from core.recipe import Recipe
from core.wings import WINGS
from core.workspace import Workspace
from tests.core.tones import write_tones

CLASSES = ("dog", "rain")


def records_of(*runs: dict[str, int]) -> ClipRecords:
    """Runs that tested clips, by id, of the classes given; all are told to be dogs."""
    return ClipRecords.collect(
        [
            (
                RunInfo("net", "resnet50", 1, seed),
                Predictions(
                    classes=CLASSES,
                    clip_ids=np.array(list(run), dtype=np.str_),
                    labels=np.array(list(run.values()), dtype=np.int64),
                    probabilities=np.tile(np.float32([0.9, 0.1]), (len(run), 1)),
                    features=np.zeros((len(run), 0), np.float16),
                ),
            )
            for seed, run in enumerate(runs)
        ]
    )


def words(reviewed: ReviewedRecords) -> list[str]:
    return [WORDS[code] for code in reviewed.codes]


def test_a_review_stands_at_every_record_of_its_clip_and_of_its_copies(workspace: Workspace) -> None:
    records = records_of({"a": 0, "b": 1, "c": 0}, {"c": 0, "a": 0})
    reviewed, book = ReviewedRecords(records), open_reviews(workspace)
    assert reviewed.key(0) is None and reviewed.unknown() == ["a", "b", "c"]
    reviewed.know({"a": "same", "c": "same", "b": "other"})
    assert reviewed.key(1) == Key("other", "rain") and not reviewed.unknown()
    book.keep(book.of(Key("same", "dog"), "a", "").toggled(Verdict.NOISE))
    book.keep(book.of(Key("same", "rain"), "a", "").toggled(Verdict.FINE))  # the same sound, labelled otherwise
    book.keep(book.of(Key("other", "rain"), "b", "").noted("?"))
    book.keep(book.of(Key("other", "cat"), "b", "").toggled(Verdict.FINE))  # of another dataset
    codes = reviewed.codes
    reviewed.fill(book.reviews)
    assert words(reviewed) == ["noise", "note", "noise", "noise", "noise"]
    assert reviewed.codes is codes, "a table holds the same array"
    assert reviewed.rows_of(Key("same", "dog")).tolist() == [0, 2, 3, 4]
    reviewed.show(Key("same", "dog"), book.of(Key("same", "dog"), "a", "").noted("hiss"))
    assert words(reviewed)[0] == "noise, note"
    reviewed.show(Key("same", "dog"), None)
    assert words(reviewed) == ["", "note", "", "", ""]


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_is_told_from_the_others(workspace: Workspace, verdict: Verdict) -> None:
    reviewed, book = ReviewedRecords(records_of({"a": 0, "b": 1})), open_reviews(workspace)
    reviewed.know({"a": "1", "b": "2"})
    for note in ("", "why"):
        review: Review = book.of(Key("1", "dog"), "a", "").toggled(verdict).noted(note)
        reviewed.show(review.key, review)
        assert words(reviewed) == [f"{verdict}, {note and 'note'}".rstrip(", "), ""]
        assert [other for other in Verdict if reviewed.given(other)[0]] == [verdict]
        assert reviewed.judged().tolist() == [True, False]


def test_progress_and_the_next_clip_are_of_clips_and_not_of_records(workspace: Workspace) -> None:
    run = {"a": 0, "b": 0, "c": 0}
    reviewed, book = ReviewedRecords(records_of(run, run)), open_reviews(workspace)
    reviewed.know({"a": "1", "b": "2", "c": "3"})
    shown = np.array([3, 0, 1, 4, 2])  # a, a, b, b, c
    assert reviewed.next_without(shown, 0) == 2
    for name, verdict in (("2", Verdict.FINE), ("1", Verdict.NOISE)):
        reviewed.show(Key(name, "dog"), book.of(Key(name, "dog"), "", "").toggled(verdict))
    reviewed.show(Key("3", "dog"), book.of(Key("3", "dog"), "", "").noted("a note is no verdict"))
    assert reviewed.progress(shown) == (2, 3)
    assert reviewed.progress(shown[:1]) == (1, 1)
    assert reviewed.progress(shown[:0]) == (0, 0)
    assert reviewed.next_without(shown, 0) == 4
    assert reviewed.next_without(shown, 4) == -1


def test_the_content_of_clips_is_known_wherever_they_lie_and_from_the_caches_where_they_have_it(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = write_tones(tmp_path / "here")
    dataset = DATASETS["labelled-folder"].open(here)
    ids = [clip.id for clip in dataset.clips]
    slowly = {clip.id: hashlib.sha256(clip.path.read_bytes()).hexdigest() for clip in dataset.clips}
    there = tmp_path / "there"
    shutil.copytree(here, there)
    elsewhere = DATASETS["labelled-folder"].open(there)

    def digests(data, names=ids):
        return digests_of(names, data, workspace, Control(), lambda _: None)

    assert digests(dataset) == digests(elsewhere) == slowly
    assert digests(dataset, [ids[0], "gone.wav"]) == {ids[0]: slowly[ids[0]]}
    WINGS["audio"].open_cache(dataset, Recipe(), workspace.cache)
    changed, empty = dataset.clips[0].path, dataset.clips[1].path
    changed.write_bytes(changed.read_bytes() + b"\0")
    empty.write_bytes(b"")
    read = []
    real = hashlib.file_digest
    monkeypatch.setattr("hashlib.file_digest", lambda file, how: read.append(file.name) or real(file, how))
    after = digests(dataset)
    assert sorted(map(os.fspath, read)) == sorted(map(os.fspath, (changed, empty))), "the others were read before"
    new = hashlib.sha256(changed.read_bytes()).hexdigest()
    assert after == {name: digest for name, digest in slowly.items() if name != ids[1]} | {ids[0]: new}
    assert new != slowly[ids[0]]


def test_looking_for_contents_can_be_given_up(tmp_path: Path, workspace: Workspace) -> None:
    dataset, control = DATASETS["labelled-folder"].open(write_tones(tmp_path)), Control()
    control.cancel()
    with pytest.raises(Cancelled):
        digests_of([clip.id for clip in dataset.clips], dataset, workspace, control, lambda _: None)
