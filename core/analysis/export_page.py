"""The clips that are exported as one HTML page that needs nothing beside it: sounds, films and pictures are in it."""

from __future__ import annotations

import re
import string
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.analysis.export_pictures import Drawn
from core.analysis.exported import Exported, ExportedClip
from core.analysis.study_records import NetworkName, StudyRecords
from core.clip_pictures import read_media
from core.control import Control
from core.datasets.base import Modality
from core.errors import UserError
from core.playable import playable
from core.readable import counted, joined
from core.runs import RunFolder
from core.workspace import Workspace

TEMPLATE = Path(__file__).parents[2] / "resources" / "errors_page.html"
CLIPS = "<!-- clips -->"  # stands for them while the rest is filled in
CLASSES = (
    5  # whose probabilities are shown of a clip: the true one, those that were said, and the likeliest of the rest
)


def write_page(
    file: BinaryIO, exported: Exported, drawn: Drawn, workspace: Workspace, control: Control
) -> Iterator[int]:
    """Write the page, one clip at a time, and say how many are written.

    Raises:
        OSError: it cannot be written.
        Cancelled: through `control`.
    """
    head, foot = _frame(exported, workspace).split(CLIPS)
    file.write(head.encode())
    for number, clip in enumerate(exported.clips, 1):
        control.checkpoint()
        file.writelines(part.encode() for part in _card(exported, clip, drawn, control))
        yield number
    file.write(foot.encode())


def _frame(exported: Exported, workspace: Workspace) -> str:
    """The page without its clips."""
    data = exported.data
    true = sorted({data.records.classes[data.records.true[clip.record]] for clip in exported.clips}, key=str.casefold)
    title = f"Clips of the study “{data.study}”"
    facts = {
        "Dataset": f"{exported.dataset.title} (synthetic)" if exported.dataset.synthetic else exported.dataset.title,
        "Licence": exported.licence,
        "Clips": f"{counted(len(exported.clips), 'clip')} · {exported.words}".removesuffix(" · "),
        "Networks": "; ".join(_accuracy(data, network) for network in data.networks),
        "Maps": f"{exported.method}: the brighter the yellow, the more of it spoke for the class; one scale for both "
        "classes of a network.",
        "Figures": "Margin: how much more probable the answer is than the next class. Loss: minus the logarithm of the "
        "probability of the true class; 0 is best.",
        "Made": f"{datetime.now():%Y-%m-%d %H:%M} by Sensorium",
        "Trained with": _versions(exported, workspace),
    }
    colours = (
        f".n{n} {{ --of: {_colour(exported.colours.get(net.label, ''))}; }}" for n, net in enumerate(data.networks)
    )
    licences = (
        f"<details><summary>Whose clips these are</summary><pre>{escape(text)}</pre></details>"
        for text in exported.licence_files()
    )
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(title),
        facts="\n".join(f"<dt>{name}</dt><dd>{escape(words)}</dd>" for name, words in facts.items() if words),
        classes="".join(f'<option value="{escape(name)}">{escape(name)}</option>' for name in true),
        colours="\n".join(colours),
        licences="\n".join(licences),
        clips=CLIPS,
    )


def _accuracy(data: StudyRecords, network: NetworkName) -> str:
    """Of a network: how many of its answers are right, over all finished runs of the study."""
    right = data.records.correct[data.records.of_runs([network.label])]
    return (
        f"{network.name}, {100 * right.mean():.1f} % of all {counted(len(right), 'answer')} right"
        if len(right)
        else network.name
    )


def _versions(exported: Exported, workspace: Workspace) -> str:
    """Of what the runs were made with, and where they were trained; each that there was."""
    made = [RunFolder(workspace.runs / folder).environment for folder in exported.data.folders]

    def of(name: str, key: str, group: str = "") -> str:
        found = joined(sorted({str((one.get(group, {}) if group else one).get(key, "")) for one in made}), " and ")
        return f"{name} {found}" if found else ""

    return joined(
        (of("Python", "python"), of("PyTorch", "torch", "packages"), of("commit", "commit"), of("on", "device"))
    )


