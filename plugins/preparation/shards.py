"""From the parts to shards, in the very format of :mod:`styletalker.plugins.shards`."""

from __future__ import annotations

import contextlib
import json
import re
import tarfile
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from styletalker.core.engine import Engine, Failure, Place
from styletalker.core.files import digest_of
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.decide import Decision, Placed
from styletalker.plugins.preparation.examine import SAMPLE_RATE
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.part import part_name, read_member
from styletalker.plugins.shards.archive import add_clip
from styletalker.plugins.shards.build import CORPUS_FILE, Plan

__all__ = ["are_whole", "forget_shards", "plan_of", "write_shards"]

_SHARD = re.compile(r"(train|val|test)-\d{5}\.(tar|json)")


@attrs.frozen(kw_only=True)
class _Member:
    """A clip on its way from a part to a shard."""

    name: str
    key: str
    places: dict[str, tuple[int, int]]
    facts: str
    """The clip's JSON file."""


@attrs.frozen(kw_only=True)
class _Shard:
    """One archive to write."""

    name: str
    """Without a suffix."""
    members: tuple[_Member, ...]


def plan_of(decision: Decision, config: PrepareConfig, options: str) -> Plan:
    """The plan of a decision's shards; *options* is the checksum of all options."""
    return Plan(
        description={"type": "prepared", "options": options, "decision": decision.checksum},
        resolution=config.analysis.size,
        fps=FPS,
        sample_rate=SAMPLE_RATE,
        quality=config.quality,
        clips_per_shard=config.clips_per_shard,
        counts={split: len(decision.kept(split)) for split in decision.splits},
    )


def write_shards(
    place: Place, plan: Plan, decision: Decision, engine: Engine, done: Callable[[int], object]
) -> None:
    """Write ``corpus.json`` and the shards that are missing.

    Shards of another plan are removed first.

    Args:
        place: where the parts are and the shards go.
        plan: of the decision.
        decision: which clips go where.
        engine: works.
        done: called with the clips of each shard that is written or was found.

    Raises:
        RunError: something cannot be read or written.
    """
    if place.exists(CORPUS_FILE) and place.read_json(CORPUS_FILE) != plan.plain():
        forget_shards(place)
    if not place.exists(CORPUS_FILE):
        place.write_json(CORPUS_FILE, plan.plain())
    missing = []
    for shard in _shards(plan, decision):
        if _is_whole(place, shard):
            done(len(shard.members))
        else:
            missing.append(shard)
    work = _Write(place=place)
    with contextlib.closing(_mapped(engine, work, missing)) as results:
        for index, result in results:
            if isinstance(result, Failure):
                raise result.error()
            done(len(missing[index].members))


def are_whole(place: Place, plan: Plan, decision: Decision) -> bool:
    """Whether all shards of a plan are there."""
    if not place.exists(CORPUS_FILE) or place.read_json(CORPUS_FILE) != plan.plain():
        return False
    return all(_is_whole(place, shard) for shard in _shards(plan, decision))


def forget_shards(place: Place) -> None:
    """Remove all shards, and then what says whose they are.

    Raises:
        RunError: one cannot be removed.
    """
    for name in place.names():
        if _SHARD.fullmatch(name):
            place.remove(name)
    place.remove(CORPUS_FILE)


def _mapped(engine: Engine, work: Any, items: Sequence[_Shard]) -> Any:
    return engine.map(work, items, label=lambda shard: f"shard {shard.name}")


def _shards(plan: Plan, decision: Decision) -> list[_Shard]:
    kept = {split: decision.kept(split) for split in plan.counts}
    return [
        _Shard(
            name=f"{split}-{number:05d}",
            members=tuple(_member(kept[split][k]) for k in plan.indices(split, number)),
        )
        for split, number in plan.shards
    ]


def _member(one: Placed) -> _Member:
    clip = one.clip
    facts = {
        "name": one.name,
        "identity": one.identity,
        "fps": FPS,
        "sample_rate": SAMPLE_RATE,
        "frames": clip.frames,
        "text": "",
        "phonemes": [],
        "parameter_names": [],
        "facts": {
            **clip.facts,
            "source": one.source,
            "start_s": clip.start / FPS,
            "offset_frames": clip.offset_frames,
            "offset_confidence": clip.confidence,
        },
    }
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return _Member(name=one.name, key=one.key, places=dict(clip.members), facts=text)


def _is_whole(place: Place, shard: _Shard) -> bool:
    archive, record = f"{shard.name}.tar", f"{shard.name}.json"
    if not place.exists(archive) or not place.exists(record):
        return False
    facts = place.read_json(record)
    names = [member.name for member in shard.members]
    return bool(facts["clips"] == names and facts["bytes"] == place.size(archive))


@attrs.frozen(kw_only=True)
class _Write:
    """Writes one shard and then its record."""

    place: Place

    def __call__(self, shard: _Shard) -> int:
        with self.place.writing(f"{shard.name}.tar") as path:
            with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
                self._fill(archive, shard.members)
            facts = {
                "clips": [member.name for member in shard.members],
                "bytes": path.stat().st_size,
                "sha256": digest_of(path),
            }
        self.place.write_json(f"{shard.name}.json", facts)
        return len(shard.members)

    def _fill(self, archive: tarfile.TarFile, members: Sequence[_Member]) -> None:
        """Copy clips; those of one part stand together, and it is fetched once for them."""
        with contextlib.ExitStack() as held:
            key, stream = "", None
            for member in members:
                if stream is None or member.key != key:
                    held.close()
                    key = member.key
                    path = held.enter_context(self.place.local(part_name(key)))
                    stream = held.enter_context(path.open("rb"))
                files = {
                    suffix: read_member(stream, where) for suffix, where in member.places.items()
                }
                add_clip(archive, member.name, {**files, "json": member.facts.encode()})
