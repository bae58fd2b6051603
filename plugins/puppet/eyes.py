"""Eyeballs: geometry, the painted iris, and the lashes on the lids."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.fields import FloatArray, IntArray, bump, grid_triangles, lerp, ramp
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.lids import Eyelids
from styletalker.plugins.puppet.palettes import EYE_COLOURS
from styletalker.plugins.puppet.parts import Material, Part
from styletalker.plugins.puppet.topology import LID_POINTS, Topology

__all__ = [
    "EYE_NAMES",
    "LASH_NAMES",
    "eye_directions",
    "eye_parts",
    "lash_parts",
    "lash_source",
    "paint_eye",
    "paint_lash",
]  # fmt: skip

EYE_NAMES = ("eye_left", "eye_right")
"""Eyeballs at the left and right of the image."""
LASH_NAMES = ("lash_left", "lash_right")
_CAP = 1.25
"""Angle in radians from the gaze to the edge of the modelled cap of the eyeball."""
_IRIS = 0.385
"""Angular radius of the iris, radians: about 12.5 mm across, a little larger than life (12 mm)."""
_PUPIL = 0.44
"""Radius of the pupil as a part of the iris (about 5 mm: indoor light)."""
_ROWS, _COLUMNS = 18, 36
_LASH_ROWS = 3


def paint_eye(atlas: Atlas, identity: Identity, rng: np.random.Generator) -> None:
    """White, veins at the rim, fibred iris with a dark ring, pupil."""
    height, width = Atlas.shape("eye")
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    radius = np.hypot(x - width / 2, y - height / 2) / (width / 2) * _CAP
    angle = np.arctan2(y - height / 2, x - width / 2)
    iris = np.array(EYE_COLOURS[identity.eye_colour], np.float32)
    white = np.array([0.46, 0.43, 0.41]) - 0.05 * identity.age * np.array([0.2, 0.6, 1.6])
    colour = lerp(white, np.array([0.60, 0.31, 0.28]), (0.8 * ramp(0.62, 1.15, radius))[..., None])
    fibres = np.interp((angle + np.pi) / (2 * np.pi) * 90, np.arange(91), rng.random(91))
    share = np.clip(radius / _IRIS, 0, 1)
    lower = ramp(-0.25, 0.35, (y - height / 2) / (_IRIS / _CAP * height / 2))  # light pools below
    bright = (0.55 + 0.75 * share * (0.55 + 0.6 * fibres)) * lerp(0.8, 1.5, lower)
    inside = iris * bright[..., None]
    inside = lerp(inside, iris * 0.15, ramp(0.78, 1.0, share)[..., None])
    inside = lerp(inside, 0.004, ramp(_PUPIL + 0.04, _PUPIL - 0.04, share)[..., None])
    mask = ramp(_IRIS + 0.045, _IRIS - 0.045, radius)[..., None]
    atlas.put("eye", lerp(colour, inside, mask), 1.0)


def eye_directions() -> FloatArray:
    """[V, 3] vertices of a unit eyeball looking at the viewer, with the cornea's bulge."""
    turn = np.repeat(np.linspace(0, _CAP, _ROWS), _COLUMNS)
    around = np.tile(np.arange(_COLUMNS) * 2 * np.pi / _COLUMNS, _ROWS)
    sphere = np.stack(
        [np.sin(turn) * np.cos(around), np.sin(turn) * np.sin(around), np.cos(turn)], -1
    )
    bulge = 1 + 0.035 * np.exp(-((turn / 0.38) ** 4))
    directions: FloatArray = sphere * bulge[:, None]
    return directions


def eye_parts(lids: Eyelids) -> list[Part]:
    """Both eyeballs, looking at the viewer."""
    turn = np.repeat(np.linspace(0, 1, _ROWS), _COLUMNS)
    around = np.tile(np.arange(_COLUMNS) * 2 * np.pi / _COLUMNS, _ROWS)
    uv = Atlas.uv("eye", 0.5 + 0.5 * turn * np.cos(around), 0.5 - 0.5 * turn * np.sin(around))
    return [
        Part(
            name=name,
            points=centre + eye_directions() * lids.radius,
            triangles=grid_triangles(_ROWS, _COLUMNS, closed=True)[:, ::-1],
            uv=uv,
            material=Material.EYE,
            casts_shadow=False,
        )
        for name, centre in zip(EYE_NAMES, lids.centres, strict=True)
    ]


def paint_lash(atlas: Atlas, rng: np.random.Generator) -> None:
    """Thin dark strands whose gaps the renderer leaves out."""
    height, width = Atlas.shape("lash")
    strands = rng.random(width // 2).repeat(2)[None] * np.ones((height, 1))
    atlas.put("lash", (0.02, 0.014, 0.012), strands)


def lash_source(topology: Topology, eye: int) -> IntArray:
    """[LID_POINTS / 2 + 1] vertices of the upper lid's edge that carry the lashes."""
    return topology.eyes[eye, 0, : LID_POINTS // 2 + 1]


def lash_parts(lids: Eyelids, topology: Topology, identity: Identity) -> list[Part]:
    """A fringe of lashes on each upper lid; it moves with the lid's edge."""
    length = 0.20 + 0.22 * identity.makeup
    parts = []
    for eye, name in enumerate(LASH_NAMES):
        source = lash_source(topology, eye)
        edge = lids.points[source]
        cosine = topology.cosine[source]
        side = -1.0 if eye == 0 else 1.0
        grow = length * (0.35 + 0.65 * ramp(-1.0, 0.5, cosine)) * ramp(1.02, 0.9, np.abs(cosine))
        out = np.stack(
            [0.45 * side * cosine, np.full_like(cosine, 0.42), np.full_like(cosine, 0.8)], -1
        )
        out[:, 1] += 0.25 * bump(cosine, 0.3, 0.8)
        steps = np.linspace(0, 1, _LASH_ROWS)
        rows = [edge + np.array([0, 0.01, 0.03]) + s * grow[:, None] * out for s in steps]
        columns = len(source)
        triangles = grid_triangles(_LASH_ROWS, columns)
        across = np.linspace(0, 1, columns)
        parts.append(
            Part(
                name=name,
                points=np.concatenate(rows),
                triangles=triangles,
                uv=Atlas.uv("lash", np.tile(across, _LASH_ROWS), np.repeat(steps, columns)),
                material=Material.HAIR,
                two_sided=True,
                casts_shadow=False,
                tangent=np.tile(out, (_LASH_ROWS, 1)),
                cut=np.repeat(0.25 + 0.6 * steps - 0.2 * identity.makeup, columns).clip(0.02, 1),
                occlusion=0.5,
            )
        )
    return parts
