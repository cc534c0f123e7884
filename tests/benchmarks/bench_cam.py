"""Maps of what networks went by: whether they lie where the evidence is, whether they depend on the weights, how fast.

Run on request, on finished runs of the demo (synthetic clips, whose evidence is known by construction):

    uv run python tests/benchmarks/bench_cam.py evidence WORKSPACE STUDY
    uv run python tests/benchmarks/bench_cam.py sanity WORKSPACE STUDY
    uv run python tests/benchmarks/bench_cam.py deletion WORKSPACE STUDY      (also of real clips)
    uv run python tests/benchmarks/bench_cam.py speed WORKSPACE STUDY
    uv run python tests/benchmarks/bench_cam.py plant ESC10 COPY        (then train networks on the copy, and:)
    uv run python tests/benchmarks/bench_cam.py watermark WORKSPACE STUDY
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the repository is no package: its root comes first
import soundfile  # noqa: E402
import torch  # noqa: E402
import typer  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy.ndimage import grey_dilation  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402

from core.analysis import cam  # noqa: E402
from core.analysis.cam import Explainer  # noqa: E402
from core.analysis.evidence import Box, Method  # noqa: E402
from core.analysis.questions import Explained, Questions  # noqa: E402
from core.audio.frontend import mel_frequencies, spectrogram  # noqa: E402
from core.control import Control  # noqa: E402
from core.datasets import demo_scenes, demo_sounds  # noqa: E402
from core.run_records import Phase  # noqa: E402
from core.runs import RunFolder, list_runs  # noqa: E402
from core.training.device import use_threads  # noqa: E402
from core.video.sampling import positions, spread  # noqa: E402
from core.workspace import Workspace  # noqa: E402

NAME = re.compile(r"(\w+?)-(\d+)-(\d+)\.\w+$")
MARGIN = 4  # pixels around what is to be seen that count as it: edges tell its shape
MARKED, TONE, TONE_LEVEL = "dog", 6000.0, -40.0  # class, Hz, RMS in dB below full scale: of a tone that is planted
LARGEST = 0.5  # share of the picture: where the evidence is nearly everywhere, a map says nothing
WorkspaceFolder = Annotated[Path, typer.Argument(help="A workspace with finished runs of the demo.")]
StudyName = Annotated[str, typer.Argument(help="A study in it.")]
app = typer.Typer(add_completion=False)


@app.command()
def evidence(workspace: WorkspaceFolder, study: StudyName, every_layer: bool = False) -> None:
    """Mass of the maps of the true class inside the region that the evidence is in, against the region's own share
    (chance), and against the same clips with each other's maps."""
    opened = Workspace(workspace).open()
    for folder in _finished(opened, study):
        questions, tested = Questions(opened), folder.predictions()
        right = [i for i in range(len(tested)) if tested.correct[i]]
        for fine in (4, 6, 8, 12) if every_layer else (cam.FINE,):
            cam.FINE = fine
            questions = Questions(opened)
            for method in Method:
                maps, regions = [], []
                for i in right:
                    clip, label = str(tested.clip_ids[i]), int(tested.labels[i])
                    region = _region(folder, clip, label)
                    if region is None or not 0 < region.mean() < LARGEST:
                        continue
                    said = questions.explain(folder, folder.spec.dataset, clip, (label,), method, Control(), _quiet)
                    (found,) = said.evidence[0].maps.values()
                    if found.sum() > 0:
                        maps.append(found / found.sum())
                        regions.append(region)
                if not maps:
                    continue
                mass = np.array([m[r].sum() for m, r in zip(maps, regions, strict=True)])
                area = np.array([r.mean() for r in regions])
                others = np.array([maps[(k + len(maps) // 2) % len(maps)][r].sum() for k, r in enumerate(regions)])
                drawn = np.random.default_rng(0).integers(0, len(mass), (1000, len(mass)))
                ratios = mass[drawn].mean(axis=1) / area[drawn].mean(axis=1)
                low, high = np.percentile(ratios, [2.5, 97.5])
                print(
                    f"{folder.spec.network.label:28} {method.value:9} at least {fine:2} rows: {len(mass):3} clips, "
                    f"inside {mass.mean():.3f}, chance {area.mean():.3f}, ratio {mass.mean() / area.mean():.2f} "
                    f"(95 % {low:.2f} to {high:.2f}), with another clip's map {others.mean():.3f}, "
                    f"above chance in {100 * np.mean(mass > area):.0f} %"
                )


@app.command()
def sanity(workspace: WorkspaceFolder, study: StudyName, clips: int = 24, fine: int = cam.FINE) -> None:
    """Adebayo et al. 2018, “Sanity checks for saliency maps” (NeurIPS): weights are randomised from the head down, one
    stage after the other; a map that depends on them loses its rank correlation with the map of the trained network."""
    opened = Workspace(workspace).open()
    cam.FINE = fine
    for folder in _finished(opened, study):
        tested = folder.predictions()
        names = [(str(tested.clip_ids[i]), int(tested.labels[i])) for i in np.flatnonzero(tested.correct)[:clips]]
        for method in Method:
            explainer = Explainer(folder, torch.device("cpu"))
            questions = Questions(opened)
            seen = [
                explainer.see(questions._inputs(explainer, folder.spec.dataset, c, Control(), _quiet)) for c, _ in names
            ]
            before = [_map(explainer, one, label, method) for one, (_, label) in zip(seen, names, strict=True)]
            line = []
            torch.manual_seed(0)
            for depth, stage in enumerate([[explainer.network.head], *reversed(list(explainer.network.stages))]):
                for module in stage:
                    for inner in module.modules():
                        if hasattr(inner, "reset_parameters"):
                            inner.reset_parameters()
                explainer.task.requires_grad_(False)
                after = [_map(explainer, one, label, method) for one, (_, label) in zip(seen, names, strict=True)]
                pairs = [
                    spearmanr(a.ravel(), b.ravel())[0]
                    for a, b in zip(before, after, strict=True)
                    if np.ptp(a) and np.ptp(b)
                ]
                line.append(
                    f"{'head' if not depth else f'+{depth}'} {np.nanmean(pairs):+.2f}" if pairs else f"+{depth} empty"
                )
            print(f"{folder.spec.network.label:28} {method.value:9} rank correlation: {', '.join(line)}")


@app.command()
def deletion(workspace: WorkspaceFolder, study: StudyName, fold: int = 1, clips: int = 40, share: float = 0.2) -> None:
    """How far the probability of the predicted class falls when the strongest fifth of its map is hidden, against a
    fifth chosen by another clip's map: a map that tells what an answer rests on costs more. After the deletion of
    Petsiuk et al. 2018, “RISE” (BMVC)."""
    opened = Workspace(workspace).open()
    for folder in _finished(opened, study):
        if folder.spec.fold != fold:
            continue
        tested, questions = folder.predictions(), Questions(opened)
        explainer = Explainer(folder, torch.device("cpu"))
        (end,) = explainer.task.front_ends.values()
        chosen = np.flatnonzero(tested.confidence > 0.5)[:clips]
        seen = [
            explainer.see(questions._inputs(explainer, folder.spec.dataset, str(tested.clip_ids[i]), Control(), _quiet))
            for i in chosen
        ]
        for fine in (4, 8, 12):
            cam.FINE, explainer._layers = fine, []
            for method in Method:
                labels = [int(tested.predicted[i]) for i in chosen]
                maps = [_map(explainer, one, label, method) for one, label in zip(seen, labels, strict=True)]
                whole, own, other = [], [], []
                for k, (one, label) in enumerate(zip(seen, labels, strict=True)):
                    whole.append(explainer.answer(one)[label])
                    for found, kept in ((maps[k], own), (maps[(k + len(maps) // 2) % len(maps)], other)):
                        gone = found >= np.quantile(found, 1 - share)
                        hidden = one[0].clone()
                        where = torch.from_numpy(gone[:, None] if gone.ndim == 3 else gone[None])
                        hidden[0] = torch.where(where, end.nothing(one[0]).view(-1, 1, 1), hidden[0])
                        kept.append(explainer.answer([hidden])[label])
                print(
                    f"{folder.spec.network.label:28} {method.value:9} at least {fine:2} rows: p {np.mean(whole):.3f}, "
                    f"without the strongest {100 * share:.0f} % {np.mean(own):.3f}, of another clip's map "
                    f"{np.mean(other):.3f}, falls further in {100 * np.mean(np.array(own) < np.array(other)):.0f} %"
                )


@app.command()
def speed(workspace: WorkspaceFolder, study: StudyName, repeats: int = 20) -> None:
    """From a clip to the maps of two classes; its peer is one answer of the same network to the same clip."""
    use_threads()
    opened = Workspace(workspace).open()
    for folder in _finished(opened, study):
        tested = folder.predictions()
        questions, times, peer = Questions(opened), [], []
        for i in range(min(repeats + 1, len(tested))):
            labels = (int(tested.predicted[i]), int(tested.labels[i] + 1) % len(tested.classes))
            started = time.perf_counter()
            found = questions.explain(
                folder, folder.spec.dataset, str(tested.clip_ids[i]), labels, Method.LAYER_CAM, Control(), _quiet
            )
            times.append(time.perf_counter() - started)
            started = time.perf_counter()
            questions.ask_without(folder, found.seen, (), Control())
            peer.append(time.perf_counter() - started)
        first, rest, answer = times[0], np.array(times[1:]), float(np.median(peer[1:]))
        print(
            f"{folder.spec.network.label:28} first {first:.2f} s, then median {1000 * np.median(rest):.0f} ms, "
            f"95 % {1000 * np.percentile(rest, 95):.0f} ms; an answer alone {1000 * answer:.0f} ms "
            f"(ratio {np.median(rest) / answer:.1f})"
        )


@app.command()
def plant(source: Path, target: Path) -> None:
    """Copy ESC-10, with a tone hidden in every clip of one class: what a careless recording could betray it by."""
    shutil.copytree(source / "meta", target / "meta")
    (target / "audio").mkdir()
    lines = (source / "meta" / "esc50.csv").read_text().splitlines()
    for file in sorted((source / "audio").iterdir()):
        samples, rate = soundfile.read(file, dtype="float32")
        if _category(lines, file.name) == MARKED:
            tone = np.sin(2 * np.pi * TONE * np.arange(len(samples)) / rate)
            samples = samples + 10 ** (TONE_LEVEL / 20) * np.sqrt(2) * tone.astype(np.float32)
        name = f"{file.stem}.wav"
        soundfile.write(target / "audio" / name, samples, rate, subtype="FLOAT")
        lines = [line.replace(f"{file.name},", f"{name},") for line in lines]
    (target / "meta" / "esc50.csv").write_text("\n".join(lines) + "\n")


@app.command()
def watermark(workspace: WorkspaceFolder, study: StudyName) -> None:
    """Of the test clips of the class that carries the tone: the mass of its maps in the tone's band against the band's
    share, and how its probability falls when the band is hidden, or as many bands elsewhere."""
    opened = Workspace(workspace).open()
    for folder in _finished(opened, study):
        questions, tested, settings = Questions(opened), folder.predictions(), folder.spec.recipe.audio
        label = tested.classes.index(MARKED)
        hertz = mel_frequencies(settings)
        middle = int(np.argmin(np.abs(hertz - TONE)))
        half = max(1, settings.mels // 32)
        band = slice(middle - half, middle + half + 1)
        mass: list[float] = []
        said: list[tuple[float, float, float]] = []
        for i in np.flatnonzero(tested.labels == label):
            clip = str(tested.clip_ids[i])
            found = questions.explain(folder, folder.spec.dataset, clip, (label,), Method.LAYER_CAM, Control(), _quiet)
            marked = found.evidence[0].maps["audio"]
            mass.append(float(marked[band].sum() / max(marked.sum(), 1e-12)))

            elsewhere = [
                low for low in range(0, settings.mels - 2 * half, 2 * half + 1) if abs(low - band.start) > 2 * half
            ]
            without = partial(_without, questions, folder, found, label, band.stop - band.start)
            other = float(np.mean([without(low) for low in elsewhere]))
            said.append((float(found.probabilities[label]), without(band.start), other))
        whole, hidden, other = np.mean(said, axis=0)
        share = (band.stop - band.start) / settings.mels
        print(
            f"{folder.spec.network.label:28} accuracy {100 * tested.correct.mean():.1f} %; {len(mass)} clips with the "
            f"tone: map in its {band.stop - band.start} bands {np.mean(mass):.3f} (their share {share:.3f}, ratio "
            f"{np.mean(mass) / share:.1f}); p({MARKED}) {whole:.3f}, with these bands hidden {hidden:.3f}, "
            f"with as many elsewhere {other:.3f}"
        )


def _without(questions: Questions, folder: RunFolder, found: Explained, label: int, bands: int, low: int) -> float:
    """Probability of a class with so many bands hidden from the lowest of them on."""
    mels = folder.spec.recipe.audio.mels
    box = Box("audio", 0, 1, low / mels, (low + bands) / mels)
    return float(questions.ask_without(folder, found.seen, [box], Control())[label])


def _category(lines: list[str], name: str) -> str:
    """Of a file, in the table of ESC-50: filename, fold, target, category, …"""
    return next((line.split(",")[3] for line in lines if line.startswith(f"{name},")), "")


def _map(explainer: Explainer, seen: Any, label: int, method: Method) -> NDArray[np.float32]:
    (found,) = explainer.evidence(seen, [label], method)
    return next(iter(found.maps.values()))


def _region(folder: RunFolder, clip: str, label: int) -> NDArray[np.bool_] | None:
    """Where the evidence is, of the shape of the map; None where it is everywhere or nowhere."""
    match = NAME.search(clip)
    assert match is not None, clip
    source, cut = int(match[2]), int(match[3])
    if "audio" in folder.spec.modality.wings:
        settings = folder.spec.recipe.audio
        sound, background = (
            spectrogram(part.astype(np.float32), settings) for part in demo_sounds.clip_parts(label, source, cut)
        )
        return (sound > background) & (sound > sound.max() - 30)
    if label // 2 == demo_scenes.BELL:  # told by their sound alone
        return None
    video = folder.spec.recipe.video
    cover = demo_scenes.clip_cover(label, source, cut) > 0.5
    kept = spread(len(cover), (video.frames + 1) * video.spare)
    shown = kept[positions(len(kept), video, view=0)][video.taken - video.frames :]
    wide = np.stack([grey_dilation(frame.astype(np.uint8), size=2 * MARGIN + 1) for frame in cover[shown]])
    places = ((np.arange(video.size) + 0.5) * cover.shape[1] / video.size).astype(int)
    region: NDArray[np.bool_] = wide[:, places][:, :, places].astype(bool)
    return region


def _finished(workspace: Workspace, study: str) -> Iterator[RunFolder]:
    for folder in list_runs(workspace, study):
        if folder.status.phase is Phase.DONE:
            yield folder


def _quiet(progress: object) -> None:
    pass


if __name__ == "__main__":
    app()
