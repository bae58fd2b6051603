"""Building a corpus on disk: in parallel, resumable, the same bytes for any number of workers.

A shard depends on its split and number alone, is written atomically, and is left as it is if it
is there. A killed build is continued by calling it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.engine import Failure, inline_engine, local_engine
from styletalker.core.errors import InputError, RunError, StyletalkerError, compose
from styletalker.core.files import digest_of, read_json, remove_torn, write_json
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.lock import FolderLock, holds_others
from styletalker.core.media.video import Quality
from styletalker.core.run.environment import cores
from styletalker.plugins.shards.archive import write_archive

__all__ = ["CORPUS_FILE", "Plan", "build_corpus", "plan_of"]

CORPUS_FILE = "corpus.json"
_FORMAT = 1
_LOCK = "corpus"


@attrs.frozen(kw_only=True)
class Plan:
    """What is to be written; the content of ``corpus.json``."""

    description: Mapping[str, Any]
    """Where the clips come from: the corpus's type and options."""
    resolution: int
    fps: int
    sample_rate: int
    quality: Quality
    clips_per_shard: int
    counts: Mapping[str, int]
    """Clips per split."""

    @property
    def shards(self) -> list[tuple[str, int]]:
        """(split, number) of every shard."""
        return [
            (split, number)
            for split, count in self.counts.items()
            for number in range(math.ceil(count / self.clips_per_shard))
        ]

    def indices(self, split: str, number: int) -> range:
        """The clips of one shard."""
        first = number * self.clips_per_shard
        return range(first, min(first + self.clips_per_shard, self.counts[split]))

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"format": _FORMAT, **attrs.asdict(self)}

    @classmethod
    def read(cls, folder: Path) -> Plan:
        """The plan of a folder of shards.

        Raises:
            InputError: the folder is not one.
        """
        path = folder / CORPUS_FILE
        if not path.is_file():
            fix = "Give a folder that `toolkit corpus build` wrote."
            raise InputError(compose(f"{folder}: is no corpus, it has no {CORPUS_FILE}", fix=fix))
        try:
            plain = read_json(path)
            if plain.pop("format") != _FORMAT:
                raise InputError(f"{path}: was written by another version of styletalker")
            return cls(**plain)
        except (RunError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{path}: is damaged: {error}") from error


def plan_of(
    corpus: Corpus,
    description: Mapping[str, Any],
    *,
    splits: Sequence[str] = (),
    clips_per_shard: int = 32,
    quality: Quality = "lossless",
) -> Plan:
    """The plan to write *splits* (all by default) of a corpus.

    Raises:
        InputError: a split does not exist.
    """
    return Plan(
        description=description,
        resolution=corpus.resolution,
        fps=corpus.fps,
        sample_rate=corpus.sample_rate,
        quality=quality,
        clips_per_shard=clips_per_shard,
        counts={split: corpus.count(split) for split in splits or corpus.splits},
    )


def shard_path(folder: Path, split: str, number: int) -> Path:
    """The archive of a shard; its record is the ``.json`` beside it."""
    return folder / f"{split}-{number:05d}.tar"


def build_corpus(
    corpus: Corpus,
    plan: Plan,
    folder: Path,
    *,
    workers: int | None = None,
    done: Callable[[int], object] = int,
) -> None:
    """Write what is missing of *plan* in *folder*.

    Args:
        corpus: where the clips come from; copied to the workers.
        plan: what to write.
        folder: where to; made if there is none.
        workers: processes; None for one per core. They are spawned: a script that calls this must
            do so under ``if __name__ == "__main__":``.
        done: called with the number of clips that a finished (or found) shard holds.

    Raises:
        InputError: the folder holds another corpus, or something else.
        RunError: it cannot be written.
    """
    if holds_others(folder, _LOCK) and not (folder / CORPUS_FILE).exists():
        raise InputError(f"{folder}: is not empty and holds no corpus. Choose another folder.")
    with FolderLock(folder, _LOCK):
        remove_torn(folder)
        _claim(folder, plan)
        _write_missing(corpus, plan, folder, workers, done)


def _claim(folder: Path, plan: Plan) -> None:
    """Write ``corpus.json``, or see that it is this very plan's."""
    path = folder / CORPUS_FILE
    if path.exists() and read_json(path) != plan.plain():
        raise InputError(
            f"{folder}: holds another corpus, or one of other options. Choose another folder."
        )
    if not path.exists():
        write_json(path, plan.plain())


def _write_missing(
    corpus: Corpus, plan: Plan, folder: Path, workers: int | None, done: Callable[[int], object]
) -> None:
    missing = []
    for split, number in plan.shards:
        if _is_written(shard_path(folder, split, number)):
            done(len(plan.indices(split, number)))
        else:
            missing.append((split, number))
    count = min(workers or cores() or 1, max(len(missing), 1))
    engine = inline_engine() if count == 1 else local_engine(count)
    for _, result in engine.map(_Writer(corpus, plan, folder), missing):
        if isinstance(result, Failure):
            raise _stopped(folder, result)
        done(result)


def _stopped(folder: Path, failure: Failure) -> StyletalkerError:
    """Why not every shard is there; of crashes it is known when the others are."""
    if not failure.crashed:
        return failure.error()
    fix = "Build again to go on, with fewer --workers."
    problem = f"{folder}: a worker process died, perhaps for lack of memory"
    return RunError(compose(problem, fix=fix))


def _is_written(path: Path) -> bool:
    record = path.with_suffix(".json")
    return path.exists() and record.exists() and path.stat().st_size == read_json(record)["bytes"]


@attrs.frozen(eq=False)
class _Writer:
    """Writes a shard and then its record; returns the number of clips."""

    corpus: Corpus
    plan: Plan
    folder: Path

    def __call__(self, shard: tuple[str, int]) -> int:
        split, number = shard
        path = shard_path(self.folder, split, number)
        clips = (self.corpus.clip(split, index) for index in self.plan.indices(split, number))
        names = write_archive(path, clips, self.plan.quality)
        record = {"clips": names, "bytes": path.stat().st_size, "sha256": digest_of(path)}
        write_json(path.with_suffix(".json"), record)
        return len(names)
