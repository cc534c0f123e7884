"""Clips taken home: what is in the folder and in the page is what the runs said and what the files hold."""

from __future__ import annotations

import base64
import csv
import errno
import io
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from core.analysis.export_clips import PAGE, export_folder, export_page
from core.analysis.exported import SYNTHETIC, Exported
from core.analysis.review import Review, Verdict, now
from core.analysis.study_records import read_study_records
from core.chosen import open_chosen
from core.control import Control
from core.errors import Cancelled, UserError
from core.run_spec import DatasetChoice
from core.training.initial import build_network
from core.training.task import Task
from core.weights import write_tensors
from tests.core.films import moving_square, tone, write_film
from tests.gui.make_runs import NETWORKS, ClipList, esc10_clips, make_modalities, make_study

CLASSES = ("dog & <cat>", "rain")
EMPTY_TAGS = {"meta", "input", "img"}
RATE = 16000
NASTY = '</p><script>alert("1")</script> & more'


class Page(HTMLParser):
    """What a browser would find: tags in order, and what is embedded."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(content)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data

    def of(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in tags]

    def embedded(self, *tags: str) -> list[tuple[str, bytes]]:
        found = [re.fullmatch(r"data:([a-z]+/[a-z0-9]+);base64,(.*)", one["src"]) for one in self.of(*tags)]
        return [(match[1], base64.b64decode(match[2], validate=True)) for match in found]


def give_weights(folder) -> None:
    """Random ones: what is exported does not depend on training."""
    torch.manual_seed(0)
    spec, classes = folder.spec, len(folder.classes)
    write_tensors(
        Task(build_network(spec, classes), spec.recipe, spec.modality.wings, classes, 0).state_dict(), folder.weights
    )


def labelled(root: Path, names: list[str], choice: DatasetChoice | None = None) -> ClipList:
    labels = tuple(place % 2 for place in range(len(names)))
    lines = [f'{name},"{CLASSES[label]}"' for name, label in zip(names, labels, strict=True)]
    (root / "labels.csv").write_text("\n".join(["path,label", *lines]) + "\n")
    return ClipList(CLASSES, tuple(names), labels, (1,) * len(names))


@pytest.fixture
def sounds(workspace, tmp_path):
    """Six clips that two networks were asked about in two seeds, of which the weights of the first are there."""
    root = tmp_path / "clips"
    (root / "a b").mkdir(parents=True)
    names = [f"a b/näme {n}.wav" for n in range(5)] + ["other.flac"]
    for number, name in enumerate(names):
        soundfile.write(root / name, tone(0.4, 300 * (number + 1)), RATE, subtype="PCM_16")
    (root / "LICENSE.txt").write_text("all of them by a person\n")
    clips = labelled(root, names)
    choice = DatasetChoice(name="labelled-folder", root=str(root))
    runs = make_study(workspace, clips, dataset=choice, networks=NETWORKS[:2], folds=(1,), seeds=(0, 1))
    for run in runs:
        if run.spec.network.architecture == "baseline_cnn" and run.spec.seed == 0:
            give_weights(run)
    data = read_study_records(workspace, "fabricated-test-data", Control(), quiet)
    return data, open_chosen(choice, workspace, Control())


def quiet(progress) -> None:
    """Nobody looks."""


def seed_0(data, count: int) -> list[int]:
    """Records of one network and seed, in an order of their own."""
    run = next(r for r, info in enumerate(data.records.runs) if info.architecture == "baseline_cnn" and info.seed == 0)
    return np.flatnonzero(data.records.run == run)[::-1][:count].tolist()


def test_the_folder_holds_files_pictures_table_licence_and_page(workspace, tmp_path, sounds):
    data, dataset = sounds
    rows = seed_0(data, 3)
    target, said = tmp_path / "home", []
    problems = export_folder(Exported(data, rows, dataset), workspace, target, Control(), said.append)
    ids = [str(data.records.clip_ids[data.records.clip[row]]) for row in rows]
    files = sorted(path.name for path in (target / "clips").iterdir())
    assert len(files) == 3 and all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in files)
    for name, clip_id in zip(files, ids, strict=True):
        assert (target / "clips" / name).read_bytes() == (dataset.root / clip_id).read_bytes()
        assert (target / "pictures" / Path(name).with_suffix(".png")).read_bytes()[:4] == b"\x89PNG"
    licence = (target / "LICENCE.txt").read_text(encoding="utf-8")
    assert dataset.licence in licence and "all of them by a person" in licence
    assert sorted(path.name for path in target.iterdir()) == ["LICENCE.txt", "clips", "clips.csv", PAGE, "pictures"]
    assert said[-1].done == said[-1].total == 3
    (problem,) = problems
    assert problem.startswith("3 answers are without a map") and "weights" in problem
    assert list(tmp_path.glob(".home*")) == []


def test_the_table_says_what_the_records_say(workspace, tmp_path, sounds):
    data, dataset = sounds
    records, rows = data.records, seed_0(data, 2)
    first = str(records.clip_ids[records.clip[rows[0]]])
    review = Review(content="0", true_class="", clip="", dataset="", time=now(), verdict=Verdict.NOISE, note=NASTY)
    exported = Exported(data, rows, dataset, reviews={first: review})
    export_folder(exported, workspace, tmp_path / "home", Control(), quiet)
    lines = list(csv.DictReader((tmp_path / "home" / "clips.csv").open(encoding="utf-8-sig", newline="")))
    assert len(lines) == 2 * 4  # each was tested by two networks with two seeds
    for line in lines:
        (record,) = [
            i for i in range(len(records))
            if records.clip_ids[records.clip[i]] == line["clip"]
            and exported.network(i)[0] == line["network"]
            and records.runs[records.run[i]].seed == int(line["seed"])
        ]  # fmt: skip
        assert line["true"] == records.classes[records.true[record]]
        assert line["predicted"] == records.classes[records.predicted[record]]
        for column in ("confidence", "margin", "loss"):
            assert float(line[column]) == pytest.approx(getattr(records, column)[record], abs=1e-4)
        assert line["chosen"] == ("yes" if record in rows else "no")
        mapped = line["seed"] == "0" and "Baseline" in line["network"]
        assert (line["map"] == "yes") == mapped
        assert (tmp_path / "home" / "clips" / line["file"]).is_file()
        assert (line["verdict"], line["note"]) == (("noise", NASTY) if line["clip"] == first else ("", ""))


def test_the_page_is_whole_asks_for_nothing_and_holds_the_sounds(workspace, tmp_path, sounds):
    data, dataset = sounds
    rows, path = seed_0(data, 3), tmp_path / "page.html"
    ids = [str(data.records.clip_ids[data.records.clip[row]]) for row in rows]
    review = Review(content="0", true_class="", clip="", dataset="", time=now(), note=NASTY)
    exported = Exported(data, [*rows, rows[0]], dataset, f"chosen {NASTY}", {ids[1]: review}, {"x": "url(http://a)"})
    export_page(exported, workspace, path, Control(), quiet)
    content = path.read_text(encoding="utf-8")
    page = Page(content)
    assert "http:" not in content.replace("http-equiv", "") and "https:" not in content and "@import" not in content
    assert not page.of("link", "iframe", "a", "object") and len(page.of("script")) == 1
    assert [one["src"][:5] for one in page.of("img", "audio", "video")] == ["data:"] * 6
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.embedded("audio") == [
        (f"audio/{'flac' if name.endswith('flac') else 'wav'}", (dataset.root / name).read_bytes()) for name in ids
    ]
    assert all(mime == "image/png" and picture[:4] == b"\x89PNG" for mime, picture in page.embedded("img"))
    names = [data.records.classes[data.records.true[row]] for row in rows]
    assert [one["data-true"] for one in page.of("article")] == names
    assert {one["value"] for one in page.of("option")} == {"", *names}
    assert page.text.count(NASTY) == 2  # how they were chosen, and the note
    assert dataset.licence in page.text and "all of them by a person" in page.text
    for row in rows:
        for answer in data.answers(row):
            assert f"{100 * answer.probabilities.max():.0f} %" in page.text


def test_sounds_that_browsers_do_not_play_and_clips_that_are_gone_are_dealt_with(workspace, tmp_path, sounds):
    data, dataset = sounds
    rows = seed_0(data, 3)
    gone, converted, whole = [str(data.records.clip_ids[data.records.clip[row]]) for row in rows]
    original, rate = soundfile.read(dataset.root / converted)
    soundfile.write(dataset.root / converted, original, rate, format="WAV", subtype="PCM_32")
    (dataset.root / gone).unlink()
    target = tmp_path / "home"
    problems = export_folder(Exported(data, rows, dataset), workspace, target, Control(), quiet)
    assert gone in problems[0] and "no file" in problems[0]
    page = Page((target / PAGE).read_text(encoding="utf-8"))
    assert len(page.of("article")) == 3 and len(page.of("audio")) == len(list((target / "clips").iterdir())) == 2
    samples, _ = soundfile.read(io.BytesIO(page.embedded("audio")[0][1]))
    np.testing.assert_allclose(samples, original, atol=1 / 32767)
    assert page.text.count("Converted for this page") == 1
    assert page.embedded("audio")[1][1] == (dataset.root / whole).read_bytes()
    without = replace(dataset, clips=tuple(clip for clip in dataset.clips if clip.id != whole))
    (first, *_) = export_page(Exported(data, rows[2:], without), workspace, tmp_path / "a.html", Control(), quiet)
    assert "no longer" in first


def test_films_play_and_show_their_frames_and_maps_of_sound_and_sight(workspace, tmp_path):
    root = tmp_path / "films"
    root.mkdir()
    names = [f"{n}.mkv" for n in range(4)]
    for number, name in enumerate(names):
        write_film(root / name, moving_square(12, seed=number), 25, tone(0.5))
    choice = DatasetChoice(name="labelled-folder", root=str(root))
    runs = make_modalities(
        workspace, labelled(root, names), dataset=choice, architectures=("baseline_cnn",), folds=(1,),
        fusions=("concatenation",),
    )  # fmt: skip
    for run in runs:
        give_weights(run)
    data = read_study_records(workspace, "fabricated-test-data", Control(), quiet)
    exported = Exported(data, [0, 1], open_chosen(choice, workspace, Control()))
    target = tmp_path / "home"
    assert export_folder(exported, workspace, target, Control(), quiet) == ()
    page = Page((target / PAGE).read_text(encoding="utf-8"))
    assert [mime for mime, _ in page.embedded("video")] == ["video/mp4"] * 2
    lines = list(csv.DictReader((target / "clips.csv").open(encoding="utf-8-sig", newline="")))
    assert [line["map"] for line in lines] == ["yes"] * 6


def test_what_is_there_is_not_written_over_and_nothing_is_left_of_what_failed(workspace, tmp_path, sounds, monkeypatch):
    data, dataset = sounds
    exported = Exported(data, seed_0(data, 2), dataset)
    there = tmp_path / "there"
    there.mkdir()
    with pytest.raises(UserError, match="already something called"):
        export_folder(exported, workspace, there, Control(), quiet)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="could not be written"):
        export_folder(exported, workspace, tmp_path / "file" / "home", Control(), quiet)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(path.name for path in tmp_path.iterdir())
    page = tmp_path / "page.html"
    with monkeypatch.context() as patch:
        patch.setattr("core.analysis.export_clips.shutil.copyfile", full)
        with pytest.raises(UserError, match="The disk is full"):
            export_folder(exported, workspace, tmp_path / "home", Control(), quiet)
    with monkeypatch.context() as patch:
        patch.setattr("core.analysis.export_page.b64encode", full)
        with pytest.raises(UserError, match="The disk is full"):
            export_page(exported, workspace, page, Control(), quiet)
    with monkeypatch.context() as patch:
        patch.setattr("core.files.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
        with pytest.raises(UserError, match="The export needs"):
            export_folder(exported, workspace, tmp_path / "home", Control(), quiet)
    for stage in ("Asking the networks", "Writing the page"):
        control = Control()
        with pytest.raises(Cancelled):
            export_folder(
                exported, workspace, tmp_path / "home", control,
                lambda said, control=control, stage=stage: control.cancel() if said.what == stage else None,
            )  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_is_synthetic_says_so(workspace, tmp_path, sounds):
    data, dataset = sounds
    path = tmp_path / "page.html"
    path.write_text("another page")
    export_page(Exported(data, seed_0(data, 1), replace(dataset, synthetic=True)), workspace, path, Control(), quiet)
    page = Page(path.read_text(encoding="utf-8"))
    assert SYNTHETIC in page.text and f"{dataset.title} (synthetic)" in page.text


def test_recordings_of_esc10_arrive_as_they_are(workspace, tmp_path, esc10):
    clips = esc10_clips(esc10)
    choice = DatasetChoice(name="esc10", root=str(esc10))
    make_study(workspace, clips, dataset=choice, networks=NETWORKS[:1], folds=(1,))
    data = read_study_records(workspace, "fabricated-test-data", Control(), quiet)
    exported = Exported(data, [3, 5], open_chosen(choice, workspace, Control()))
    path = tmp_path / "page.html"
    export_page(exported, workspace, path, Control(), quiet)
    page = Page(path.read_text(encoding="utf-8"))
    for clip, (mime, content) in zip(exported.clips, page.embedded("audio"), strict=True):
        assert mime == "audio/ogg" and content == clip.clip.path.read_bytes()
        assert len(soundfile.read(io.BytesIO(content))[0]) == pytest.approx(5 * 44100, rel=1e-3)
        assert clip.clip.path.stem.rpartition("-")[0] in page.text  # whose recording it is
    assert 0.2 < path.stat().st_size / exported.page_bytes < 2
