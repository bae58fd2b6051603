"""Whose a folder of shards is: the options by which it is made, so that no others are mixed in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import attrs
from styletalker.core.config.describe import describe
from styletalker.core.config.structure import Structurer
from styletalker.core.engine import Place
from styletalker.core.errors import InputError, compose
from styletalker.core.registry import Registry
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.records import FORMAT

__all__ = ["CLAIM_FILE", "Claim", "claim"]

CLAIM_FILE = "preparation.json"
_NOT_OURS = "is not empty and holds no prepared corpus"


@attrs.frozen(kw_only=True)
class Claim:
    """What a corpus is made by; the content of ``preparation.json``."""

    options: Mapping[str, Any]
    """Of the preparation."""
    face_analyser: Mapping[str, Any]
    """Which one, with its options."""
    listed: str
    """Checksum of the list of excerpts; empty without one."""

    @classmethod
    def of(cls, config: PrepareConfig, analyser: Any, listed: str, registry: Registry) -> Claim:
        """For options; those that only change the speed do not count."""
        structurer = Structurer(registry)
        names = {field.name for field in describe(PrepareConfig)}
        options = {k: v for k, v in structurer.identity(config).items() if k in names}
        named = structurer.identity(analyser)
        plain = named if isinstance(named, Mapping) else {"type": type(analyser).__name__}
        return cls(options=options, face_analyser=dict(plain), listed=listed)

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"format": FORMAT, **attrs.asdict(self)}

    @property
    def checksum(self) -> str:
        """Of all of it."""
        text = json.dumps(self.plain(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def claim(place: Place, wanted: Claim) -> None:
    """Write ``preparation.json`` in an empty place, or see that it is this very preparation's.

    Raises:
        InputError: the place holds something else, or a corpus by other options.
        RunError: it cannot be written.
    """
    if not place.exists(CLAIM_FILE):
        others = [name for name in place.names() if not name.endswith(".lock")]
        if others:
            fix = "Choose another folder."
            raise InputError(compose(_NOT_OURS, where=place.describe(), given=others[0], fix=fix))
        place.write_json(CLAIM_FILE, wanted.plain())
        return
    there = place.read_json(CLAIM_FILE)
    plain = json.loads(json.dumps(wanted.plain()))
    if there != plain:
        problem = f"holds a corpus of other options ({_difference(there, plain)})"
        fix = "Choose another folder, or remove this one."
        raise InputError(compose(problem, where=place.describe(), fix=fix))


def _difference(there: Any, wanted: Any, path: str = "") -> str:
    """The first value that differs, as ``options.quality: 'high', not 'lossless'``."""
    if isinstance(there, dict) and isinstance(wanted, dict):
        for key in [*wanted, *(key for key in there if key not in wanted)]:
            if there.get(key) != wanted.get(key):
                below = f"{path}.{key}" if path else str(key)
                return _difference(there.get(key), wanted.get(key), below)
    return f"{path}: {there!r}, not {wanted!r}"