def _card(exported: Exported, clip: ExportedClip, drawn: Drawn, control: Control) -> Iterator[str]:
    """One clip, in parts: what is embedded may be large."""
    records = exported.data.records
    true = records.classes[records.true[clip.record]]
    chosen = set(map(int, exported.rows))
    rows = [record for record in clip.beside if record in chosen] or [clip.record]
    said = list(dict.fromkeys(records.classes[records.predicted[record]] for record in [clip.record, *rows]))
    verdict, note = exported.said_of(clip)
    words = joined((clip.id, true, *said, verdict, note), " ").lower()
    shown = " / ".join(f'<span class="{"right" if name == true else "wrong"}">{escape(name)}</span>' for name in said)
    info = records.runs[records.run[clip.record]]
    facts = f"{clip.id} · fold {info.fold} · seed {info.seed} · {exported.network(clip.record)[0]}: loss " + (
        f"{records.loss[clip.record]:z.2f}, margin {100 * records.margin[clip.record]:.0f} %"
    )
    yield f'<article data-true="{escape(true)}" data-words="{escape(words)}">\n'
    yield f"<h2>{escape(true)} → {shown}</h2>\n"
    yield f'<p class="facts">{escape(facts)}</p>\n'
    if verdict or note:
        yield f'<p class="verdict">Verdict: <strong>{escape(verdict or "–")}</strong> {escape(note)}</p>\n'
    if clip.id in drawn.unread:
        yield f'<p class="sentence">{escape(drawn.unread[clip.id])}</p>\n'
    else:
        yield from _player(clip, control)
    yield from _bars(exported, clip)
    if clip.id in drawn.pictures:
        what = f"What the networks heard or saw of {clip.id}, with maps of what spoke for the classes"
        picture = drawn.pictures[clip.id].read_bytes()
        yield f'<img alt="{escape(what)}" src="{_embedded("image/png", picture)}">\n'
    yield "</article>\n"


def _player(clip: ExportedClip, control: Control) -> Iterator[str]:
    assert clip.clip is not None
    path = clip.clip.path
    try:
        found = playable(path, lambda: read_media(path, Modality.AUDIO_VISUAL, control))
    except UserError as error:
        yield f'<p class="sentence">{escape(str(error))}</p>\n'
        return
    tag, preload = ("video", "metadata") if found.is_film else ("audio", "none")
    name = escape(f"Play {clip.id}")
    source = _embedded(found.mime, found.content)
    yield f'<{tag} controls preload="{preload}" aria-label="{name}" src="{source}"></{tag}>\n'
    if found.converted:
        yield '<p class="facts">Converted for this page: the file itself is of a kind that browsers do not play.</p>\n'


def _bars(exported: Exported, clip: ExportedClip) -> Iterator[str]:
    """A row for each class and a column for each network."""
    data, records = exported.data, exported.data.records
    answers, true = data.answers(clip.record), int(records.true[clip.record])
    said = [answer.probabilities for answer in answers if answer is not None]
    likeliest = np.argsort(-np.mean(said, axis=0), kind="stable")
    labels = dict.fromkeys([true, *(int(of.argmax()) for of in said), *map(int, likeliest)])
    yield f'<div class="table" style="--networks:{len(answers)}"><table><thead><tr><td></td>\n'
    for n, network in enumerate(data.networks):
        yield f'<th scope="col" class="n{n}">{escape(network.name)}</th>'
    yield "</tr></thead><tbody>\n"
    for label in list(labels)[: max(CLASSES, 1 + len({int(of.argmax()) for of in said}))]:
        cells = []
        for n, answer in enumerate(answers):
            if answer is None:
                cells.append('<td class="none">not tested</td>')
                continue
            share = 100 * float(answer.probabilities[label])
            wrong = ' class="wrong"' if label != true and label == int(answer.probabilities.argmax()) else ""
            cells.append(f'<td class="n{n}"><span{wrong}>{share:.0f} %<i style="width:{share:.1f}%"></i></span></td>')
        kind = ' class="true"' if label == true else ""
        name = escape(records.classes[label]) + (" (true)" if label == true else "")
        yield f'<tr{kind}><th scope="row">{name}</th>{"".join(cells)}</tr>\n'
    yield "</tbody></table></div>\n"


def _embedded(mime: str, content: bytes) -> str:
    return f"data:{mime};base64,{b64encode(content).decode()}"


def _colour(words: Any) -> str:
    """What is written into the style sheet is a colour and nothing else."""
    return words if re.fullmatch(r"#[0-9A-Fa-f]{6}", str(words)) else "#777777"
