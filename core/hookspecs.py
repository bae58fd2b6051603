"""The whole contract between styletalker and its plug-ins.

A plug-in is an importable module named by an entry point of the group
``styletalker.plugins``. It implements one hook below or both with :data:`hookimpl`:

.. code-block:: python

    from styletalker.core.component import Component
    from styletalker.core.hookspecs import hookimpl

    @hookimpl
    def styletalker_components() -> list[Component]:
        return [Component(role="generator", name="ripple", ...)]

The module must import nothing heavy: it is imported by every ``toolkit`` command.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy
from styletalker.core.component import Component
from styletalker.core.weights_file.family import WeightsFamily

__all__ = [
    "ENTRY_POINT_GROUP",
    "PROJECT",
    "hookimpl",
    "hookspec",
    "styletalker_components",
    "styletalker_weights",
]

PROJECT = "styletalker"
"""The pluggy project name."""

ENTRY_POINT_GROUP = "styletalker.plugins"
"""The entry-point group in which plug-in modules are named."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Decorator for a plug-in's implementation of a hook."""


@hookspec
def styletalker_components() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return the components this plug-in offers, one record each.

    Called once per process, on every ``toolkit`` command. An exception, a wrong record or a
    misspelt hook name makes the plug-in *refused*: it is reported by ``toolkit doctor`` with
    its distribution and the reason, and everything else goes on working.
    """


@hookspec
def styletalker_weights() -> Iterable[WeightsFamily]:  # type: ignore[empty-body]
    """Return the families of public weights this plug-in can read, one record each.

    ``toolkit weights`` lists, recognises and converts their files, and a recipe's ``weights:``
    takes them directly if the family names a component. The same rules as for components hold.
    """
