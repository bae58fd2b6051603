"""Writing a frame cache: append, note, go on after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.files import read_json, remove_torn, write_json, write_text
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.lock import FolderLock

__all__ = ["ARRAYS", "read_lines", "write_cache"]

ARRAYS: Mapping[str, str] = {
    "frames": "uint8",
    "waveform": "float32",
    "landmarks": "float32",
    "visible": "bool",
    "parameters": "float32",
}
"""Array -> its type on disk."""

_FORMAT = 1
_LOCK = "frames"
_FLUSH_EVERY = 16
_FLUSH_EVERY_S = 10.0
"""Clips, or seconds, between flushes to the disk: a kill costs at most so much."""


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """The whole lines of ``clips.jsonl``: one clip each."""
    path = folder / "clips.jsonl"
    if not path.exists():
        return []
    content = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in content[: content.rfind("\n") + 1].splitlines()]


def write_cache(
    folder: Path,
    corpus: Corpus,
    split: str,
    *,
    clips: int | None,
    frames: int | None,
    progress: Callable[[int], object],
) -> None:
    """Write what is missing; see :meth:`~styletalker.core.training.frames.FrameCache.build`."""
    count = corpus.count(split) if clips is None else min(clips, corpus.count(split))
    plan = {
        "format": _FORMAT,
        "corpus": _identity(corpus),
        "split": split,
        "clips": count,
        "cut": frames,
        "fps": corpus.fps,
        "sample_rate": corpus.sample_rate,
        "resolution": corpus.resolution,
    }
    with FolderLock(folder, _LOCK):
        remove_torn(folder)
        if (folder / "plan.json").exists() and read_json(folder / "plan.json") != plan:
            _clear(folder)
        if (folder / "cache.json").exists():
            progress(count)
            return
        write_json(folder / "plan.json", plan)
        writer = _Writer(folder, corpus, frames)
        progress(writer.clips)
        try:
            for index in range(writer.clips, count):
                writer.add(corpus.clip(split, index))
                progress(1)
            writer.flush()
        finally:
            writer.close()
        names = {"parameter_names": writer.parameter_names, "shapes": writer.shapes}
        write_json(folder / "cache.json", {**plan, **names})


class _Writer:
    """Appends clips to the arrays."""

    def __init__(self, folder: Path, corpus: Corpus, cut: int | None) -> None:
        """Go on after the last clip that was noted; what was appended after it is cut off."""
        self._folder, self._corpus, self._cut = folder, corpus, cut
        lines = read_lines(folder)
        if not _fit(folder, lines):
            _clear(folder, keep=("plan.json",))
            lines = []
        self.clips = len(lines)
        last = lines[-1] if lines else {}
        self.shapes: dict[str, list[int]] = dict(last.get("shapes", {}))
        self.parameter_names: list[str] = list(last.get("parameter_names", []))
        self._sizes: dict[str, int] = dict(last.get("sizes", dict.fromkeys(ARRAYS, 0)))
        text = "".join(json.dumps(line) + "\n" for line in lines)
        write_text(folder / "clips.jsonl", text)
        self._pending: list[str] = []
        self._flushed_at = time.monotonic()
        try:
            self._files = {name: (folder / f"{name}.raw").open("ab") for name in ARRAYS}
            for name, file in self._files.items():
                file.truncate(self._sizes[name])
            self._lines = (folder / "clips.jsonl").open("a", encoding="utf-8")
        except OSError as error:
            raise RunError(f"{folder}: cannot be written: {error.strerror}") from error

    def add(self, clip: Clip) -> None:
        """Append a clip."""
        length = self._length(clip)
        samples = length * clip.sample_rate // clip.fps
        arrays: dict[str, NDArray[Any] | None] = {
            "frames": clip.frames[:length],
            "waveform": clip.waveform[:samples],
            "landmarks": None if clip.landmarks is None else clip.landmarks[:length],
            "visible": None if clip.visible is None else clip.visible[:length],
            "parameters": None if clip.parameters is None else clip.parameters[:length],
        }
        known = {name: array for name, array in arrays.items() if array is not None}
        self._check(clip, known)
        try:
            for name, array in known.items():
                content = np.ascontiguousarray(array, ARRAYS[name])
                self._files[name].write(content.data)
                self._sizes[name] += content.nbytes
        except OSError as error:
            raise RunError(f"{self._folder}: cannot be written: {error.strerror}") from error
        self._note(clip, length, list(known))
        self.clips += 1
        late = time.monotonic() - self._flushed_at >= _FLUSH_EVERY_S
        if late or len(self._pending) >= _FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Bring the data to the disk, then note the clips."""
        try:
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
            self._lines.write("".join(self._pending))
            self._lines.flush()
            os.fsync(self._lines.fileno())
        except OSError as error:
            raise RunError(f"{self._folder}: cannot be written: {error.strerror}") from error
        self._pending, self._flushed_at = [], time.monotonic()

    def close(self) -> None:
        """Close the files."""
        for file in (*self._files.values(), self._lines):
            file.close()

    def _length(self, clip: Clip) -> int:
        """Frames to keep: as many as cover a whole number of samples."""
        length = len(clip.frames) if self._cut is None else min(self._cut, len(clip.frames))
        while length > 1 and length * clip.sample_rate % clip.fps:
            length -= 1
        return length

    def _check(self, clip: Clip, known: Mapping[str, NDArray[Any]]) -> None:
        """All clips must be of one kind, or arrays could not hold them."""
        corpus, size = self._corpus, self._corpus.resolution
        facts = (clip.fps, clip.sample_rate, clip.frames.shape[1:])
        wanted = (corpus.fps, corpus.sample_rate, (size, size, 3))
        if facts != wanted:
            problem = f"clip {clip.name} is not as the corpus says"
            raise InputError(compose(problem, expected=str(wanted), given=facts))
        for name, array in known.items():
            shape = list(array.shape[1:])
            if self.shapes.setdefault(name, shape) != shape:
                problem = f"clip {clip.name}: its {name} differ from those of other clips"
                raise InputError(compose(problem, expected=str(self.shapes[name]), given=shape))
        if "parameters" in known:
            names = list(clip.parameter_names)
            self.parameter_names = self.parameter_names or names
            if names != self.parameter_names:
                problem = f"clip {clip.name} has other animation parameters than the clips before"
                raise InputError(compose(problem, given=", ".join(names)))

    def _note(self, clip: Clip, length: int, has: list[str]) -> None:
        duration = length / clip.fps
        line = {
            "name": clip.name,
            "identity": clip.identity,
            "frames": length,
            "has": has,
            "phonemes": [
                (one.symbol, one.start_s, min(one.end_s, duration))
                for one in clip.phonemes
                if one.start_s < duration
            ],
            "sizes": self._sizes,
            "shapes": self.shapes,
            "parameter_names": self.parameter_names,
        }
        self._pending.append(json.dumps(line) + "\n")


def _fit(folder: Path, lines: list[dict[str, Any]]) -> bool:
    """Whether the arrays hold at least what the lines say."""
    sizes = lines[-1]["sizes"] if lines else {}
    paths = {name: folder / f"{name}.raw" for name in sizes}
    return all(path.exists() and path.stat().st_size >= sizes[name] for name, path in paths.items())


def _clear(folder: Path, keep: tuple[str, ...] = ()) -> None:
    """Remove a cache; ``cache.json`` first, so that a kill leaves nothing that looks whole."""
    names = ["cache.json", "clips.jsonl", *(f"{name}.raw" for name in ARRAYS), "plan.json"]
    for name in names:
        if name not in keep:
            (folder / name).unlink(missing_ok=True)


def _identity(corpus: Corpus) -> str:
    """A digest of a corpus's class and configuration."""
    kind = type(corpus)
    text = f"{kind.__module__}.{kind.__qualname__} {corpus.config!r}"
    return hashlib.sha256(text.encode()).hexdigest()
