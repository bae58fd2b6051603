"""Measurements on disk, each under the digest of what it depends on."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from styletalker.core.files import atomic_path

__all__ = ["Store"]

_FACTS = "facts"
"""The entry of a file that holds, as JSON, everything that is no array."""


@attrs.frozen
class Store:
    """A folder of measurements; several processes may use it at once.

    A file holds numpy arrays and one JSON text, never pickled objects. A damaged file counts as
    none: its clip is measured again.
    """

    folder: Path

    @staticmethod
    def key(*parts: str | None) -> str:
        """The digest of everything a measurement depends on."""
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def get(self, key: str) -> dict[str, Any] | None:
        """What was kept under *key*, if anything."""
        try:
            # numpy leaves a damaged file open that it opened itself
            path = self._path(key)
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
                values: dict[str, Any] = json.loads(str(kept[_FACTS]))
                values |= {name: kept[name] for name in kept.files if name != _FACTS}
                return values
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, key: str, values: Mapping[str, Any]) -> None:
        """Keep a measurement: arrays, and what JSON can hold."""
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        plain = {name: value for name, value in values.items() if name not in arrays}
        text = json.dumps(plain, default=_plain)
        with atomic_path(self._path(key)) as path, path.open("wb") as stream:
            entries: dict[str, Any] = {_FACTS: np.array(text), **arrays}
            np.savez_compressed(stream, **entries)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a measurement may not hold a {type(value).__name__}")
