"""A metric with what identifies it: measurements are kept under this identity."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs
from styletalker.core.assembly import build
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.metric import Metric
from styletalker.core.registry import Registry

__all__ = ["Tool", "code_digest", "tools_of"]


@attrs.frozen(kw_only=True, eq=False)
class Tool:
    """A metric, ready to be used in this and in other processes (by pickle)."""

    name: str
    """The component's name."""
    metric: Metric
    """The metric."""
    identity: str
    """Changes whenever a measurement may: with options, weights, version and code."""
    unavailable: str = ""
    """Why it can measure nothing here; empty if it can."""
    weights: Mapping[str, str] = attrs.field(factory=dict)
    """SHA-256 of the weight files it measures with, by name."""


def tools_of(chosen: Iterable[Chosen], registry: Registry) -> list[Tool]:
    """The chosen metrics.

    Raises:
        InputError: one is chosen twice.
        PluginError: one cannot be loaded.
    """
    structurer = Structurer(registry)
    tools: list[Tool] = []
    for one in chosen:
        metric: Metric = build(one, registry)
        offer = registry.get("metric", one.type)
        name = offer.component.name
        if any(tool.name == name for tool in tools):
            raise InputError(compose("a metric is chosen twice", given=name))
        missing = metric.unavailable()
        weights = {} if missing else dict(metric.weights())
        about = [
            offer.qualified,
            offer.plugin.version,
            structurer.identity(one),
            code_digest(type(metric)),
            sorted(weights.values()),
        ]
        tools.append(
            Tool(
                name=name,
                metric=metric,
                identity=json.dumps(about, sort_keys=True),
                unavailable=missing,
                weights=weights,
            )
        )
    return tools


@functools.cache
def code_digest(cls: type) -> str:
    """SHA-256 of the Python files a class is likely made of.

    Those of its module's folder and, unless that is a whole distribution's top, of the folder
    above: what was measured by other code is measured again.
    """
    folder = Path(inspect.getfile(cls)).parent
    folders = [folder]
    if (folder.parent / "__init__.py").is_file():
        folders.append(folder.parent)
    total = hashlib.sha256()
    for path in sorted(file for one in folders for file in one.glob("*.py")):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
