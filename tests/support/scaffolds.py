"""Plug-in packages written by ``toolkit new``, usable in this process without installing them."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

from styletalker.core.discovery import discover
from styletalker.core.registry import Registry
from styletalker.core.roles import ROLES
from styletalker.core.scaffold.write import write_plugin

__all__ = ["FakeDistribution", "entry_point", "registry_of_scaffolds"]


class FakeDistribution:
    """An installed distribution, as far as discovery looks."""

    def __init__(self, name: str, version: str = "1.0") -> None:
        self.name, self.version = name, version


class FakeEntryPoint:
    """An entry point whose module is found on ``sys.path``."""

    def __init__(self, name: str, value: str, distribution: str, version: str = "1.0") -> None:
        self.name, self.value = name, value
        self.dist = FakeDistribution(distribution, version)

    def load(self) -> object:
        return importlib.metadata.EntryPoint(self.name, self.value, "g").load()


def entry_point(name: str, value: str, distribution: str, version: str = "1.0") -> FakeEntryPoint:
    """An entry point of a distribution that is not really installed."""
    return FakeEntryPoint(name, value, distribution, version)


def registry_of_scaffolds(parent: Path) -> Registry:
    """One scaffolded plug-in for every role, written to *parent* and put on ``sys.path``."""
    points = []
    for role in ROLES:
        name = f"scaffold-{role.name.replace('_', '-')}"
        write_plugin(name, role.name, f"example_{role.name}", parent)
        sys.path.insert(0, str(parent / name))
        points.append(entry_point(role.name, name.replace("-", "_"), name))
    return Registry(discover(points))
