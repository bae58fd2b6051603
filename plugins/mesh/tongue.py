"""The tongue: a soft mound on the jaw whose tip rises to the upper teeth."""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.plugins.mesh.paint_look import Look
from styletalker.plugins.mesh.teeth import MouthFrame, Surface
from styletalker.plugins.mesh.teeth_enamel import finished
from styletalker.plugins.puppet.fields import FloatArray, bump, grid_triangles, ramp

__all__ = ["Tongue", "make_tongue"]

_COLUMNS = 9
_HALF, _HEIGHT = 1.75, 1.9
"""Half the width and the height of the mound seen from the front, cm."""
_BELOW, _BEHIND = -0.30, 1.15
"""The sheet at rest begins this far below the line where the lips meet (its visible top is
lower), and is this far behind it, cm."""
_RISE, _FORWARD = 0.42, 0.42
"""Where the raised tip goes, cm."""
_NARROW = 0.30
"""Part of its width that the raised tip loses."""
_TEXELS = 1.3
"""Texels a pixel of the photo."""


@attrs.frozen(kw_only=True, eq=False)
class Tongue:
    """The tongue at rest and what raising its tip adds."""

    surface: Surface
    """Low in the mouth, behind the lower teeth."""
    lift: FloatArray
    """[V, 3] displacement at ``tongue = 1``, cm."""

    def points(self, tongue: float) -> FloatArray:
        """Points [V, 3] for the parameter *tongue*."""
        return self.surface.points + tongue * self.lift


def _texture(side: tuple[int, int], look: Look) -> FloatArray:
    """The mound [h, w, 4] before light, softness and grain: its outline is in the opacity."""
    u = np.linspace(-1, 1, side[1])[None]
    v = np.linspace(0, 1, side[0])[:, None]
    top = 0.12 + 0.70 * np.abs(u) ** 2.6 + 0.045 * bump(u, 0, 0.10)
    inside = _HEIGHT * v - top  # cm
    opacity = ramp(-0.07, 0.12, inside) * ramp(1.0, 0.86, np.abs(u))
    light = 0.42 + 0.58 * ramp(0.0, 0.52, inside)  # the front of the tip catches the light
    light = light * (1 - 0.30 * np.abs(u) ** 3) * (1 - 0.22 * ramp(0.45, 1.0, v))
    light = light * (1 - 0.15 * bump(u, 0, 0.09) * ramp(0.0, 0.2, inside))
    colour = look.lip * np.array([0.78, 0.58, 0.58])
    colour = np.maximum(colour, 0.38 * look.skin * np.array([1.0, 0.64, 0.62]))
    return np.dstack([colour * light[..., None], opacity])


def make_tongue(mouth: MouthFrame, look: Look) -> Tongue:
    """The tongue of *mouth*, as a curved sheet that shows its front and top."""
    size = mouth.size
    across = np.linspace(-1, 1, _COLUMNS)[None]
    down = np.linspace(0, 1, 3)[:, None]
    x = _HALF * size * across
    y = -_BELOW - _HEIGHT * size * down
    z = -_BEHIND - 0.7 * across**2 - 0.9 * (1 - down) ** 2
    origin = np.array([mouth.x, mouth.level, mouth.front])
    points = np.stack(np.broadcast_arrays(x, y, z), -1).reshape(-1, 3) + origin
    lift = np.stack(
        np.broadcast_arrays(
            -_NARROW * x, _RISE * (1 - 0.35 * down), _FORWARD + 0.9 * (1 - down) ** 2
        ),
        -1,
    ).reshape(-1, 3)
    per_cm = _TEXELS * look.px_per_cm
    rows, columns = max(int(_HEIGHT * per_cm), 8), max(int(2 * _HALF * per_cm), 16)
    texture = _texture((rows, columns), look).astype(np.float32)
    u = np.linspace(-_HALF, _HALF, columns)
    surface = Surface(
        points=points,
        triangles=grid_triangles(3, _COLUMNS),
        texels=np.stack(
            np.broadcast_arrays((across * 0.5 + 0.5) * (columns - 1), down * (rows - 1)), -1
        )
        .reshape(-1, 2)
        .astype(np.float32),
        texture=np.ascontiguousarray(finished(texture, u, look, _TEXELS)),
        jaw=1.0,
    )
    return Tongue(surface=surface, lift=lift * size)
