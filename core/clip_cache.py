"""Clips decoded once: one flat file for all clips of a dataset, mapped read-only ever after. The same for both wings.

A folder `<cache_dir>/<wing>/<key>/` holds `samples-<token>.<suffix>` and `index.json`, which names it. The flat file is
written first, under a new name, and the index last, so that a crash leaves the old pair or the new pair. What a mapping
could not survive (a file shorter than promised is SIGBUS, not an exception) is checked before mapping.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from core.control import Control
from core.datasets.base import Clip, Dataset
from core.errors import UserError
from core.events import Progress
from core.files import remove_folder, require_space, write_atomically
from core.readable import size

LIMIT_BYTES = 50e9  # of one cache
HEADER_SAMPLE = 200  # files looked at to estimate the size of a large dataset
REPORT_EVERY = 0.1  # seconds between progress reports
WAITING = "Waiting for another decoding, which may be paused"
AHEAD = 3  # clips decoded ahead for each worker

_building = threading.Lock()  # the Data panel and the engine may ask for the same cache at once

Stamp = tuple[int, int, int]  # size, mtime_ns, ctime_ns; −1 where the file is missing


class ClipFacts(Protocol):
    """What the facts of either wing have."""

    @property
    def file_digest(self) -> str: ...


Facts = TypeVar("Facts", bound=ClipFacts)
Stored = TypeVar("Stored")  # the same for pydantic, which can check no protocol


@dataclass(frozen=True)
class Kind(Generic[Facts]):
    """What a cache holds: all in which the wings differ."""

    wing: str  # folder under the cache folder
    version: int  # of decoding: caches of another are rebuilt
    made_for: int | str  # the settings that its content depends on: each has a cache of its own
    dtype: type[np.generic]
    suffix: str  # of the flat file
    facts: type[Facts]
    decode: Callable[[Path, Control], tuple[NDArray[Any], Facts]]  # → (n,) of dtype, in a thread of its own
    expected: Callable[[Path], float]  # items of a clip by its header; 0 where there is none
    what: str  # “sounds”
    remedy: str  # how to make the cache smaller

    @property
    def item(self) -> int:
        """Bytes of one."""
        return np.dtype(self.dtype).itemsize

    def folder(self, dataset: Dataset, cache_dir: Path) -> Path:
        """Where the cache of a dataset lies."""
        return cache_dir / self.wing / _key(dataset.name, dataset.root, self.made_for)

    def estimate_bytes(self, clips: Sequence[Clip]) -> int:
        """Size of the cache, from the headers of the files alone (of every n-th file where there are many)."""
        looked_at = clips[:: max(1, len(clips) // HEADER_SAMPLE)]
        items = sum(self.expected(clip.path) for clip in looked_at)
        return round(items * self.item * len(clips) / max(len(looked_at), 1))


class _Entry(BaseModel, Generic[Stored]):
    """One clip in the index: where it is, or why it is not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stamp: Stamp
    start: NonNegativeInt = 0
    length: NonNegativeInt = 0
    facts: Stored | None = None
    failure: str = ""


