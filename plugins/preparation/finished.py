"""Whether a corpus is finished: the inputs are still those it was made of, and it is whole."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from styletalker.core.engine import Engine, Place
from styletalker.core.files import digest_of
from styletalker.core.run.progress import Reporter
from styletalker.plugins.preparation.claim import CLAIM_FILE
from styletalker.plugins.preparation.inputs import Found, Input
from styletalker.plugins.preparation.manifest import MANIFEST_FILE
from styletalker.plugins.preparation.page import PAGE_FILE
from styletalker.plugins.shards.build import CORPUS_FILE

__all__ = ["Prepared", "finished"]


@attrs.frozen(kw_only=True)
class Prepared:
    """What came of a preparation."""

    totals: Mapping[str, Any]
    """As the manifest has them."""
    page: str
    """Where to look."""
    before: bool = False
    """Whether it was finished before, and nothing was done."""


def finished(
    place: Place,
    source: Place,
    found: Found,
    others: Sequence[tuple[str, str]],
    engine: Engine,
    reporter: Reporter,
) -> Prepared | None:
    """What an earlier call made, if the inputs are still the same; else None."""
    if not place.exists(MANIFEST_FILE):
        return None
    manifest = place.read_json(MANIFEST_FILE)
    entries = {one["name"]: one for one in manifest["inputs"]}
    names = {one.name for one in found.inputs} | {name for name, _ in others}
    same = (
        manifest["preparation"] == place.read_json(CLAIM_FILE)
        and not manifest["totals"]["inputs"]["failed"]
        and not found.unreadable
        and names == set(entries)
        and _shards_whole(place)
    )
    if not same:
        return None
    results = engine.map(_Digest(raw=source), found.inputs, label=lambda one: one.name)
    with (
        contextlib.closing(results),  # type: ignore[type-var]
        reporter.task("files compared with before", len(found.inputs)) as task,
    ):
        for index, result in results:
            if result != entries[found.inputs[index].name]["digest"]:
                return None
            task.advance()
    return Prepared(totals=manifest["totals"], page=place.describe(PAGE_FILE), before=True)


def _shards_whole(place: Place) -> bool:
    if not place.exists(CORPUS_FILE):
        return True  # nothing was good enough
    plan = place.read_json(CORPUS_FILE)
    for split, count in plan["counts"].items():
        for number in range(math.ceil(count / plan["clips_per_shard"])):
            name = f"{split}-{number:05d}"
            if not place.exists(f"{name}.tar") or not place.exists(f"{name}.json"):
                return False
            if place.read_json(f"{name}.json")["bytes"] != place.size(f"{name}.tar"):
                return False
    return True


@attrs.frozen(kw_only=True)
class _Digest:
    """The checksum of an input."""

    raw: Place

    def __call__(self, item: Input) -> str:
        with self.raw.local(item.name) as path:
            try:
                return digest_of(path)
            except OSError:
                return ""
