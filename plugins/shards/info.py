"""What a corpus on disk holds, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from styletalker.core.errors import MediaError, RunError
from styletalker.core.files import digest_of, read_json
from styletalker.plugins.shards.archive import read_archive, read_clip
from styletalker.plugins.shards.build import Plan, shard_path

__all__ = ["describe_folder"]


def describe_folder(folder: Path, *, verify: bool = False) -> dict[str, Any]:
    """A description of a folder of shards, ready for JSON.

    Args:
        folder: what ``build_corpus`` wrote.
        verify: also compare every shard's checksum.

    Raises:
        InputError: the folder is no corpus.
    """
    plan = Plan.read(folder)
    splits: dict[str, Any] = {}
    faults: list[str] = []
    for split, clips in plan.counts.items():
        paths = [shard_path(folder, *shard) for shard in plan.shards if shard[0] == split]
        wrong = {path: fault for path in paths if (fault := _fault(path, verify=verify))}
        faults += wrong.values()
        written = [path for path in paths if path.exists()]
        splits[split] = {
            "clips": clips,
            "seconds": _seconds(written, clips),
            "shards": len(paths),
            "whole": len(paths) - len(wrong),
            "bytes": sum(path.stat().st_size for path in written),
        }
    return {
        "folder": str(folder),
        "description": dict(plan.description),
        "resolution": plan.resolution,
        "fps": plan.fps,
        "sample_rate": plan.sample_rate,
        "quality": plan.quality,
        "splits": splits,
        "faults": faults,
    }


def _fault(path: Path, *, verify: bool) -> str | None:
    """What is wrong with a shard, if anything."""
    record = path.with_suffix(".json")
    if not path.exists() or not record.exists():
        return f"{path}: is not written yet; build the corpus again to go on"
    try:
        facts = read_json(record)
        read_archive(path)
    except (MediaError, RunError) as error:
        return f"{error}; remove it and build the corpus again"
    if verify and digest_of(path) != facts["sha256"]:
        return f"{path}: does not match its checksum; remove it and build the corpus again"
    return None


def _seconds(paths: list[Path], clips: int) -> float | None:
    """About how long the clips of a split are together: clips times the first one's length."""
    for path in paths:
        try:
            name, members = next(iter(read_archive(path).items()))
            return round(clips * read_clip(path, name, members).duration_s, 1)
        except (MediaError, StopIteration):
            continue
    return None
