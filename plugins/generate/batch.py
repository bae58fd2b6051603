"""Making the videos of a manifest, in parallel, and a table of what became of each row."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from styletalker.core.engine import Engine, Failure, Place
from styletalker.core.errors import InputError, RunError, StyletalkerError, compose
from styletalker.core.files import digest_of
from styletalker.core.generation.manner import Manner
from styletalker.core.registry import Registry
from styletalker.plugins.generate.factors import checked_factors
from styletalker.plugins.generate.manifest import Job

if TYPE_CHECKING:
    from styletalker.core.talker import Talker

__all__ = ["TABLE", "Fate", "Maker", "make_all"]

TABLE = "jobs.csv"
"""What became of each row."""
_RECORDS = ".jobs"
"""Folder of what each video was made of: one that matches is kept."""
_FACTORS = ("pose", "blink", "gaze", "expression")


@attrs.frozen(kw_only=True)
class Fate:
    """What became of a row; a line of :data:`TABLE`."""

    row: int
    output: str
    fate: str
    """``made``, ``kept`` (it was there already) or ``failed``."""
    reason: str = ""
    """Why it failed."""
    frames: int | None = None
    duration_s: float | None = None
    """Length of the video in seconds."""
    notes: str = ""
    """What the user should know."""


@attrs.define(eq=False, kw_only=True)
class Maker:
    """Makes the video of a job, unless it is there; a process has one, with its talker."""

    model: str
    """The talker's folder, run or ``builtin:NAME``."""
    identity: Mapping[str, Any]
    """What else a video depends on: the weights' checksums and the version."""
    place: Place
    """Where videos go."""
    overwrite: bool = False
    """Whether other files of the videos' names are replaced."""
    device: str = "auto"
    threads: int | None = None
    face_analyser: str | None = None
    _talker: Talker | None = attrs.field(default=None, init=False)

    def __call__(self, job: Job) -> Fate:
        """What became of it.

        Raises:
            StyletalkerError: the video cannot be made; also a fault of the program is told so,
                for the other jobs' sake.
        """
        if job.fault:
            raise InputError(job.fault)
        try:
            return self._made(job)
        except (StyletalkerError, MemoryError):
            raise
        except Exception as error:
            text = " ".join(f"internal error: {type(error).__name__}: {error}".split())
            raise RunError(text) from error

    def _made(self, job: Job) -> Fate:
        with contextlib.ExitStack() as held:
            named = {"portrait": job.portrait, "audio": job.audio, "motion": job.motion}
            files = {key: held.enter_context(_here(url)) for key, url in named.items() if url}
            digest = self._digest(job, files)
            known = self._known(job, digest)
            if known is not None:
                return known
            path = held.enter_context(self.place.writing(job.output))
            words = {str(path): self.place.describe(job.output)}
            words |= {str(file): str(named[key]) for key, file in files.items()}
            try:
                fate = self._generated(job, files, path)
            except StyletalkerError as error:
                raise type(error)(_renamed(str(error), words)) from error
            fate = attrs.evolve(fate, notes=_renamed(fate.notes, words))
            record = {**attrs.asdict(fate), "digest": digest, "bytes": path.stat().st_size}
        self.place.write_json(_record(job), record)  # last: a kill before it costs this video only
        return fate

    def _digest(self, job: Job, files: Mapping[str, Path]) -> str:
        """Of everything the video depends on."""
        contents = {key: digest_of(path) for key, path in files.items()}
        about = {**self.identity, "options": dict(job.options), "files": contents}
        about["face_analyser"] = self.face_analyser
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    def _known(self, job: Job, digest: str) -> Fate | None:
        """The fate of a video that is there and matches; None if it must be made.

        Raises:
            InputError: there is another file of that name.
        """
        if not self.place.exists(job.output):
            return None
        try:
            record = self.place.read_json(_record(job))
            if (record["digest"], record["bytes"]) == (digest, self.place.size(job.output)):
                found = {field.name: record[field.name] for field in attrs.fields(Fate)}
                return Fate(**{**found, "row": job.row, "fate": "kept"})
        except (StyletalkerError, KeyError, TypeError):
            pass  # no record, or none that says that it matches
        if self.overwrite:
            return None
        where, fix = self.place.describe(job.output), "Name another file, or say --overwrite."
        problem = "exists already, and was made otherwise or of other files"
        raise InputError(compose(problem, where=where, fix=fix))

    def _generated(self, job: Job, files: Mapping[str, Path], path: Path) -> Fate:
        options = dict(job.options)
        factors = {name: options.pop(name, 1.0) for name in _FACTORS}
        if options.pop("still", False):
            factors["pose"] = 0.0
        made = self._ready().generate(
            files["portrait"],
            files["audio"],
            path,
            motion=files.get("motion"),
            manner=Manner(**checked_factors(factors)),
            overwrite=True,  # the path is ours
            **options,
        )
        return Fate(
            row=job.row,
            output=job.output,
            fate="made",
            frames=made.frames,
            duration_s=round(made.duration_s, 3),
            notes="; ".join(made.notes),
        )

    def _ready(self) -> Talker:
        if self._talker is None:
            import torch
            from styletalker.core.talker import Talker

            if self.threads is not None:
                torch.set_num_threads(self.threads)
            self._talker = Talker.from_pretrained(
                self.model,
                Registry.installed(),
                device=self.device,
                face_analyser=self.face_analyser,
            )
        return self._talker


def make_all(
    jobs: Sequence[Job], maker: Maker, engine: Engine, progress: Callable[[Fate], object]
) -> list[Fate]:
    """Make what is missing of the videos, and write :data:`TABLE`.

    Args:
        jobs: the rows of a manifest.
        maker: what makes a video.
        engine: where.
        progress: called with each fate as it is known.

    Raises:
        RunError: the table cannot be written, or processes cannot be started.
    """
    fates: dict[int, Fate] = {}
    for index, result in engine.map(maker, jobs, label=lambda job: f"row {job.row}"):
        job = jobs[index]
        if isinstance(result, Failure):
            result = Fate(row=job.row, output=job.output, fate="failed", reason=result.reason)
        fates[index] = result
        progress(result)
    ordered = [fates[index] for index in sorted(fates)]
    maker.place.write_text(TABLE, _table(ordered))
    return ordered


def _table(fates: Sequence[Fate]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(field.name for field in attrs.fields(Fate))
    writer.writerows(attrs.astuple(fate) for fate in fates)
    return stream.getvalue()


def _record(job: Job) -> str:
    return f"{_RECORDS}/{job.output}.json"


@contextlib.contextmanager
def _here(url: str) -> Iterator[Path]:
    """A file on this machine."""
    place, name = Place.of_file(url)
    with place.local(name) as path:
        yield path


def _renamed(text: str, words: Mapping[str, str]) -> str:
    """*text* with the user's names instead of those of temporary files."""
    for temporary, name in words.items():
        text = text.replace(temporary, name)
    return text
