"""The lists of VoxCeleb2 (Chung et al., Interspeech 2018): ``txt/IDENTITY/VIDEO/UTTERANCE.txt``.

Each file is an utterance of one person in one video: a header (``Identity``, ``Reference``: the
video's name on the site it is from), and a line for each frame at 25 fps with the face's box, as
parts of the picture (left, top, width, height). The raw videos are files named by the reference.
The region looked at is all boxes of the utterance together, with half a face around.
"""

from __future__ import annotations

from pathlib import Path

from styletalker.core.errors import InputError, compose
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.inputs import Excerpt
from styletalker.plugins.preparation.lists.listing import Listing

__all__ = ["read_voxceleb2"]

_MARGIN = 0.5
_COLUMNS = 5
_PARTS = 2.0
"""Coordinates are parts of the picture, hardly above 1; larger ones are pixels, as in VoxCeleb1."""


def read_voxceleb2(folder: Path) -> Listing:
    """The utterances in a folder of text files, by video.

    Raises:
        InputError: there are none, or one cannot be understood.
    """
    found: dict[str, list[Excerpt]] = {}
    for path in sorted(folder.rglob("*.txt")):
        video, excerpt = _utterance(path)
        found.setdefault(video, []).append(excerpt)
    if not found:
        expected = "a folder with files like id00012/21Uxsk56VDQ/00001.txt"
        problem = "holds no lists of VoxCeleb2"
        raise InputError(compose(problem, where=str(folder), expected=expected))
    return Listing(excerpts={video: tuple(own) for video, own in found.items()})


def _utterance(path: Path) -> tuple[str, Excerpt]:
    header: dict[str, str] = {}
    rows: list[list[float]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if ":" in line and not rows:
            name, _, value = line.partition(":")
            header[name.strip().lower()] = value.strip()
        elif len(words) >= _COLUMNS and words[0].isdigit():
            rows.append(_numbers(path, words[:_COLUMNS]))
    if not rows or not header.get("identity") or not header.get("reference"):
        expected = "lines `Identity : ...`, `Reference : ...` and `FRAME X Y W H`"
        raise InputError(
            compose("is no utterance of VoxCeleb2", where=str(path), expected=expected)
        )
    start, stop = rows[0][0] / FPS, (rows[-1][0] + 1) / FPS
    box = _around(rows)
    if max(box) > _PARTS:
        problem = "has boxes in pixels, of which nobody knows of what size the picture was"
        fix = "Use the lists of VoxCeleb2, whose boxes are parts of the picture."
        raise InputError(compose(problem, where=str(path), fix=fix))
    return header["reference"], Excerpt(
        start_s=start, stop_s=stop, box=box, identity=header["identity"]
    )


def _numbers(path: Path, words: list[str]) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError as error:
        given = " ".join(words)
        expected = "a frame and four numbers"
        message = compose("a line cannot be read", where=str(path), expected=expected, given=given)
        raise InputError(message) from error


def _around(rows: list[list[float]]) -> tuple[float, float, float, float]:
    """All boxes together, with half of the largest face around."""
    left, top = min(row[1] for row in rows), min(row[2] for row in rows)
    right = max(row[1] + row[3] for row in rows)
    bottom = max(row[2] + row[4] for row in rows)
    across, down = (_MARGIN * max(row[k] for row in rows) for k in (3, 4))
    return (left - across, top - down, right + across, bottom + down)
