"""The artifact ``videos``: generated videos, and ``videos.json``, which says what each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.errors import InputError, compose
from styletalker.core.files import read_json

__all__ = ["MANIFEST", "Place", "VideoEntry", "read_videos"]

MANIFEST = "videos.json"
_NEEDED = ("name", "split", "index", "kind", "path")


@attrs.frozen
class Place:
    """Where a clip stands in the corpus."""

    split: str
    index: int


@attrs.frozen(kw_only=True)
class VideoEntry:
    """One generated video."""

    name: str
    """Unique among those of its kind."""
    kind: str
    """``truth``, ``audio`` (audio-driven), ``motion`` (motion-controlled), or any other."""
    path: Path
    """The video."""
    portrait: Place
    """The clip whose first frame is the portrait."""
    audio: Place
    """The clip whose speech is heard; the portrait's own unless another is named."""
    motion: Place | None
    """The clip whose motion is seen; None where it is sampled."""
    seed: int | None
    """Of the sampled motion."""


def read_videos(folder: Path) -> list[VideoEntry]:
    """The videos that ``FOLDER/videos.json`` lists, in its order.

    It is a list of objects with ``name``, ``split``, ``index``, ``kind`` and ``path`` (inside the
    folder), and optionally ``seed``, ``audio_source`` and ``motion_source``: an index in the same
    split, ``{split, index}``, ``"split/index"`` or the name of a ``truth`` entry.

    Raises:
        InputError: an entry lacks something, or names a clip that is not there.
        RunError: it cannot be read.
    """
    rows = read_json(folder / MANIFEST)
    where = str(folder / MANIFEST)
    if isinstance(rows, dict) and isinstance(rows.get("videos"), list):
        rows = rows["videos"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(compose("is not a list of videos", where=where))
    truths = {
        str(row["name"]): Place(str(row["split"]), int(row["index"]))
        for row in rows
        if row.get("kind") == "truth"
    }
    return [_entry(folder, row, f"{where}: video {k}", truths) for k, row in enumerate(rows)]


def _entry(
    folder: Path, row: Mapping[str, Any], where: str, truths: Mapping[str, Place]
) -> VideoEntry:
    lacking = [key for key in _NEEDED if key not in row]
    if lacking:
        raise InputError(compose(f"says no {', '.join(lacking)}", where=where))
    portrait = Place(str(row["split"]), int(row["index"]))
    audio = _place(row.get("audio_source"), portrait, f"{where}: audio_source", truths)
    motion = _place(row.get("motion_source"), portrait, f"{where}: motion_source", truths)
    return VideoEntry(
        name=str(row["name"]),
        kind=str(row["kind"]),
        path=folder / str(row["path"]),
        portrait=portrait,
        audio=audio or portrait,
        motion=motion,
        seed=row.get("seed"),
    )


def _place(given: object, portrait: Place, where: str, truths: Mapping[str, Place]) -> Place | None:
    if given is None:
        return None
    if isinstance(given, int):
        return Place(portrait.split, given)
    if isinstance(given, Mapping) and {"split", "index"} <= set(given):
        return Place(str(given["split"]), int(given["index"]))
    if isinstance(given, str):
        split, _, index = given.rpartition("/")
        if split and index.isdigit():
            return Place(split, int(index))
        if given in truths:
            return truths[given]
    known: Sequence[str] = tuple(truths)
    name = given if isinstance(given, str) else None
    raise InputError(compose("no such clip", where=where, given=given, name=name, choices=known))
