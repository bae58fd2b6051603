"""The tongue: a soft surface on the jaw whose tip rises to the upper teeth."""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.plugins.mesh.paint_look import Look
from styletalker.plugins.mesh.teeth import MouthFrame, Surface, finished
from styletalker.plugins.puppet.fields import FloatArray, bump, grid_triangles, ramp

__all__ = ["Tongue", "make_tongue"]

_ROWS, _COLUMNS = 9, 15
_LIFT = np.array([0.0, 0.62, 0.62])
"""Where the raised tip goes, cm."""
_TEXELS = 1.2
_TEXTURE_CM = 2.6
"""Side of the texture, cm."""


@attrs.frozen(kw_only=True, eq=False)
class Tongue:
    """The tongue at rest and what a raised tip adds."""

    surface: Surface
    """Low in the mouth, behind the lower teeth."""
    lift: FloatArray
    """[V, 3] displacement at ``tongue = 1``, cm."""

    def points(self, tongue: float) -> FloatArray:
        """Points [V, 3] for the parameter *tongue*."""
        return self.surface.points + tongue * self.lift


def make_tongue(mouth: MouthFrame, look: Look) -> Tongue:
    """The tongue of *mouth*: from the tip's underside over the tip to the root."""
    size = mouth.size
    along = np.linspace(0, 1, _ROWS)[:, None]
    across = np.linspace(-1, 1, _COLUMNS)[None]
    # a profile in depth: down in front of the tip (0), over the tip (0.35), back to the root (1)
    angle = np.interp(along, [0.0, 0.35, 1.0], [-0.65 * np.pi / 2, 0.0, 1.0])
    front = along <= 0.36
    y = np.where(front, 0.34 * np.sin(angle), 0.30 * np.sin(np.clip(angle, 0, 1) * np.pi / 2))
    z = np.where(front, 0.30 * (np.cos(angle) - 1), -3.2 * np.clip(angle, 0, 1))
    width = (1.25 + 0.45 * ramp(0.3, 0.8, along)) * size
    reach = np.sqrt(np.clip(1 - across**2, 0, 1))
    x = width * across * np.ones_like(along)
    y = y * (0.35 + 0.65 * reach) - 0.30 * across**2 - 0.07 * bump(across, 0, 0.12) * (along > 0.3)
    z = z - 0.55 * across**2
    points = np.stack(np.broadcast_arrays(x, y, z), -1).reshape(-1, 3)
    points = points + np.array([mouth.x, mouth.level - 0.62, mouth.front - 1.30])
    share = np.broadcast_to((1 - ramp(0.35, 1.0, along)) * (1 - 0.35 * across**2), x.shape)

    side = max(int(_TEXTURE_CM * _TEXELS * look.px_per_cm), 12)
    u = np.linspace(-1, 1, side)[None]
    v = np.linspace(0, 1, side)[:, None]
    light = np.interp(v, [0.0, 0.22, 0.40, 0.75, 1.0], [0.55, 0.95, 1.0, 0.55, 0.22])
    light = light * (1 - 0.35 * np.abs(u) ** 3) * (1 - 0.16 * bump(u, 0, 0.10) * ramp(0.2, 0.5, v))
    colour = look.lip * np.array([0.86, 0.66, 0.66])
    lit = np.maximum(colour, 0.40 * look.skin * np.array([1.0, 0.66, 0.64]))
    opacity = ramp(1.0, 0.82, np.abs(u)) * ramp(0.0, 0.10, v)
    texture = np.dstack([lit * light[..., None], opacity * np.ones_like(light)]).astype(np.float32)
    x_cm = mouth.x + width.max() * u[0]
    return Tongue(
        surface=Surface(
            points=points,
            triangles=grid_triangles(_ROWS, _COLUMNS)[:, ::-1].copy(),
            texels=np.stack(np.broadcast_arrays((across * 0.5 + 0.5) * (side - 1),
                            along * (side - 1)), -1).reshape(-1, 2).astype(np.float32),
            texture=np.ascontiguousarray(finished(texture, x_cm, look, _TEXELS)),
            jaw=1.0,
        ),
        lift=share.reshape(-1, 1) * _LIFT * size,
    )  # fmt: skip
