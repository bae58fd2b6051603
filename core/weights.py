"""Where weights are and what they say about themselves, without reading a tensor.

Beside ``generator.safetensors`` lies ``generator.json`` with the facts: role, type, options and the
tensors' checksum. A recipe is checked by these alone, so nothing here imports torch.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styletalker.core.component import Component
from styletalker.core.discovery import Offer
from styletalker.core.errors import CheckpointError, PluginError, RunError
from styletalker.core.files import read_json
from styletalker.core.registry import Registry
from styletalker.core.roles import role_named

__all__ = [
    "BUILTIN",
    "FORMAT",
    "SUFFIX",
    "describe_kind",
    "is_kind",
    "is_own",
    "pretrained_names",
    "pretrained_offers",
    "pretrained_path",
    "read_facts",
]

BUILTIN = "builtin:"
"""In recipes, before the name of weights that an installed plug-in brings."""
FORMAT = 1
"""Version of the JSON file beside the tensors."""
SUFFIX = ".safetensors"


def read_facts(path: Path) -> Mapping[str, Any]:
    """What the JSON file beside *path* (``.safetensors``) says; the tensors are not read.

    Raises:
        CheckpointError: one of the two files is missing, or the JSON file is damaged or of another
            version.
    """
    sidecar = path.with_suffix(".json")
    for file in (path, sidecar):
        if not file.is_file():
            raise CheckpointError(f"{file}: no such file")
    try:
        facts = read_json(sidecar)
    except RunError as error:
        raise CheckpointError(str(error)) from error
    if not isinstance(facts, dict) or not isinstance(facts.get("sha256"), str):
        raise CheckpointError(f"{sidecar}: does not describe {path.name}: it has no checksum")
    if facts.get("format") != FORMAT:
        raise CheckpointError(
            f"{sidecar}: was written by another version of styletalker "
            f"(format {facts.get('format')}, this one reads {FORMAT})"
        )
    sizes = facts.get("sizes", {})
    if not isinstance(sizes, dict) or not all(type(size) is int for size in sizes.values()):
        raise CheckpointError(f"{sidecar}: sizes must be a mapping of names to whole numbers")
    return facts


def is_own(path: Path) -> bool:
    """Whether *path* is a file of our own: ``.safetensors`` with a JSON file that says whose it is.

    A JSON file without a role beside it (tensors that were only converted) makes it a public file.

    Raises:
        CheckpointError: there is a JSON file, and it is damaged or of another version.
    """
    if path.suffix != SUFFIX or not path.with_suffix(".json").is_file():
        return False
    return read_facts(path).get("role") is not None


def is_kind(facts: Mapping[str, Any], role: str, type: str) -> bool:  # noqa: A002
    """Whether weights are those of the component *type* (bare or qualified) of *role*."""
    kind = facts.get("type")
    return facts.get("role") == role and isinstance(kind, str) and _bare(kind) == _bare(type)


def describe_kind(facts: Mapping[str, Any]) -> str:
    """Whose weights they are, for messages: ``the prior 'flow'``."""
    role, kind = facts.get("role"), facts.get("type")
    if not (isinstance(role, str) and isinstance(kind, str)):
        return "something that is not named"
    return f"the {role.replace('_', ' ')} {kind!r}"


def pretrained_path(component: Component, name: str) -> Path:
    """The file of the weights that *component* brings under *name* (a key of ``pretrained``).

    Raises:
        PluginError: the plug-in names a package or a file that is not installed.
    """
    resource = component.pretrained[name]
    package, _, inside = resource.partition(":")
    label = f"the {role_named(component.role).title} {component.name!r}"
    try:
        path = Path(str(importlib.resources.files(package).joinpath(inside)))
    except ImportError as error:
        raise PluginError(
            f"{label} brings weights in {package}, which cannot be imported: {error}"
        ) from error
    if not path.is_file():
        raise PluginError(
            f"{label} brings weights {name!r} at {resource}, and there is no such file"
        )
    return path


def pretrained_names(registry: Registry) -> dict[str, dict[str, Component]]:
    """Name of built-in weights -> role -> the component that has them, sorted by name.

    Raises:
        PluginError: two components of one role bring weights of the same name.
    """
    names = sorted({name for offer in registry.offers() for name in offer.component.pretrained})
    return {
        name: {role: offer.component for role, offer in pretrained_offers(registry, name).items()}
        for name in names
    }


def pretrained_offers(registry: Registry, name: str) -> dict[str, Offer]:
    """Role -> the offer whose component brings weights called *name*; empty if none does.

    Raises:
        PluginError: two components of one role do; the message names both.
    """
    found: dict[str, Offer] = {}
    for offer in registry.offers():
        component = offer.component
        if name not in component.pretrained:
            continue
        other = found.setdefault(component.role, offer)
        if other is not offer:
            raise PluginError(
                f"two {role_named(component.role).title}s bring weights called {name!r}: "
                f"{other.component.name!r} of {other.plugin} and {component.name!r} of "
                f"{offer.plugin}. Choose one in a recipe: type: and weights: {BUILTIN}{name}."
            )
    return found


def _bare(name: str) -> str:
    """A component's name without its distribution."""
    return name.rpartition("/")[2]
