"""What the Live panel shows: of a network its card and its row of the timeline, of all together the line below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.live.offered import LiveChoice
from core.readable import counted
from gui import theme
from gui.widgets.live_answers import Card
from gui.widgets.live_timeline import Row, Stretch

if TYPE_CHECKING:
    from core.live.session import Asked, Live
    from gui.panels.live_senses import LiveSenses

NOT_SURE = "not sure"
FIRST = 0.5  # s that the first decision is drawn back


def card(choice: LiveChoice, asked: Asked, live: Live) -> Card:
    """Its answer is set beside what is known to have been played during most of the window that it speaks of."""
    now = asked.now if live.on else None
    truth = live.truth(now.when - live.span, now.when) if now is not None else ""
    word, sure = "", False
    if not live.on:
        word = ""
    elif asked.folder.name not in live.recogniser.status.ready:
        word = "reading the network …"
    elif now is None:
        word = "listening …" if "audio" in choice.modality.wings else "looking …"
    elif now.probabilities is None:
        word = str(now.lack)
    elif now.label is None:
        word = NOT_SURE
    else:
        word, sure = asked.classes[now.label], True
    figures = ""
    if live.on and asked.latencies:
        p50, p95 = np.percentile(asked.latencies, (50, 95)) * 1000
        figures = f"after {p50:.0f} ms, 95 % {p95:.0f} ms"
    return Card(
        choice.label,
        theme.architecture_colour(choice.architecture),
        choice.modality,
        asked.classes,
        word,
        sure,
        now.probabilities if now is not None else None,
        truth,
        figures,
    )


def row(choice: LiveChoice, asked: Asked, now: float) -> Row:
    """Neighbouring windows with one decision are one stretch."""
    stretches: list[Stretch] = []
    start: float | None = None
    for decision in asked.decisions:
        end = decision.when - now
        word = asked.classes[decision.label] if decision.label is not None else ""
        last = stretches[-1] if stretches else None
        if last is not None and last.word == word:
            stretches[-1] = Stretch(last.start, end, word)
        else:
            stretches.append(Stretch(end - FIRST if start is None else start, end, word))
        start = end
    return Row(choice.label, theme.architecture_colour(choice.architecture), tuple(stretches))


def status_words(live: Live, senses: LiveSenses) -> str:
    """What is on, how late it is drawn, and what was lost."""
    words = []
    if live.recorder is not None:
        words.append(live.recorder.trouble or "● recording all that is heard and seen")
    for source in live.sources.all():
        status = source.status
        words.append(status.reason or f"{source.name}: {status.facts or status.state}")
    playing = live.sources.replay.playing if live.sources.replay is not None else None
    if playing is not None and playing.label:
        words.append(f"now {playing.label.replace('_', ' ')}")
    if senses.lateness:
        p50, p95 = np.percentile(senses.lateness, (50, 95)) * 1000
        words.append(f"sound → screen {p50:.0f} ms, 95 % {p95:.0f} ms")
    if senses.passed:
        words.append(f"{senses.passed} of {senses.seen} frames not shown")
    asked = live.recogniser.status
    if asked.loading:
        words.append(f"reading {counted(len(asked.loading), 'network')} …")
    if asked.skipped:
        windows = f"{asked.skipped} of {asked.asked + asked.skipped} windows passed over"
        words.append(f"{windows}, asked every {asked.hop:.3g} s now")
    microphone = live.sources.microphone
    if microphone is not None and microphone.overflows:
        words.append(f"{counted(microphone.overflows, 'time')} sound was lost")
    words += _short_of_sight(live)
    if live.holds_training:
        words.append("training is paused meanwhile")
    return " · ".join((*words, *asked.troubles))


def _short_of_sight(live: Live) -> list[str]:
    """That fewer pictures are held than networks are to be given, or captures to keep."""
    sight, wanted = live.sources.senses().sight, max(live.settings.kept, live.recogniser.longest)
    if sight is None or sight.holds >= wanted:
        return []
    remedy = "" if live.sources.camera is None else ": choose a smaller picture in Settings"
    return [f"only {sight.holds:.2g} s of pictures fit into memory, {wanted:g} s are asked for{remedy}"]
