"""Two rows of teeth: surfaces that ride on skull and jaw, with their textures."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.fitted import FittedHead, Posed
from styletalker.plugins.mesh.paint_look import Look
from styletalker.plugins.mesh.teeth_enamel import BEYOND_CM, TEXELS, enamel_texture
from styletalker.plugins.mesh.teeth_photo import PhotoTeeth
from styletalker.plugins.puppet.fields import FloatArray, grid_triangles, lerp

__all__ = ["MouthFrame", "Surface", "lower_row", "mouth_frame", "upper_row"]

_ROWS, _COLUMNS = 7, 33
_ARCH = 1.25
"""Angle of half the dental arch, radians."""
_UPPER_HEIGHT, _LOWER_HEIGHT = 1.05, 0.95
"""From the edge of the first tooth to above the gum line, cm."""
_UPPER_BELOW = 0.17
"""The upper teeth end this far below the line where the lips meet, cm."""
_LOWER_ABOVE = -0.14
"""The lower teeth end this far above that line, cm: most of them is behind the lower lip."""
_UNSEEN = np.array([0.42, 0.34, 0.31])
"""Light of side teeth that the photo does not show, as a part of the enamel's."""
_AVERAGE_HALF = 2.45
"""Half of an average mouth's width, cm."""


@attrs.frozen(kw_only=True)
class MouthFrame:
    """Where the mouth is in the head's axes, cm."""

    x: float
    """Midline."""
    level: float
    """Height of the line where the lips meet, at the midline."""
    front: float
    """Depth of that line."""
    half: float
    """Half the mouth's width."""
    bend: float
    """Curvature of the line: it rises by ``bend * x**2`` towards the corners."""

    @property
    def size(self) -> float:
        """Size of the teeth, relative to an average mouth's."""
        return float(np.clip((self.half / _AVERAGE_HALF) ** 0.5, 0.85, 1.15))


@attrs.frozen(kw_only=True, eq=False)
class Surface:
    """A textured mesh inside the mouth."""

    points: FloatArray
    """[V, 3] head axes, cm, with the jaw shut."""
    triangles: NDArray[np.int32]
    """[T, 3]."""
    texels: NDArray[np.float32]
    """[V, 2] column and row in the texture."""
    texture: NDArray[np.float32]
    """[h, w, 4] red, green, blue (0 to 255) and opacity (0 to 1)."""
    jaw: float
    """0 rides on the skull, 1 on the jaw."""


