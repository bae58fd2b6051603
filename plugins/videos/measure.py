"""How long videos are, without decoding them; kept in an index file between starts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.errors import InputError, MediaError, RunError
from styletalker.core.files import read_json, write_json
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.source import opened, origin_of, packets_of, track_of

__all__ = ["FPS", "Measured", "default_index", "measure_all"]

FPS = 25
"""Frames per second of all clips."""
_LACKING_S = Fraction(1, 5)
"""A sound track may end so much before the pictures: codecs cut it at a packet's border. What
lacks is silence; where more lacks, the pictures after it are left out."""
_FORMAT = 1


@attrs.frozen(kw_only=True)
class Measured:
    """A video, and what can be used of it."""

    name: str
    """Path below the folder, with ``/``."""
    frames: int = 0
    """Frames at 25 per second for which there is sound."""
    fault: str = ""
    """Why it cannot be used; empty if it can."""


def default_index(folder: Path) -> Path:
    """Where the index of *folder* is kept: one file for each folder, in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    label = sha256(str(folder.absolute()).encode()).hexdigest()[:16]
    return Path(cache) / "styletalker" / "videos" / f"{label}.json"


def measure_all(folder: Path, names: Iterable[str], index: Path) -> list[Measured]:
    """Measure videos of *folder*; those the index knows, unchanged, are not opened.

    An index that is damaged counts as none, and where none can be written, none is kept.
    """
    known, fresh = _read(index), {}
    found = []
    for name in names:
        state = (folder / name).stat()
        stamp = [state.st_size, state.st_mtime_ns]
        entry = known.get(name)
        if entry is None or entry["stamp"] != stamp:
            one = _measured(folder, name)
            entry = {"stamp": stamp, "frames": one.frames, "fault": one.fault}
        fresh[name] = entry
        found.append(Measured(name=name, frames=entry["frames"], fault=entry["fault"]))
    if fresh != known:
        _write(index, fresh)
    return found


def _read(index: Path) -> Mapping[str, Any]:
    try:
        plain = read_json(index) if index.is_file() else {}
        videos = plain.get("videos", {}) if plain.get("format") == _FORMAT else {}
        return {
            str(name): {key: entry[key] for key in ("stamp", "frames", "fault")}
            for name, entry in videos.items()
        }
    except (RunError, AttributeError, KeyError, TypeError):
        return {}  # only a saving of time: everything is measured again


def _write(index: Path, videos: Mapping[str, Any]) -> None:
    try:
        write_json(index, {"format": _FORMAT, "videos": dict(videos)})
    except RunError:
        return  # no place to keep it: the next start measures again


def _measured(folder: Path, name: str) -> Measured:
    """Open a video and find its length."""
    path = folder / name
    try:
        movie = MovieFile.open(path)
        if not movie.has_sound:
            return Measured(name=name, fault="has no sound")
        seen, heard = movie.facts.duration_s, _heard_s(path)
    except (MediaError, InputError) as error:
        return Measured(name=name, fault=str(error).removeprefix(f"{path}: "))
    # As MovieFile.frames counts them, a half rounded up.
    frames = max(1, int((seen * FPS + Fraction(1, 2)) // 1))
    return Measured(name=name, frames=min(frames, int((heard + _LACKING_S) * FPS // 1)))


def _heard_s(path: Path) -> Fraction:
    """Where the sound ends, in seconds from time zero, by its packets."""
    with opened(path) as container:
        stream = track_of(container, "audio", path)
        origin, end = origin_of(container), Fraction(0)
        for packet in packets_of(container, stream, path):
            if packet.pts is not None and not packet.is_discard:
                end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base - origin)
        return end
