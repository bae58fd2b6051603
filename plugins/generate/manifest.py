"""The jobs of a manifest: one video a row, with options of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import attrs
from styletalker.core.engine import Place
from styletalker.core.errors import InputError, compose

__all__ = ["OPTIONS", "Job", "read_jobs"]

_FILES = ("portrait", "audio", "motion")
_NAMES = ("output", "name")
_SUFFIX = ".mp4"
"""Of a row that says ``name``."""


@attrs.frozen(kw_only=True)
class Job:
    """A video to be made."""

    row: int
    """From 1, without the header."""
    output: str = ""
    """The video's name in the folder of outputs."""
    portrait: str = ""
    """Path or URL of the image."""
    audio: str = ""
    """Path or URL of the sound."""
    motion: str | None = None
    """Path or URL of a video whose motion is followed."""
    options: Mapping[str, Any] = attrs.field(factory=dict)
    """Of :data:`OPTIONS`, the row's own and those for all."""
    fault: str = ""
    """Why this row is no job."""


def _whether(text: str) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return known[text.lower()]


OPTIONS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "seed": (int, "a whole number"),
    "temperature": (float, "a number"),
    "motion_scale": (float, "a number"),
    "motion_end": (str, "a text"),
    "pose": (float, "a number"),
    "still": (_whether, "true or false"),
    "blink": (float, "a number"),
    "gaze": (float, "a number"),
    "expression": (float, "a number"),
    "crop": (str, "a text"),
    "face": (str, "a text"),
    "size": (int, "a whole number"),
    "fps": (float, "a number"),
    "format": (str, "a text"),
}
"""Columns that are options of ``toolkit generate``: how they are read, and what is expected."""
_COLUMNS = (*_FILES, *_NAMES, *OPTIONS)


def read_jobs(manifest: str, defaults: Mapping[str, Any]) -> list[Job]:
    """The rows of a manifest: CSV with a header, or JSON lines (``.jsonl``).

    Files are relative to the manifest. A row that is wrong is a job with a ``fault``.

    Args:
        manifest: path or URL.
        defaults: options, and ``motion``, for rows that say nothing of them.

    Raises:
        InputError: it cannot be read, has no row, or a column that does not exist.
    """
    base, name = Place.of_file(manifest)
    text = base.read_text(name).removeprefix("\ufeff")
    lines = PurePosixPath(name).suffix.lower() in (".jsonl", ".ndjson")
    rows = _objects(text) if lines else _table(text, manifest)
    jobs, taken = [], dict[str, int]()
    for number, row in enumerate(rows, start=1):
        try:
            job = _job(number, row, base, defaults)
        except InputError as error:
            jobs.append(Job(row=number, fault=str(error)))
            continue
        if job.output in taken:
            fault = f"row {taken[job.output]} writes {job.output!r} too"
            job = Job(row=number, output=job.output, fault=compose(fault, fix="Name them apart."))
        taken.setdefault(job.output, number)
        jobs.append(job)
    if not jobs:
        raise InputError(compose("lists no job", where=manifest))
    return jobs


def _table(text: str, where: str) -> Iterable[Mapping[str, Any]]:
    """Rows of CSV; a wrong column is wrong for all of them."""
    reader = csv.DictReader(text.splitlines())
    for column in reader.fieldnames or ():
        if column not in _COLUMNS:
            problem = "no such column"
            raise InputError(
                compose(problem, where=where, given=column, name=column, choices=_COLUMNS)
            )
    try:
        return list(reader)
    except csv.Error as error:
        raise InputError(compose(f"cannot be read: {error}", where=where)) from error


def _objects(text: str) -> Iterable[Any]:
    """Values of JSON lines; the text itself of a line that is none."""
    for line in filter(str.strip, text.splitlines()):
        try:
            yield json.loads(line)
        except ValueError:
            yield line


def _job(number: int, row: Any, base: Place, defaults: Mapping[str, Any]) -> Job:
    if not isinstance(row, dict):
        raise InputError(compose("is no JSON object", given=row))
    if None in row:
        raise InputError(compose("has more cells than the header"))
    for key in row:
        if key not in _COLUMNS:
            raise InputError(compose("no such key", given=key, name=key, choices=_COLUMNS))
    said = {key: str(value).strip() for key, value in row.items() if value not in (None, "")}
    for file in ("portrait", "audio"):
        if not said.get(file):
            raise InputError(f"names no {file}")
    read = {key: _value(key, text) for key, text in said.items() if key in OPTIONS and text}
    return Job(
        row=number,
        output=_output(said),
        portrait=_located(base, said["portrait"]),
        audio=_located(base, said["audio"]),
        motion=_located(base, said["motion"]) if said.get("motion") else defaults.get("motion"),
        options={**{key: value for key, value in defaults.items() if key in OPTIONS}, **read},
    )


def _value(key: str, text: str) -> Any:
    read, expected = OPTIONS[key]
    try:
        return read(text)
    except (ValueError, KeyError) as error:
        raise InputError(compose(key, expected=expected, given=text)) from error


def _output(said: Mapping[str, str]) -> str:
    """The relative name of the video, which must not lead out of the folder."""
    if not said.get("output") and not said.get("name"):
        raise InputError(compose("names no output", expected="a column `output` or `name`"))
    given = said.get("output") or f"{said['name']}{_SUFFIX}"
    path = PurePosixPath(given)
    if path.is_absolute() or ".." in path.parts or "://" in given or path.name.startswith("."):
        expected = "a name inside the folder of outputs"
        raise InputError(compose("output", expected=expected, given=given))
    return str(path)


def _located(base: Place, text: str) -> str:
    return text if "://" in text or PurePosixPath(text).is_absolute() else base.describe(text)
