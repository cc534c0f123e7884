"""Sounds decoded once: one flat float32 file for all clips of a dataset, mapped read-only ever after.

A folder `<cache_dir>/audio/<key>/` holds `samples-<token>.f32` and `index.json`, which names it. The samples are
written first, under a new name, and the index last, so that a crash leaves the old pair or the new pair. What a mapping
could not survive (a file shorter than promised is SIGBUS, not an exception) is checked before mapping.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from core.audio.decode import LONGEST, AudioFacts, decode
from core.control import Control
from core.datasets.base import Clip, Dataset
from core.errors import UserError
from core.events import Progress
from core.files import require_space, write_atomically

VERSION = 1  # raise it when decoding or resampling changes: older caches are then rebuilt
ITEM = np.dtype(np.float32).itemsize
INFO_SAMPLE = 200  # files looked at to estimate the size of a large dataset
REPORT_EVERY = 0.1  # seconds between progress reports

_building = threading.Lock()  # the Data panel and the engine may ask for the same cache at once

Stamp = tuple[int, int, int]  # size, mtime_ns, ctime_ns; −1 where the file is missing


class _Entry(BaseModel):
    """One clip in the index: where its samples are, or why there are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stamp: Stamp
    start: NonNegativeInt = 0
    length: NonNegativeInt = 0
    facts: AudioFacts | None = None
    failure: str = ""


