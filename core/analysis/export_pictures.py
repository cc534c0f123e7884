"""Asks the networks of a study about the clips that are exported, and draws what each of them found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analysis.evidence_picture import FRAMES, Column, Found, Sheet, chosen_frames, draw, laid_over, side_by_side
from core.analysis.exported import Exported, ExportedClip
from core.analysis.questions import Explained, Questions
from core.audio.pictures import MODEL_LEVELS, Picture, model_picture
from core.clip_pictures import Media, read_media
from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.events import Progress
from core.runs import RunFolder
from core.video.pictures import model_frames
from core.video.settings import VideoSettings
from core.workspace import Workspace

AT_ONCE = 16  # clips that a network is asked about before the next is: few are held in memory
NO_WEIGHTS = "no: the weights of the run are gone"
Report = Callable[[Progress], None]


@dataclass
class Drawn:
    """What was drawn.

    Attributes:
        pictures: by clip id; those that cannot be read have none.
        unread: by clip id, why a clip cannot be read, as a sentence.
        lacking: by record without a map, why.
    """

    pictures: dict[str, Path] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    lacking: dict[int, str] = field(default_factory=dict)


class _Frames(NamedTuple):
    """Some of the frames that a network is given.

    Attributes:
        pixels: (n, h, w, 3) RGB.
        seconds: (n,), when they appear.
        places: (n,) among all that it is given.
    """

    pixels: NDArray[np.uint8]
    seconds: NDArray[np.float64]
    places: NDArray[np.int64]


@dataclass
class _Opened:
    """What is needed of a clip while it is asked about."""

    clip: ExportedClip
    heard: Picture | None
    frames: dict[VideoSettings, _Frames]
    columns: dict[int, Column] = field(default_factory=dict)  # by record


def draw_pictures(exported: Exported, workspace: Workspace, folder: Path, control: Control, report: Report) -> Drawn:
    """A PNG of every clip that can be read, into a folder that is there.

    Raises:
        OSError: it cannot be written.
        Cancelled: through `control`.
    """
    drawn, questions, runs = Drawn(), Questions(workspace), exported.data.records.run
    # Clips that the same runs have tested stand together: networks are read from disk as seldom as can be.
    order = sorted(exported.clips, key=lambda clip: runs[list(clip.beside)].tolist())
    answers, asked = sum(len(clip.beside) for clip in order), 0
    for start in range(0, len(order), AT_ONCE):
        opened = _open(exported, order[start : start + AT_ONCE], drawn, control)
        pairs = [(int(runs[record]), number, record) for number, one in enumerate(opened) for record in one.clip.beside]
        for run, number, record in sorted(pairs):
            control.checkpoint()
            report(Progress("Asking the networks", asked, answers, "answers"))
            asked += 1
            network = exported.data.folder_of(workspace, run)
            opened[number].columns[record] = _column(
                exported, questions, network, record, opened[number], drawn, control, report
            )
        for one in opened:
            control.checkpoint()
            path = folder / f"{Path(one.clip.file).stem}.png"
            path.write_bytes(draw(_sheet(one)))
            drawn.pictures[one.clip.id] = path
    return drawn


def _open(exported: Exported, clips: Sequence[ExportedClip], drawn: Drawn, control: Control) -> list[_Opened]:
    opened = []
    for clip in clips:
        control.checkpoint()
        if clip.clip is None:
            drawn.unread[clip.id] = f"It is no longer in {exported.dataset.root}."
            continue
        try:
            media = read_media(clip.clip.path, Modality.AUDIO_VISUAL, control)
        except UserError as error:
            drawn.unread[clip.id] = str(error)
            continue
        opened.append(_Opened(clip, _heard(exported, clip, media), _seen(exported, clip, media)))
    for record in (record for clip in clips if clip.id in drawn.unread for record in clip.beside):
        drawn.lacking[record] = "no: the clip cannot be read"
    return opened


def _heard(exported: Exported, clip: ExportedClip, media: Media) -> Picture | None:
    """As the network of the record hears it; where that is deaf, as the first that is not."""
    given = [exported.spec(record).given.audio for record in (clip.record, *clip.beside)]
    settings = next(filter(None, given), None)
    return model_picture(media.samples, media.rate, settings) if settings is not None and media.has_sound else None


def _seen(exported: Exported, clip: ExportedClip, media: Media) -> dict[VideoSettings, _Frames]:
    """By what is looked at, that of the record first."""
    found = {}
    for settings in (exported.spec(record).given.video for record in (clip.record, *clip.beside)):
        if settings is not None and media.film is not None and settings not in found:
            frames, seconds = model_frames(media.film, settings)
            places = chosen_frames(len(frames))
            found[settings] = _Frames(frames[places], seconds[places], places)
    return found


def _column(
    exported: Exported,
    questions: Questions,
    folder: RunFolder,
    record: int,
    one: _Opened,
    drawn: Drawn,
    control: Control,
    report: Report,
) -> Column:
    """What one network found for the class that it says, and for the true one where that is another."""
    (name, colour), records = exported.network(record), exported.data.records
    true, predicted = int(records.true[record]), int(records.predicted[record])
    labels = tuple(dict.fromkeys((predicted, true)))
    if not folder.weights.is_file():
        drawn.lacking[record] = NO_WEIGHTS
    else:
        try:
            explained = questions.explain(
                folder, exported.spec(record).dataset, one.clip.id, labels, exported.method, control, report
            )
        except UserError as error:
            drawn.lacking[record] = f"no: {error}"
    said = [f"{records.classes[label]} {100 * exported.said(record, label):.0f} %" for label in labels]
    if record in drawn.lacking:
        return Column(name, colour, sentence=f"Says {said[0]}. Map: {drawn.lacking[record]}")
    highest = {
        wing: max(float(evidence.maps[wing].max()) for evidence in explained.evidence) or 1.0
        for wing in explained.evidence[0].maps
    }
    seen = one.frames.get(exported.spec(record).recipe.video)
    found = []
    for place, (label, words) in enumerate(zip(labels, said, strict=True)):
        maps = {wing: of / highest[wing] for wing, of in explained.evidence[place].maps.items()}
        wrong = label != true
        words = f"Says {words}" if place == 0 else f"True: {words}"
        found.append(Found(words if wrong or place else f"{words}, and is right", wrong, _tiles(explained, maps, seen)))
    return Column(name, colour, tuple(found))


def _tiles(
    explained: Explained,
    maps: dict[str, NDArray[np.float32]],
    seen: _Frames | None,
) -> dict[str, NDArray[np.uint8]]:
    """By wing, maps from 0 to 1 over what the network heard and over some of what it saw."""
    tiles = {}
    if "audio" in maps and explained.decibels is not None:
        low, high = MODEL_LEVELS
        grey = (explained.decibels - low) / (high - low)
        tiles["audio"] = laid_over(grey, maps["audio"])
    if "video" in maps and seen is not None:
        import cv2

        some, (rows, columns) = chosen_frames(len(seen.pixels), FRAMES // 2), seen.pixels.shape[1:3]
        strength = [cv2.resize(maps["video"][place], (columns, rows)) for place in seen.places[some]]
        grey = seen.pixels[some].astype(np.float32) @ np.array((0.299, 0.587, 0.114), np.float32) / 255
        tiles["video"] = side_by_side(laid_over(grey, np.stack(strength)))
    return tiles


def _sheet(one: _Opened) -> Sheet:
    seen = next(iter(one.frames.values()), None)
    columns = tuple(one.columns[record] for record in one.clip.beside)
    return Sheet(one.heard, seen.pixels if seen else None, seen.seconds if seen else np.zeros(0), columns)
