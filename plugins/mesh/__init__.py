"""The generator ``mesh`` and the inverter ``mesh_fit``: a photo on a fitted head, animated.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.mesh.config import MeshConfig, MeshFitConfig

__all__ = ["styletalker_components"]

_SOURCE = (
    "a morphable model fitted to landmarks (Blanz & Vetter 1999; Saragih et al. 2011) with the "
    "photo as its texture; the model is the puppet's"
)


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer both."""
    return [
        Component(
            role="generator",
            name="mesh",
            target="styletalker.plugins.mesh.generator:Mesh",
            config=MeshConfig,
            summary="moves a photo by a 3-D head fitted to it; no weights, codes are parameters",
            source=_SOURCE,
            licence="Apache-2.0",
            smoke={"resolution": 128},
        ),
        Component(
            role="inverter",
            name="mesh_fit",
            target="styletalker.plugins.mesh.inverter:MeshFit",
            config=MeshFitConfig,
            summary="fits the head of mesh to a photo, and follows the motion of a video",
            source=_SOURCE,
            licence="Apache-2.0; landmark weights trained on iBUG 300-W: no commercial use",
            smoke={"boxes": 1, "track_boxes": 1},
        ),
    ]