class _Index(BaseModel):
    """`index.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    rate: int
    samples: str  # name of the flat file
    total: NonNegativeInt  # samples in it
    mtime_ns: int  # of the flat file: when it differs, the digest is checked
    sha256: str
    clips: dict[str, _Entry]


@dataclass(frozen=True)
class AudioCache:
    """Decoded clips of one dataset at one rate."""

    rate: int
    facts: dict[str, AudioFacts]  # by clip id
    failures: dict[str, str]  # by clip id: the sentence why it does not decode
    _where: dict[str, slice]
    _flat: NDArray[np.float32]

    def samples(self, clip_id: str) -> NDArray[np.float32]:
        """The clip's samples, shape (n,), full scale 1: a read-only view into the mapped file.

        Raises:
            UserError: the clip does not decode; the message says why.
        """
        if clip_id in self.failures:
            raise UserError(self.failures[clip_id])
        return self._flat[self._where[clip_id]]

    @staticmethod
    def open(
        dataset: Dataset,
        rate: int,
        cache_dir: Path,
        control: Control | None = None,
        report: Callable[[Progress], None] | None = None,
    ) -> AudioCache:
        """Map the cache of a dataset, decoding first what is missing or has changed.

        A file whose size and time are as they were is trusted; otherwise its sha256 decides. Clips that do not decode
        are recorded in `failures` and tried again when their file changes.

        Raises:
            UserError: not enough free space, or the cache folder cannot be written to.
            Cancelled: the work was cancelled; nothing is left behind.
        """
        control = control or Control()
        while not _building.acquire(timeout=0.1):
            control.checkpoint()
        try:
            return _open(dataset, rate, cache_folder(dataset, rate, cache_dir), control, report or (lambda _: None))
        finally:
            _building.release()


def cache_folder(dataset: Dataset, rate: int, cache_dir: Path) -> Path:
    """Where the cache of a dataset at a rate lies."""
    key = hashlib.sha256(f"{dataset.name}\0{dataset.root.absolute()}\0{rate}".encode(errors="surrogateescape"))
    return cache_dir / "audio" / key.hexdigest()[:16]


def estimate_bytes(dataset: Dataset, rate: int) -> int:
    """Size of the cache, from the headers of the files alone (of every n-th file where there are many)."""
    return _estimate(dataset.clips, rate)


def _estimate(clips: Sequence[Clip], rate: int) -> int:
    looked_at = clips[:: max(1, len(clips) // INFO_SAMPLE)]
    seconds = 0.0
    for clip in looked_at:
        if not clip.path.is_file():  # a pipe would be waited for
            continue
        with contextlib.suppress(soundfile.SoundFileError, TypeError, ValueError):  # it will be among the failures
            duration = soundfile.info(clip.path).duration
            seconds += duration if duration <= LONGEST else 0.0
    return round(seconds * rate * ITEM * len(clips) / max(len(looked_at), 1))


def _open(
    dataset: Dataset, rate: int, folder: Path, control: Control, report: Callable[[Progress], None]
) -> AudioCache:
    old, flat = _load(folder, rate)
    kept: dict[str, _Entry] = {}
    touched = False
    for clip in dataset.clips:
        entry, stamp = (old.clips.get(clip.id) if old else None), _stamp(clip.path)
        if entry is None:
            continue
        if entry.facts is None:
            same = entry.stamp == stamp  # the ctime as well: permissions may have been mended
        else:
            same = entry.stamp[:2] == stamp[:2]
            if not same and stamp[0] == entry.stamp[0] and _digest(clip.path, control) == entry.facts.file_digest:
                entry, same, touched = entry.model_copy(update={"stamp": stamp}), True, True
        if same:
            kept[clip.id] = entry
    if old is None or len(kept) < len(dataset.clips):
        index = _build(dataset, rate, folder, kept, flat, control, report)
        flat = _map(folder, index)
    else:
        index = old
        if touched:  # only saves looking again: a folder that cannot be written to is no reason to stop
            index = old.model_copy(update={"clips": old.clips | kept})
            with contextlib.suppress(UserError):
                write_atomically(folder / "index.json", index.model_dump_json().encode())
    entries = {clip.id: index.clips[clip.id] for clip in dataset.clips}
    return AudioCache(
        rate=rate,
        facts={name: entry.facts for name, entry in entries.items() if entry.facts},
        failures={name: entry.failure for name, entry in entries.items() if not entry.facts},
        _where={name: slice(entry.start, entry.start + entry.length) for name, entry in entries.items()},
        _flat=flat,
    )


def _load(folder: Path, rate: int) -> tuple[_Index | None, NDArray[np.float32]]:
    """The index and the mapped samples, or None where there is no cache that can be trusted."""
    nothing: tuple[None, NDArray[np.float32]] = None, np.empty(0, np.float32)
    try:
        index = _Index.model_validate_json((folder / "index.json").read_bytes())
        file = folder / index.samples
        state = file.stat()
        if (index.version, index.rate, index.total * ITEM) != (VERSION, rate, state.st_size):
            return nothing
        if file.parent != folder or any(e.start + e.length > index.total for e in index.clips.values()):
            return nothing
        if state.st_mtime_ns != index.mtime_ns and _digest(file, Control()) != index.sha256:
            return nothing
        return index, _map(folder, index)
    except (OSError, ValidationError):
        return nothing


def _map(folder: Path, index: _Index) -> NDArray[np.float32]:
    if not index.total:  # every clip failed: an empty file cannot be mapped
        return np.empty(0, np.float32)
    return np.asarray(np.memmap(folder / index.samples, np.float32, mode="r", shape=(index.total,)))


def _build(
    dataset: Dataset,
    rate: int,
    folder: Path,
    kept: dict[str, _Entry],
    old: NDArray[np.float32],
    control: Control,
    report: Callable[[Progress], None],
) -> _Index:
    """Write a new pair of samples and index: clips in `kept` are copied from the old samples, the others decoded."""
    missing = [clip for clip in dataset.clips if clip.id not in kept]
    needed = _estimate(missing, rate) + ITEM * sum(entry.length for entry in kept.values())
    require_space(folder, needed, "Keeping the decoded sounds")
    entries: dict[str, _Entry] = {}
    digest = hashlib.sha256()
    total = 0

    def write(file: BinaryIO) -> None:
        nonlocal total
        last_report = 0.0
        with contextlib.closing(_decoded_in_order(missing, rate, control)) as decoded:
            for done, clip in enumerate(dataset.clips, 1):
                if clip.id in kept:
                    entry = kept[clip.id]
                    samples = old[entry.start : entry.start + entry.length]
                else:
                    entry, samples = next(decoded)
                entries[clip.id] = entry.model_copy(update={"start": total, "length": len(samples)})
                total += len(samples)
                content = np.ascontiguousarray(samples).data
                digest.update(content)
                file.write(content)
                if (now := time.monotonic()) - last_report > REPORT_EVERY or done == len(dataset.clips):
                    last_report = now
                    report(Progress("Decoding sounds", done, len(dataset.clips)))

    path = folder / f"samples-{secrets.token_hex(4)}.f32"
    write_atomically(path, write)
    index = _Index(
        version=VERSION,
        rate=rate,
        samples=path.name,
        total=total,
        mtime_ns=path.stat().st_mtime_ns,
        sha256=digest.hexdigest(),
        clips=entries,
    )
    write_atomically(folder / "index.json", index.model_dump_json().encode())
    for other in folder.iterdir():  # older samples, and what a killed process left
        if other.name not in (path.name, "index.json"):
            with contextlib.suppress(OSError):  # Windows keeps a file that is still mapped; the next build removes it
                other.unlink()
    return index


def _decoded_in_order(
    clips: Sequence[Clip], rate: int, control: Control
) -> Generator[tuple[_Entry, NDArray[np.float32]], None, None]:
    """Decode in threads (libsndfile and soxr release the GIL), a few clips ahead, and give them back in order."""
    workers = min(8, os.cpu_count() or 1)
    ahead: deque[Future[tuple[_Entry, NDArray[np.float32]]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        try:
            for clip in clips:
                control.checkpoint()
                ahead.append(pool.submit(_decode_clip, clip.path, rate))
                if len(ahead) > 3 * workers:
                    yield ahead.popleft().result()
            while ahead:
                control.checkpoint()
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def _decode_clip(path: Path, rate: int) -> tuple[_Entry, NDArray[np.float32]]:
    stamp = _stamp(path)  # before reading: a change in between is noticed at the next open
    try:
        samples, facts = decode(path, rate)
    except UserError as error:
        return _Entry(stamp=stamp, failure=str(error)), np.empty(0, np.float32)
    return _Entry(stamp=stamp, facts=facts), samples


def _stamp(path: Path) -> Stamp:
    try:
        state = path.stat()
    except OSError:
        return (-1, -1, -1)
    return (state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def _digest(path: Path, control: Control) -> str:
    control.checkpoint()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