class _Index(BaseModel, Generic[Stored]):
    """`index.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)

    version: int
    made_for: int | str = Field(
        validation_alias="rate", serialization_alias="rate"
    )  # as the first caches, which were of sounds, called it
    samples: str  # name of the flat file
    total: NonNegativeInt  # items in it
    mtime_ns: int  # of the flat file: when it differs, the digest is checked
    sha256: str
    clips: dict[str, _Entry[Stored]]


@dataclass(frozen=True)
class FlatFile:
    """The file that holds the content of all clips. Its name is given once: one of this name and size is the same."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class ClipCache(Generic[Facts]):
    """Decoded clips of one dataset."""

    file: FlatFile

    facts: dict[str, Facts]  # by clip id
    failures: dict[str, str]  # by clip id: the sentence why it does not decode
    _where: dict[str, slice]
    _flat: NDArray[Any]

    def _stored(self, clip_id: str) -> NDArray[Any]:
        """What `Kind.decode` gave for a clip: a read-only view into the mapped file.

        Raises:
            UserError: the clip does not decode; the message says why.
        """
        if clip_id in self.failures:
            raise UserError(self.failures[clip_id])
        return self._flat[self._where[clip_id]]

    def unmapped(self) -> Self:
        """What is known of the clips, without what they hold: small enough to be sent."""
        return replace(self, _flat=np.empty(0, self._flat.dtype))

    def mapped(self, path: Path) -> Self:
        """With what the clips hold: `path` is the file, or a copy of it."""
        return replace(self, _flat=_map(path, self._flat.dtype, self.file.size // self._flat.dtype.itemsize))


def _map(path: Path, dtype: DTypeLike, items: int) -> NDArray[Any]:
    if not items:  # every clip failed: an empty file cannot be mapped
        return np.empty(0, dtype)
    return np.asarray(np.memmap(path, dtype, mode="r", shape=(items,)))


def forget_decoded(name: str, root: Path, cache_dir: Path) -> None:
    """Delete all that was decoded of a dataset, whatever it was made for; what is opened again is decoded again.

    Raises:
        UserError: a file cannot be deleted.
    """
    for folder, _ in _indexes(name, root, cache_dir):
        remove_folder(folder)


def known_digests(name: str, root: Path, clips: Sequence[Clip], cache_dir: Path) -> dict[str, str]:
    """sha256 of the files of clips, by clip id: of those that were decoded once and have not been changed since."""
    found: dict[str, str] = {}
    for _, entries in _indexes(name, root, cache_dir):
        for clip in clips:
            entry = entries.get(clip.id)
            if entry and entry["facts"] and tuple(entry["stamp"][:2]) == _stamp(clip.path)[:2]:
                found[clip.id] = entry["facts"]["file_digest"]
    return found


def _indexes(name: str, root: Path, cache_dir: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folder of every cache of a dataset, whatever it was made for, and what its index says of each clip, by id."""
    for index in cache_dir.glob("*/*/index.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # torn: nobody knows whose it is
            content = json.loads(index.read_bytes())
            if index.parent.name == _key(name, root, content["rate"]):
                yield index.parent, content.get("clips", {})


def _key(name: str, root: Path, made_for: int | str) -> str:
    content = f"{name}\0{root.absolute()}\0{made_for}"
    return hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()[:16]


def open_clips(
    kind: Kind[Facts],
    dataset: Dataset,
    cache_dir: Path,
    control: Control | None,
    report: Callable[[Progress], None] | None,
    limit_bytes: float,
) -> ClipCache[Facts]:
    """Map the cache of a dataset, decoding first what is missing or has changed.

    A file whose size and time are as they were is trusted; otherwise its sha256 decides. Clips that do not decode
    are recorded in `failures` and tried again when their file changes.

    Raises:
        UserError: the cache would exceed `limit_bytes`, there is not enough free space, or the cache folder cannot be
            written to.
        Cancelled: the work was cancelled; nothing is left behind.
    """
    control, report = control or Control(), report or (lambda _: None)
    if not _building.acquire(blocking=False):
        report(Progress(WAITING, 0, 0))
        while not _building.acquire(timeout=0.1):
            control.checkpoint()
    try:
        store = _Store(kind, dataset, kind.folder(dataset, cache_dir), control, report, limit_bytes)
        return store.open()
    finally:
        _building.release()


@dataclass(frozen=True)
class _Store(Generic[Facts]):
    """One cache on disk, while it is opened."""

    kind: Kind[Facts]
    dataset: Dataset
    folder: Path
    control: Control
    report: Callable[[Progress], None]
    limit_bytes: float

    def open(self) -> ClipCache[Facts]:
        old, flat = self._load()
        kept: dict[str, _Entry[Facts]] = {}
        touched = False
        for clip in self.dataset.clips:
            entry, stamp = (old.clips.get(clip.id) if old else None), _stamp(clip.path)
            if entry is None:
                continue
            if entry.facts is None:
                same = entry.stamp == stamp  # the ctime as well: permissions may have been mended
            else:
                same = entry.stamp[:2] == stamp[:2]
                if not same and stamp[0] == entry.stamp[0]:
                    same = touched = _digest(clip.path, self.control) == entry.facts.file_digest
                    entry = entry.model_copy(update={"stamp": stamp})
            if same:
                kept[clip.id] = entry
        if old is None or len(kept) < len(self.dataset.clips):
            index = self._build(kept, flat)
            flat = self._map(index)
        else:
            index = old
            if touched:  # only saves looking again: a folder that cannot be written to is no reason to stop
                index = old.model_copy(update={"clips": old.clips | kept})
                with contextlib.suppress(UserError):
                    self._write_index(index)
        entries = {clip.id: index.clips[clip.id] for clip in self.dataset.clips}
        size = index.total * self.kind.item
        return ClipCache(
            file=FlatFile(self.folder / index.samples, size, index.sha256),
            facts={name: entry.facts for name, entry in entries.items() if entry.facts},
            failures={name: entry.failure for name, entry in entries.items() if not entry.facts},
            _where={name: slice(entry.start, entry.start + entry.length) for name, entry in entries.items()},
            _flat=flat,
        )

    def _load(self) -> tuple[_Index[Facts] | None, NDArray[Any]]:
        """The index and the mapped file, or None where there is no cache that can be trusted."""
        nothing: tuple[None, NDArray[Any]] = None, np.empty(0, self.kind.dtype)
        try:
            content = (self.folder / "index.json").read_bytes()
            index: _Index[Facts] = _Index[self.kind.facts].model_validate_json(content)  # type: ignore[name-defined]
            file = self.folder / index.samples
            state = file.stat()
            made = index.version, index.made_for, index.total * self.kind.item
            if made != (self.kind.version, self.kind.made_for, state.st_size):
                return nothing
            if file.parent != self.folder or any(e.start + e.length > index.total for e in index.clips.values()):
                return nothing
            if state.st_mtime_ns != index.mtime_ns and _digest(file, Control()) != index.sha256:
                return nothing
            return index, self._map(index)
        except (OSError, ValidationError):
            return nothing

    def _map(self, index: _Index[Facts]) -> NDArray[Any]:
        return _map(self.folder / index.samples, self.kind.dtype, index.total)

    def _build(self, kept: dict[str, _Entry[Facts]], old: NDArray[Any]) -> _Index[Facts]:
        """Write a new pair of file and index: clips in `kept` are copied from the old file, the others decoded."""
        missing = [clip for clip in self.dataset.clips if clip.id not in kept]
        needed = self.kind.estimate_bytes(missing) + self.kind.item * sum(entry.length for entry in kept.values())
        self._refuse_beyond_limit(needed, "would need about")
        require_space(self.folder, needed, f"Keeping the decoded {self.kind.what}")
        entries: dict[str, _Entry[Facts]] = {}
        digest = hashlib.sha256()
        total = 0

        def write(file: BinaryIO) -> None:
            nonlocal total
            last_report = 0.0
            with contextlib.closing(self._decoded_in_order(missing)) as decoded:
                for done, clip in enumerate(self.dataset.clips, 1):
                    if clip.id in kept:
                        entry = kept[clip.id]
                        items = old[entry.start : entry.start + entry.length]
                    else:
                        entry, items = next(decoded)
                    entries[clip.id] = entry.model_copy(update={"start": total, "length": len(items)})
                    total += len(items)
                    self._refuse_beyond_limit(total * self.kind.item, "need more than")  # headers may lie
                    content = np.ascontiguousarray(items).data
                    digest.update(content)
                    file.write(content)
                    if (now := time.monotonic()) - last_report > REPORT_EVERY or done == len(self.dataset.clips):
                        last_report = now
                        self.report(Progress(f"Decoding {self.kind.what}", done, len(self.dataset.clips)))

        path = self.folder / f"samples-{secrets.token_hex(4)}.{self.kind.suffix}"
        write_atomically(path, write)
        index = _Index[self.kind.facts](  # type: ignore[name-defined]
            version=self.kind.version,
            made_for=self.kind.made_for,
            samples=path.name,
            total=total,
            mtime_ns=path.stat().st_mtime_ns,
            sha256=digest.hexdigest(),
            clips=entries,
        )
        self._write_index(index)
        for other in self.folder.iterdir():  # older files, and what a killed process left
            if other.name not in (path.name, "index.json"):
                with contextlib.suppress(OSError):  # Windows keeps a file that is still mapped; the next build can
                    other.unlink()
        return index

    def _write_index(self, index: _Index[Facts]) -> None:
        write_atomically(self.folder / "index.json", index.model_dump_json().encode())

    def _refuse_beyond_limit(self, needed: float, verb: str) -> None:
        if needed > self.limit_bytes:
            raise UserError(
                f"The decoded {self.kind.what} of {self.dataset.title} {verb} {size(min(needed, 1e18))} on disk; the "
                f"limit is {size(self.limit_bytes)}. {self.kind.remedy}"
            )

    def _decoded_in_order(self, clips: Sequence[Clip]) -> Generator[tuple[_Entry[Facts], NDArray[Any]], None, None]:
        """Decode in threads (the decoders release the GIL), a few clips ahead, and give them back in order."""
        workers = min(8, os.cpu_count() or 1)
        ahead: deque[Future[tuple[_Entry[Facts], NDArray[Any]]]] = deque()
        stop = Control()  # ends the clips under way when this generator is closed
        with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
            try:
                for clip in clips:
                    self.control.checkpoint()
                    ahead.append(pool.submit(self._decode_clip, clip.path, stop))
                    if len(ahead) > AHEAD * workers:
                        yield ahead.popleft().result()
                while ahead:
                    self.control.checkpoint()
                    yield ahead.popleft().result()
            finally:
                stop.cancel()
                for future in ahead:
                    future.cancel()

    def _decode_clip(self, path: Path, stop: Control) -> tuple[_Entry[Facts], NDArray[Any]]:
        stamp = _stamp(path)  # before reading: a change in between is noticed at the next open
        try:
            items, facts = self.kind.decode(path, stop)
        except UserError as error:
            return _Entry(stamp=stamp, failure=str(error)), np.empty(0, self.kind.dtype)
        return _Entry(stamp=stamp, facts=facts), items


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
