"""What was kept in the Live panel: the clips whose true class somebody has said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.captures import CAPTURED, FACTS, FILM, REPLAY, Capture, read_captures
from core.control import Control
from core.datasets.base import Clip, Dataset, Excluded, Modality
from core.datasets.splits import FOLDS, refolded
from core.errors import UserError

LICENCE = "Recorded live: it may hold voices and faces. Ask whoever is heard or seen before you pass it on."


def open_captured(root: Path, control: Control) -> Dataset:
    """The captures of a workspace. A group is a session, from switching on to switching off: its clips are much alike;
    or all that was captured of one file, whenever that was replayed.

    Raises:
        UserError: nothing was kept, or no two classes were named.
    """
    captures, problems = read_captures(root)
    control.checkpoint()
    named = [capture for capture in captures if capture.label]
    unnamed = tuple(
        Excluded(capture.id, f"Nobody has said yet what {capture.id} is: say so in the Live panel.")
        for capture in captures
        if not capture.label
    )
    classes = _classes(named)
    if len(classes) < 2:
        raise UserError(_too_little(root, captures, classes))
    number = {name: index for index, name in enumerate(classes)}
    groups = _groups(root, captures)
    clips = tuple(
        Clip(capture.id, capture.path, number[capture.label], None, groups[capture.path])
        for capture in sorted(named, key=lambda capture: capture.id)
    )
    films = [capture.path.suffix == FILM for capture in named]
    dataset = Dataset(
        name=CAPTURED,
        title="Captured",
        root=root,
        classes=classes,
        clips=clips,
        licence=LICENCE,
        modalities=frozenset(Modality) if all(films) else frozenset({Modality.AUDIO}),
        excluded=unnamed,
        notes=problems,
    )
    try:
        return refolded(dataset, FOLDS)
    except UserError as error:  # it can be heard, seen and scored all the same
        return replace(dataset, notes=(*problems, f"Nothing can be trained on these clips yet. {error}"))


def _groups(root: Path, captures: Sequence[Capture]) -> dict[Path, str]:
    """By path, the oldest first: a capture that was replayed is of the same group as what was captured then, and a
    recording of the session that it was made in."""
    groups: dict[Path, str] = {}
    for capture in captures:
        played = Path(capture.sources.get(REPLAY, ""))
        if played.is_relative_to(root):
            groups[capture.path] = groups.get(played, played.parent.name)
        else:  # earlier versions wrote no path
            groups[capture.path] = str(played) if played.is_absolute() else capture.session
    return groups


def _classes(named: Sequence[Capture]) -> tuple[str, ...]:
    """Those of the networks that were asked, in their order, where they know all that was named: such a network can be
    scored on the captures, and trained on with its last layer. Else what was named."""
    labels = {capture.label for capture in named}
    known = Counter(tuple(said.probabilities) for capture in named for said in capture.said if said.probabilities)
    fitting = (classes for classes, _ in known.most_common() if labels <= set(classes))
    return next(fitting, tuple(sorted(labels)))


def looks_like_captures(folder: Path) -> bool:
    """Whether a folder holds captures."""
    return any(folder.glob(f"*/*{FACTS}")) and folder.name == "captures"


def _too_little(root: Path, captures: tuple[Capture, ...], classes: tuple[str, ...]) -> str:
    if not captures:
        return f"{root} holds no captures yet: keep some clips in the Live panel."
    named = f"One class is named, “{classes[0]}”" if classes else "No class is named"
    return f"{named} among the {len(captures)} captures: say in the Live panel what they were. Two are needed."
