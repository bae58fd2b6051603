"""Whose networks a file holds: every family is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from styletalker.core.errors import CheckpointError, PluginError
from styletalker.core.registry import Registry, import_target
from styletalker.core.roles import role_named
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.tensors import Tensors
from torch import Tensor

__all__ = ["Fit", "Fitting", "ask", "first_tensors", "fit_for", "fits_of", "held_text"]

_SHOWN = 4
"""How many tensors a message names."""


@attrs.frozen(kw_only=True, eq=False)
class Fit:
    """What a family makes of a file: the state of a network, and how to build it."""

    tensors: Mapping[str, Tensor]
    """The whole ``state_dict`` of the network here, by our names."""
    options: Mapping[str, Any]
    """Options of the component's configuration, as in a recipe; those left out keep defaults."""
    sizes: Mapping[str, int] = attrs.field(factory=dict)
    """What the role gets from other components: ``resolution``, ``num_ws``, ``w_dim``."""
    architecture: str = ""
    """The network in words, such as ``256 px, 14 rows of 512, channel_base 16384``."""
    part: str = ""
    """Which of the file's networks it is, such as ``G_ema``; empty if there is just one."""
    notes: tuple[str, ...] = ()
    """What a user should know, such as tensors that were left out."""


@attrs.frozen(kw_only=True, eq=False)
class Fitting:
    """A family, and what it makes of a file."""

    family: WeightsFamily
    fit: Fit


def fits_of(file: WeightsFile, registry: Registry) -> tuple[Fitting, ...]:
    """All families that recognise *file*.

    Raises:
        CheckpointError: a family recognises it and cannot use it; the message says why.
        PluginError: a family's function cannot be imported.
    """
    found = []
    for family in registry.families():
        fit = ask(family, file)
        if fit is not None:
            found.append(Fitting(family=family, fit=fit))
    return tuple(found)


def ask(family: WeightsFamily, file: WeightsFile) -> Fit | None:
    """What *family* makes of *file*; None if it is not its own.

    Raises:
        CheckpointError: it is its own, and cannot be used; the message says why.
        PluginError: the family's function cannot be imported.
    """
    try:
        recognise: Any = import_target(family.recognise)
    except (ImportError, AttributeError) as error:
        problem = f"{family.recognise} cannot be imported: {error}"
        raise PluginError(f"the weights family {family.name!r}: {problem}") from error
    fit: Fit | None = recognise(file)
    return fit


def fit_for(file: WeightsFile, registry: Registry, role: str, component: str) -> Fitting:
    """What *file* holds for the component called *component* (bare) of *role*.

    Raises:
        CheckpointError: nothing; the message says what it holds instead, or names its first
            tensors.
        PluginError: a family's function cannot be imported.
    """
    found = fits_of(file, registry)
    for fitting in found:
        if (fitting.family.role, fitting.family.component) == (role, component):
            return fitting
    label = f"{file.path}: holds nothing for the {role_named(role).title} {component!r}"
    raise CheckpointError(f"{label}: {_held(found, file)}")


def held_text(file: WeightsFile, registry: Registry) -> str:
    """What *file* holds, in words, for messages."""
    return _held(fits_of(file, registry), file)


def _held(found: tuple[Fitting, ...], file: WeightsFile) -> str:
    if not found:
        return f"no installed component knows its tensors, {first_tensors(file.tensors)}"
    return "it holds " + "; ".join(f"{f.family.summary}{_use(f.family)}" for f in found)


def first_tensors(tensors: Tensors) -> str:
    """The first tensors with their shapes, for messages."""
    shown = [f"{name} {list(shape)}" for name, shape in list(tensors.shapes.items())[:_SHOWN]]
    more = f" and {len(tensors) - _SHOWN} more" if len(tensors) > _SHOWN else ""
    return ", ".join(shown) + more


def _use(family: WeightsFamily) -> str:
    if family.role is None or family.component is None:
        return ""
    return f" (use it as the {role_named(family.role).title} {family.component!r})"