def mouth_frame(head: FittedHead) -> MouthFrame:
    """The mouth of *head* with its lips closed."""
    ring = head.base[head.topology.lips[0]]
    half_count = len(ring) // 2
    middle = ring[[half_count // 2, len(ring) - half_count // 2]].mean(0)
    x = float(ring[:, 0].max() + ring[:, 0].min()) / 2
    curve = np.polyfit(ring[:, 0] - x, ring[:, 1], 2)
    return MouthFrame(
        x=x,
        level=float(middle[1]),
        front=float(ring[:, 2].max()),
        half=float(np.ptp(ring[:, 0])) / 2,
        bend=float(np.clip(curve[0], -0.06, 0.06)),
    )


def _arch(top: FloatArray, edge: FloatArray, x: FloatArray, front: float, depth: float,
          ) -> FloatArray:  # fmt: skip
    """Points [rows * columns, 3] of a row of teeth between the heights *top* and *edge*."""
    turn = np.linspace(-1, 1, _COLUMNS)[None]
    down = np.linspace(0, 1, _ROWS)[:, None]
    y = lerp(top[None], edge[None], down)
    z = front - depth * (1 - np.cos(_ARCH * turn)) + 0.08 * np.sin(0.6 * np.pi * down)
    return np.stack(np.broadcast_arrays(x[None], y, z), -1).reshape(-1, 3)


def _texture_shape(half: float, height: float, look: Look) -> tuple[int, int]:
    per_cm = TEXELS * look.px_per_cm
    columns = int(np.clip(2 * half * per_cm, 24, 1200))
    return max(int(height * per_cm), 8), columns


@attrs.frozen(kw_only=True, eq=False)
class _Plan:
    """Shape and place of one row."""

    half: float
    """Half its width, cm."""
    height: float
    """From the biting edge to above the gum line, cm."""
    edge: FloatArray
    """[columns] height of the biting edge, cm."""
    across: FloatArray
    """[columns] cm from the mouth's midline."""
    up: float
    """Direction from the edge to the gums: 1 or -1."""
    front: float
    """Depth of the first tooth, cm."""
    depth: float
    """How far the arch goes back, cm."""

    def points(self, x: float) -> FloatArray:
        """The mesh's points [rows * columns, 3], from the gums to beyond the edge."""
        gums, beyond = self.edge + self.up * self.height, self.edge - self.up * BEYOND_CM
        return _arch(gums, beyond, x + self.across, self.front, self.depth)


def _plan(mouth: MouthFrame, *, lower: bool) -> _Plan:
    size = mouth.size
    half = (2.55 if lower else 2.8) * size
    across = half * np.sin(_ARCH * np.linspace(-1, 1, _COLUMNS)) / np.sin(_ARCH)
    curve = 0.5 * mouth.bend * across**2
    return _Plan(
        half=half,
        height=(_LOWER_HEIGHT if lower else _UPPER_HEIGHT) * size,
        edge=mouth.level + (_LOWER_ABOVE if lower else -_UPPER_BELOW) + curve,
        across=across,
        up=-1.0 if lower else 1.0,
        front=mouth.front - (0.85 if lower else 0.62),
        depth=2.7 if lower else 2.9,
    )


def _surface(plan: _Plan, mouth: MouthFrame, texture: NDArray[np.float32], jaw: float) -> Surface:
    rows, columns = texture.shape[:2]
    down = np.repeat(np.linspace(0, rows - 1, _ROWS), _COLUMNS)
    column = np.tile((plan.across / plan.half * 0.5 + 0.5) * (columns - 1), _ROWS)
    triangles = grid_triangles(_ROWS, _COLUMNS)
    return Surface(
        points=plan.points(mouth.x),
        triangles=triangles if plan.up > 0 else triangles[:, ::-1].copy(),
        texels=np.stack([column, down], -1).astype(np.float32),
        texture=np.ascontiguousarray(texture),
        jaw=jaw,
    )


def _photographed(plan: _Plan, mouth: MouthFrame, texture: NDArray[np.float32],
                  teeth: PhotoTeeth, rest: Posed) -> NDArray[np.float32]:  # fmt: skip
    """*texture* with the photo's own teeth where it shows them."""
    rows, columns = texture.shape[:2]
    screen = rest.place(plan.points(mouth.x))[:, :2].reshape(_ROWS, _COLUMNS, 2)
    column = (plan.across / plan.half * 0.5 + 0.5) * (columns - 1)
    wide = np.stack(
        [[np.interp(np.arange(columns), column, row[:, k]) for row in screen] for k in range(2)], -1
    )
    there = np.asarray(cv2.resize(wide, (columns, rows), interpolation=cv2.INTER_LINEAR), float)
    colours, trust, side = teeth.picture(there)
    out = texture.copy()
    out[..., :3] = lerp(_UNSEEN * texture[..., :3], colours, trust[..., None]).astype(np.float32)
    out[..., 3] *= side
    return out


def _edge_in_photo(plan: _Plan, mouth: MouthFrame, teeth: PhotoTeeth, rest: Posed) -> FloatArray:
    """Heights [columns] at which the photo shows the teeth's edge, smooth along the arch."""
    ends = plan.points(mouth.x).reshape(_ROWS, _COLUMNS, 3)[[0, -1]]
    along, below = teeth.local(rest.place(ends.reshape(-1, 3)).reshape(2, _COLUMNS, -1))
    share = (teeth.edge_height(along.mean(0)) - below[0]) / (below[1] - below[0])
    height = ends[0, :, 1] + share * (ends[1, :, 1] - ends[0, :, 1])
    middle = np.abs(along.mean(0)) < 0.75
    fit = np.polyfit(plan.across[middle], height[middle], 2)
    edge: FloatArray = np.polyval(fit, np.clip(plan.across, *plan.across[middle][[0, -1]]))
    return edge


def upper_row(mouth: MouthFrame, look: Look, teeth: PhotoTeeth | None, rest: Posed) -> Surface:
    """The upper teeth, fixed to the skull: the photo's own where it shows them."""
    plan = _plan(mouth, lower=False)
    if teeth is not None:
        edge = _edge_in_photo(plan, mouth, teeth, rest)
        plan = attrs.evolve(plan, edge=edge)
    rows, columns = _texture_shape(plan.half, plan.height + BEYOND_CM, look)
    x = np.linspace(-plan.half, plan.half, columns)
    texture = enamel_texture(x, plan.height, rows, mouth.size, look, lower=False)
    if teeth is not None:
        texture = _photographed(plan, mouth, texture, teeth, rest)
    return _surface(plan, mouth, texture, 0.0)


def lower_row(mouth: MouthFrame, look: Look) -> Surface:
    """The lower teeth: they turn with the jaw."""
    plan = _plan(mouth, lower=True)
    rows, columns = _texture_shape(plan.half, plan.height + BEYOND_CM, look)
    x = np.linspace(-plan.half, plan.half, columns)
    texture = enamel_texture(x, plan.height, rows, mouth.size, look, lower=True)
    return _surface(plan, mouth, texture, 1.0)
