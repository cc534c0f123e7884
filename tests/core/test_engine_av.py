"""The engine on films: sight, sound and both in one study; equal again, resumed, verified, and asked under noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.control import Control
from core.engine import prepare, run
from core.errors import UserError
from core.events import EpochEnded, Event, Message, Outcome, RunFinished
from core.robustness.sweep import sweep
from core.run_spec import DatasetChoice, Network
from core.runs import RunFolder, list_runs
from core.study import Study
from core.verify import verify
from core.workspace import Workspace
from tests.core.film_studies import BOTH, SIGHT, SOUND, film_study
from tests.core.films import moving_square, write_film


def trained(study: Study, workspace: Workspace, control: Control | None = None) -> list[Event]:
    events: list[Event] = []
    outcome = run(study, workspace, events.append, control)
    assert outcome is (Outcome.CANCELLED if control else Outcome.DONE), events
    return events


def runs(workspace: Workspace) -> dict[str, RunFolder]:
    return {folder.spec.network.label: folder for folder in list_runs(workspace)}


def test_sound_sight_and_both_are_tested_on_the_same_clips(films: Path, workspace: Workspace) -> None:
    late = Network(name="late", modality="audio-visual", fusion="score average")
    joint = Network(name="joint", modality="audio-visual", fusion="concatenation", joint=True)
    study = film_study(films)
    patient = study.recipe.model_copy(update={"patience": 5})  # of which a fusion without a validation part has no use
    events = trained(study.model_copy(update={"network": (*study.network, late, joint), "recipe": patient}), workspace)
    said = [event.text for event in events if isinstance(event, Message)]
    assert not [text for text in said if text.startswith("Left out")], "clips without sound stay where they are seen"
    assert "8 of 24 clips have no usable sound: networks that hear are given silence." in said
    found = runs(workspace)
    tested = {label: folder.predictions().clip_ids.tolist() for label, folder in found.items()}
    assert len({tuple(ids) for ids in tested.values()}) == 1 and len(tested) == 5
    for label, folder in found.items():
        assert folder.status.parameters > 0 and folder.status.multiply_adds > 0, label
    assert found[SIGHT].predictions().frame_probabilities.shape == (6, 4, 3)
    assert found[SOUND].predictions().frame_probabilities.shape == (6, 0, 3)
    branches = (found[BOTH].path / "initial_weights.txt").read_text()
    assert found[SOUND].id in branches and found[SIGHT].id in branches and "skipped" not in branches
    assert "random" in (found["joint"].path / "initial_weights.txt").read_text()
    joined, alone = load_file(found[BOTH].weights), load_file(found[SIGHT].weights)
    of_network = [name for name in alone if name.startswith("network.")]
    for name in of_network:  # what learns from few clips leaves the branches as they are
        torch.testing.assert_close(joined[name.replace("network.", "network.sight.", 1)], alone[name], rtol=0, atol=0)
    assert len(of_network) > 10
    aside = {label: len(folder.set_aside or ()) for label, folder in found.items()}
    assert aside == {SOUND: aside[SIGHT], SIGHT: aside[SIGHT], BOTH: 0, "late": 0, "joint": aside[SIGHT]}
    assert aside[SIGHT] + found[SIGHT].status.train_clips == 18
    learned = {label: folder.status.train_clips for label, folder in found.items()}
    alone_clips = learned[SIGHT]
    assert learned == {SOUND: alone_clips, SIGHT: alone_clips, BOTH: 18, "late": 18, "joint": alone_clips}
    assert not [event for event in events if isinstance(event, EpochEnded) and event.run == found["late"].id]


def test_a_fusion_sees_and_hears_at_the_levels_of_its_branches(films: Path, workspace: Workspace) -> None:
    """Also where it learns from more clips than they did."""
    more = Network(
        name=BOTH, modality="audio-visual", learns_from="training clips", recipe={"validation_share": 0.0, "epochs": 1}
    )
    study = film_study(films)
    trained(study.model_copy(update={"network": (*study.network[:2], more)}), workspace)
    found = runs(workspace)
    assert found[BOTH].status.train_clips > found[SIGHT].status.train_clips
    joined = load_file(found[BOTH].weights)
    for label in (SOUND, SIGHT):
        alone = load_file(found[label].weights)
        levels = [name for name in alone if name.startswith("front_ends.")]
        assert levels
        for name in levels:
            torch.testing.assert_close(joined[name], alone[name], rtol=0, atol=0)


def test_a_score_average_is_the_average_of_its_branches(films: Path, workspace: Workspace) -> None:
    study = film_study(films)
    late = Network(name="late", modality="audio-visual", fusion="score average")
    trained(study.model_copy(update={"network": (*study.network[:2], late)}), workspace)
    sound, sight, both = (runs(workspace)[name].predictions().probabilities for name in (SOUND, SIGHT, "late"))
    weight = float(((both - sight) / (sound - sight))[np.abs(sound - sight) > 0.01].mean())
    assert -1e-3 <= weight <= 1 + 1e-3
    np.testing.assert_allclose(both, weight * sound + (1 - weight) * sight, atol=1e-4)


def test_alone_only_clips_with_sound_are_heard(films: Path, workspace: Workspace) -> None:
    study = film_study(films, network=(Network(name=SOUND, modality="audio"),))
    events = trained(study, workspace)
    said = [event.text for event in events if isinstance(event, Message)]
    assert "Left out: silent-0.mkv has no sound track." in said
    assert not [name for name in runs(workspace)[SOUND].predictions().clip_ids if name.startswith("silent")]


def test_clips_of_which_none_has_sound_are_refused_where_a_network_is_to_hear(
    tmp_path: Path, workspace: Workspace
) -> None:
    for number in range(4):
        for label, step in (("left", -3), ("right", 3)):
            (tmp_path / label).mkdir(exist_ok=True)
            write_film(tmp_path / label / f"{number}.mkv", moving_square(8, step=step, seed=number))
    study = film_study(tmp_path)
    with pytest.raises(UserError, match=r"None of the 8 clips of .* has usable sound.*Train on sight alone"):
        prepare(study, workspace, lambda event: None, Control())
    sight = study.model_copy(update={"network": (Network(name=SIGHT, modality="video"),)})
    events: list[Event] = []
    dataset, _ = prepare(sight, workspace, events.append, Control())
    assert len(dataset.clips) == 8 and not [
        event for event in events if isinstance(event, Message) and event.level != "info"
    ]


def test_clips_without_sound_may_be_left_out_where_nobody_hears(films: Path, workspace: Workspace) -> None:
    choice = DatasetChoice(name="labelled-folder", root=str(films), with_sound="only")
    trained(film_study(films, dataset=choice, network=(Network(name=SIGHT, modality="video"),)), workspace)
    folder = runs(workspace)[SIGHT]
    assert not [name for name in folder.predictions().clip_ids if name.startswith("silent")]
    assert verify(folder, workspace, lambda event: None).equal


def test_a_run_is_verified_on_the_clips_of_its_study(films: Path, workspace: Workspace) -> None:
    study = film_study(films)
    joint = Network(name="joint", modality="audio-visual", joint=True)
    trained(study.model_copy(update={"network": (*study.network[:2], joint)}), workspace)
    for label in (SOUND, "joint"):  # silent clips were kept for those that see; a joint run stands beside single ones
        verdict = verify(runs(workspace)[label], workspace, lambda event: None)
        assert verdict.equal, verdict.sentence()
    runs(workspace)[SIGHT].delete()
    with pytest.raises(UserError, match="is told beside a run on sight alone, which is gone"):
        verify(runs(workspace)["joint"], workspace, lambda event: None)


def test_both_wings_resume_to_the_same_predictions_and_verify(
    films: Path, workspace: Workspace, tmp_path: Path
) -> None:
    study = film_study(films, checkpoint_every=0.0)
    trained(study, workspace)
    other = Workspace(tmp_path / "other").open()
    stopped = 0

    def stop(event: Event) -> None:
        nonlocal stopped
        if isinstance(event, EpochEnded) and event.epoch == 1:
            stopped += 1
            control.cancel()

    for _ in study.network:  # each run is stopped after its first epoch, and gone on with
        control = Control()
        assert run(study, other, stop, control) is Outcome.CANCELLED
    assert run(study, other, lambda event: None) is Outcome.DONE
    assert stopped == len(study.network)
    for label, folder in runs(workspace).items():
        resumed = runs(other)[label].predictions()
        np.testing.assert_array_equal(resumed.probabilities, folder.predictions().probabilities)
    other.close()
    verdict = verify(runs(workspace)[BOTH], workspace, lambda event: None)
    assert verdict.equal, verdict.sentence()


def test_a_run_on_sight_gives_a_network_for_sound_its_weights(films: Path, workspace: Workspace) -> None:
    sight = Network(name=SIGHT, modality="video")
    trained(film_study(films, network=(sight,)), workspace)
    earlier = runs(workspace)[SIGHT]
    heard = Network(name="from sight", modality="audio", weights="run", weights_path=earlier.name)
    trained(film_study(films, name="heard", network=(heard,)), workspace)  # what was set aside is so again
    report = (runs(workspace)["from sight"].path / "initial_weights.txt").read_text().splitlines()
    assert sum(line.startswith("loaded") for line in report) > 20
    assert any("summed" in line for line in report)
    skipped = [line for line in report if line.startswith("skipped")]
    assert not skipped, "the classes are the same: the head is kept too"


def test_noise_is_the_same_for_all_and_leaves_sight_alone(films: Path, workspace: Workspace) -> None:
    trained(film_study(films), workspace)
    found = sweep("films", "noise", workspace, (10.0, -30.0))
    assert found.levels == (None, 10.0, -30.0)
    assert len({found.mean(SIGHT, level).value for level in found.levels}) == 1
    clean, drowned = (runs(workspace)[SOUND].predictions(), runs(workspace)[SOUND].corrupted("noise", -30.0))
    first = drowned.read_bytes()
    assert not np.allclose(np.load(drowned)["probabilities"], clean.probabilities)
    drowned.unlink()
    sweep("films", "noise", workspace, (-30.0,))
    assert drowned.read_bytes() == first
    with pytest.raises(UserError, match="There is no study “nothing”"):
        sweep("nothing", "noise", workspace)


@pytest.mark.parametrize(
    ("networks", "words"),
    [
        ((Network(modality="audio-visual"),), "no network of Baseline CNN with the modality “audio” stands before"),
        (
            (Network(modality="audio"), Network(modality="video"), Network(modality="audio-visual", sound="x")),
            "no network called “x”",
        ),
        (
            (Network(modality="audio", recipe={"validation_share": 0.1}), Network(modality="video"),
             Network(modality="audio-visual", fusion="score average")),
            "set one validation_share above 0 for all three",
        ),
        (
            (Network(modality="audio"), Network(modality="video"),
             Network(modality="audio-visual", recipe={"validation_share": 0.0})),
            "or let it learn from the training clips",
        ),
        (
            (Network(modality="audio"), Network(modality="audio-visual", joint=True)),
            "uses sound and sight: add a network for each alone",
        ),
        ((Network(modality="audio-visual", fusion="score average", joint=True),), "cannot be trained jointly"),
        (
            (Network(modality="audio"), Network(modality="video"),
             Network(modality="audio-visual", temporal="gru")),
            "starts from the runs of its branches: its temporal would change nothing",
        ),
        (
            (Network(modality="audio"), Network(modality="video"),
             Network(modality="audio-visual", joint=True, sound="x")),
            "is trained jointly: its sound would change nothing",
        ),
        (
            (Network(modality="audio", recipe={"validation_share": 0}),
             Network(modality="video", recipe={"validation_share": 0}),
             Network(modality="audio-visual", learns_from="training clips")),
            "for all three, or to 0 for it",
        ),
        (
            (Network(modality="audio"), Network(modality="video"),
             Network(modality="audio-visual", recipe={"video": {"size": 64}})),
            "departs in video: it takes what its branch takes",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_fused_is_said(networks: tuple[Network, ...], words: str, films: Path) -> None:
    with pytest.raises((UserError, ValueError), match=words):
        film_study(films, network=networks)


def test_failed_branches_are_named(films: Path, workspace: Workspace) -> None:
    study = film_study(films)
    trained(study.model_copy(update={"network": study.network[:2]}), workspace)
    runs(workspace)[SIGHT].weights.write_bytes(b"torn")
    events: list[Event] = []
    assert run(study, workspace, events.append) is Outcome.FAILED
    (finished,) = [event for event in events if isinstance(event, RunFinished)]
    assert "truncated or no safetensors file" in finished.reason
