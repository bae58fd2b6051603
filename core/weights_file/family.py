"""What plug-ins declare about public weights: families of networks, and the files there are.

A family is one kind of network in one naming of its tensors. Plug-ins return families from the
hook ``styletalker_weights``; nothing here imports torch.
"""

from __future__ import annotations

import re

import attrs
from styletalker.core.errors import compose
from styletalker.core.public_files import PublicFile
from styletalker.core.roles import ROLES

__all__ = ["WeightsFamily", "family_faults"]

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_TEXTS = ("name", "summary", "recognise", "licence", "preprocessing")


@attrs.frozen(kw_only=True)
class WeightsFamily:
    """One kind of network in one public naming of its tensors."""

    name: str
    """Unique, lower case with hyphens, such as ``stylegan2-rosinality``."""
    summary: str
    """Which networks and whose layout, in one line."""
    recognise: str
    """``package.module:function``: from a ``WeightsFile`` to a ``Fit``, or None if it has none."""
    licence: str
    """Licence of the published weights in general."""
    preprocessing: str
    """What the network expects: size, range and order of channels."""
    role: str | None = None
    """The role of the component they fit; None for a network that is part of others."""
    component: str | None = None
    """The component they fit, by its name in the role."""
    write: str | None = None
    """``package.module:function``: from a component to what ``torch.save`` writes; if it can."""
    files: tuple[PublicFile, ...] = ()
    """The public files of this family."""


def family_faults(family: object) -> list[str]:
    """What is wrong with a record, one line each; empty when it can be registered."""
    if not isinstance(family, WeightsFamily):
        return [f"the hook must return WeightsFamily records, not {type(family).__name__}"]
    faults = [
        f"{name} must be a non-empty text, not {getattr(family, name)!r}"
        for name in _TEXTS
        if not (isinstance(getattr(family, name), str) and getattr(family, name).strip())
    ]
    if faults:
        return faults
    if not _NAME.fullmatch(family.name):
        faults.append(f"name must be lower case with hyphens, not {family.name!r}")
    faults += [
        f"{name} must be package.module:function, not {target!r}"
        for name, target in (("recognise", family.recognise), ("write", family.write))
        if target is not None and not _TARGET.fullmatch(target)
    ]
    neural = [role.name for role in ROLES if role.neural]
    if family.role is not None and family.role not in neural:
        problem = "no such role of networks"
        faults.append(compose(problem, given=family.role, name=family.role, choices=neural))
    if (family.role is None) != (family.component is None):
        faults.append("role and component must be given together")
    if not all(isinstance(file, PublicFile) for file in family.files):
        faults.append("files must be PublicFile records")
    return faults
