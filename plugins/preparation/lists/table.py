"""A list of one's own: a CSV file with a column ``file``."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from styletalker.core.errors import InputError, compose
from styletalker.plugins.preparation.inputs import Excerpt
from styletalker.plugins.preparation.lists.listing import Listing

__all__ = ["read_table"]

_SIDES = ("left", "top", "right", "bottom")
_COLUMNS = ("file", "start_s", "stop_s", *_SIDES, "identity")


def read_table(path: Path) -> Listing:
    """The excerpts in a CSV file; a file may stand in several lines.

    Raises:
        InputError: it has no column ``file`` or an unknown one, or a value is no number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    reader = csv.DictReader(io.StringIO(text))
    columns = list(reader.fieldnames or ())
    for column in columns:
        if column not in _COLUMNS:
            problem = "no such column"
            where = f"{path}:1"
            raise InputError(
                compose(problem, where=where, given=column, name=column, choices=_COLUMNS)
            )
    if "file" not in columns:
        raise InputError(compose("has no column 'file'", where=str(path)))
    found: dict[str, list[Excerpt]] = {}
    for row in reader:
        where = f"{path}:{reader.line_num}"
        found.setdefault(row["file"], []).append(_excerpt(row, where))
    return Listing(excerpts={name: tuple(own) for name, own in found.items()})


def _excerpt(row: Mapping[str, str | None], where: str) -> Excerpt:
    sides = [_number(row, side, where) for side in _SIDES]
    box = [side for side in sides if side is not None]
    if box and len(box) < len(_SIDES):
        raise InputError(compose("a region needs all four sides", where=where))
    start, stop = _number(row, "start_s", where) or 0.0, _number(row, "stop_s", where)
    if stop is not None and stop <= start:
        expected = f"stop_s above start_s ({start:g})"
        raise InputError(compose("an empty excerpt", where=where, expected=expected, given=stop))
    return Excerpt(
        start_s=start,
        stop_s=stop,
        box=(box[0], box[1], box[2], box[3]) if box else None,
        identity=(row.get("identity") or "").strip() or None,
    )


def _number(row: Mapping[str, str | None], column: str, where: str) -> float | None:
    text = (row.get(column) or "").strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InputError(compose(column, where=where, expected="a number", given=text)) from error
