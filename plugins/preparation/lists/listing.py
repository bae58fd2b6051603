"""What lists have in common: excerpts by the name of a video, and how the files are found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath

import attrs
from styletalker.plugins.preparation.inputs import Excerpt, Found, Input

__all__ = ["Listing"]


@attrs.frozen(kw_only=True)
class Listing:
    """Excerpts of videos."""

    excerpts: Mapping[str, tuple[Excerpt, ...]]
    """Name of a video, with or without folders and suffix -> what to take of it."""
    prefixes: Mapping[str, str] = attrs.field(factory=dict)
    """Name of a video -> a text that a file's name may have before it, such as ``RD_``."""

    @property
    def checksum(self) -> str:
        """Of all of it."""
        plain = {name: [attrs.asdict(e) for e in own] for name, own in self.excerpts.items()}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def applied(self, found: Found) -> tuple[Found, tuple[tuple[str, str], ...]]:
        """The files that the list names, with their excerpts.

        A file is meant by its relative path, by its name, or by its name without the suffix.

        Returns:
            What to prepare; and (name, reason) of files that are not listed, and of listed
            videos that are missing.
        """
        keys = self._keys()
        taken: dict[str, str] = {}
        inputs, others = [], []
        for one in found.inputs:
            name = next((keys[key] for key in _names_of(one.name) if key in keys), None)
            if name is None:
                others.append((one.name, "not-listed"))
            else:
                taken[name] = one.name
                inputs.append(Input(name=one.name, excerpts=self.excerpts[name]))
        others += [(name, "missing") for name in self.excerpts if name not in taken]
        return attrs.evolve(found, inputs=tuple(inputs)), tuple(sorted(others))

    def _keys(self) -> dict[str, str]:
        """Everything by which a video may be called -> its name in the list."""
        keys: dict[str, str] = {}
        for name in self.excerpts:
            stem = str(PurePosixPath(name).with_suffix("")) if "." in name else name
            for key in (name, stem, f"{self.prefixes.get(name, '')}{stem}"):
                keys.setdefault(key, name)
        return keys


def _names_of(file: str) -> list[str]:
    """By what a list may mean a file, the surest first."""
    path = PurePosixPath(file)
    return [file, str(path.with_suffix("")), path.name, path.stem]
