"""The light record by which a plug-in offers a component, without importing it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs
from styletalker.core.errors import compose
from styletalker.core.roles import ROLES, role_named

__all__ = ["Component", "faults_of"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TEXTS = ("role", "name", "target", "summary", "source", "licence")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_WEIGHTS = re.compile(r"[a-z0-9][a-z0-9_-]*")
_RESOURCE = re.compile(r"[A-Za-z_][\w.]*:[\w-][\w.-]*(/[\w-][\w.-]*)*\.safetensors")


@attrs.frozen(kw_only=True, eq=False)
class Component:
    """One component on offer.

    A plug-in returns these from its hook. Nothing here imports the component: *target*
    is read when a recipe builds it, so listing a hundred components costs nothing.
    """

    role: str
    """The role it fills, a name of :data:`styletalker.core.roles.ROLES`."""
    name: str
    """Its name in recipes, ``snake_case``; unique within the role."""
    target: str
    """Where its class is, as ``package.module:Class``."""
    config: type
    """Its attrs configuration class, in a module that imports nothing heavy."""
    summary: str
    """What it is, in one line."""
    source: str
    """The paper (with its identifier), standard or reasoning it follows."""
    licence: str
    """SPDX identifier of the component's code and of any weights it brings or needs."""
    smoke: Mapping[str, object]
    """Options of a tiny configuration: what the contract kit builds and runs."""
    requires: Mapping[str, str] = attrs.field(factory=dict)
    """Optional modules it imports -> what to give to ``pip install`` for each."""
    pretrained: Mapping[str, str] = attrs.field(factory=dict)
    """Weights it brings: name -> ``package:path/in/package.safetensors``, a JSON file beside it.

    Recipes say ``weights: builtin:NAME``. The package's files must be on disk, not in an archive.
    """


def faults_of(component: object) -> list[str]:
    """What is wrong with a record, one line each; empty when it can be registered."""
    if not isinstance(component, Component):
        return [f"a hook must return Component records, not {type(component).__name__}"]
    texts = {name: getattr(component, name) for name in _TEXTS}
    faults = [
        f"{name} must be a non-empty text, not {value!r}"
        for name, value in texts.items()
        if not (isinstance(value, str) and value.strip())
    ]
    if faults:
        return faults
    roles = [role.name for role in ROLES]
    if component.role not in roles:
        faults.append(
            compose("no such role", given=component.role, name=component.role, choices=roles)
        )
    is_attrs = isinstance(component.config, type) and attrs.has(component.config)
    expected = {
        "name": (_NAME.fullmatch(component.name), "snake_case"),
        "target": (_TARGET.fullmatch(component.target), "package.module:Class"),
        "summary": ("\n" not in component.summary.strip(), "one line"),
        "config": (is_attrs, "an attrs class"),
        "smoke": (isinstance(component.smoke, Mapping), "a mapping of options"),
        "requires": (isinstance(component.requires, Mapping), "a mapping of modules to packages"),
        "pretrained": (
            isinstance(component.pretrained, Mapping),
            "a mapping of names to resources",
        ),
    }
    faults += [
        f"{name} must be {wanted}, not {getattr(component, name)!r}"
        for name, (right, wanted) in expected.items()
        if not right
    ]
    return faults or _faults_of_weights(component)


def _faults_of_weights(component: Component) -> list[str]:
    """What is wrong with the weights a component brings, and with how recipes would name them."""
    if not role_named(component.role).neural:
        refused = f"pretrained: a {component.role} is not a network and has no weights"
        return [refused] if component.pretrained else []
    faults = []
    if "weights" in {attribute.name for attribute in attrs.fields(component.config)}:
        faults.append("the option 'weights' has another meaning in recipes; call it differently")
    for name, resource in component.pretrained.items():
        if not (isinstance(name, str) and _WEIGHTS.fullmatch(name)):
            faults.append(f"pretrained: a name must be lower-case letters and digits, not {name!r}")
        if not (isinstance(resource, str) and _RESOURCE.fullmatch(resource)):
            wanted = "package:path/in/package.safetensors"
            faults.append(f"pretrained: {name} must be {wanted}, not {resource!r}")
    return faults
