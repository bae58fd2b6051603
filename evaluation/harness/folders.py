"""Videos of anyone, in folders or listed in a manifest, as methods."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from styletalker.core.clip import Phoneme
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.harness.method import Method, Sample
from styletalker.evaluation.harness.source import MissingSource, Source, VideoSource

__all__ = ["SUFFIXES", "from_folders", "from_manifest"]

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
"""What counts as a video."""
_KEYS = ("method", "name", "generated", "reference", "motion", "phonemes")


def from_folders(generated: Mapping[str, Path], reference: Path | None) -> list[Method]:
    """Methods from folders of videos, paired with the ground truth by the files' stems.

    A ground-truth video for which a method has none is counted as a failure of that method; a
    generated video without ground truth is measured by what needs none.

    Two videos of one stem in a folder are a failure of that stem, since nothing says which counts.

    Raises:
        InputError: a folder does not exist or holds no video; or a method's videos and the ground
            truth have no stem in common.
    """
    truths = {} if reference is None else _videos(reference)
    methods = []
    for name, folder in generated.items():
        videos = _videos(folder)
        if truths and not set(videos) & set(truths):
            problem = f"{folder}: no video has the name of one in {reference}"
            first, other = next(iter(videos)), next(iter(truths))
            fix = "Rename them, or pair them in a file and give it with --manifest."
            raise InputError(compose(f"{problem} ({first!r} there, {other!r} here)", fix=fix))
        samples = []
        for stem in sorted(set(videos) | set(truths)):
            made = _one(folder, stem, videos.get(stem, []))
            truth = _one(reference, stem, truths[stem]) if reference and stem in truths else None
            samples.append(Sample(name=stem, generated=made, reference=truth))
        methods.append(Method(name=name, samples=tuple(samples)))
    return methods


def from_manifest(path: Path) -> list[Method]:
    """Methods from a manifest: CSV with a header, or a JSON list of objects.

    Each row has ``generated`` and, optionally, ``reference`` and ``motion`` (the video whose motion
    it was given; files, relative to the manifest),
    ``method`` (default ``generated``), ``name`` (default the stem) and, in JSON, ``phonemes``: a
    list of ``[symbol, start_s, end_s]``. A name that a method's clips have twice is a failure.

    Raises:
        InputError: it cannot be read, or a row is not like that.
    """
    rows: dict[str, dict[str, Sample]] = {}
    for number, row in enumerate(_rows(path), start=1):
        where = f"{path}: row {number}"
        unknown = [key for key in row if key not in _KEYS]
        if unknown:
            problem = "no such column"
            raise InputError(
                compose(problem, where=where, given=unknown[0], name=unknown[0], choices=_KEYS)
            )
        if not row.get("generated"):
            raise InputError(compose("has no generated video", where=where))
        video = path.parent / str(row["generated"])
        name = str(row.get("name") or video.stem)
        phonemes = _phonemes(row.get("phonemes") or (), where)
        truth = None
        if row.get("reference"):
            truth = VideoSource(path.parent / str(row["reference"]), name=name, phonemes=phonemes)
        made = VideoSource(video, name=name, phonemes=phonemes)
        moved = row.get("motion")
        motion = VideoSource(path.parent / str(moved)) if moved else None
        sample = Sample(name=name, generated=made, reference=truth, motion=motion)
        known = rows.setdefault(str(row.get("method") or "generated"), {})
        if name in known:
            problem = f"row {number} gives a second clip the name {name!r}"
            reason = compose(problem, where=str(path), fix="Name them apart in a column `name`.")
            sample = Sample(name=name, generated=MissingSource(reason))
        known[name] = sample
    if not rows:
        raise InputError(compose("lists no video", where=str(path)))
    return [Method(name=name, samples=tuple(known.values())) for name, known in rows.items()]


def _one(folder: Path, stem: str, files: Sequence[Path]) -> Source:
    """The only video of a stem, or a source that says why there is not one."""
    if not files:
        return MissingSource(f"{folder}: there is no video {stem!r}")
    if len(files) > 1:
        problem = f"{' and '.join(file.name for file in files)} have one name"
        return MissingSource(compose(problem, where=str(folder), fix="Keep one of them."))
    return VideoSource(files[0], name=stem)


def _videos(folder: Path) -> dict[str, list[Path]]:
    """Stem -> files, sorted."""
    if not folder.is_dir():
        problem = "is a file, not a folder of videos" if folder.exists() else "no such folder"
        raise InputError(compose(problem, where=str(folder)))
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        found.setdefault(path.stem, []).append(path)
    if not found:
        expected = f"files ending in {', '.join(SUFFIXES)}"
        raise InputError(compose("holds no video", where=str(folder), expected=expected))
    return found


def _rows(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".json":
            return list(csv.DictReader(text.splitlines()))
        rows = json.loads(text)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(compose(f"cannot be read: {error}", where=str(path))) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(compose("is not a JSON list of objects", where=str(path)))
    return rows


def _phonemes(given: Any, where: str) -> tuple[Phoneme, ...]:
    try:
        return tuple(Phoneme(str(sound), float(start), float(end)) for sound, start, end in given)
    except (TypeError, ValueError) as error:
        problem = "phonemes are wrong"
        expected = "a list of [symbol, start_s, end_s]"
        raise InputError(compose(problem, where=where, expected=expected)) from error
