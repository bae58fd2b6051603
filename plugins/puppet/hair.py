"""Hair: a shell of strands over the skull, ragged at its edges, with flyaways over it.

The shell is a polar grid around a whorl. Every column of it is a strand that runs over the
skull to the hairline and, in long styles, falls from there. The renderer leaves out thin
strands where ``cut`` is high, so edges and tips end in single strands.
"""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.body import body_headness
from styletalker.plugins.puppet.fields import (
    FloatArray,
    bump,
    grid_triangles,
    lerp,
    noise,
    ramp,
    unit,
)
from styletalker.plugins.puppet.hairstyles import HAIR_STYLES, HairStyle
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.palettes import HAIR_COLOURS
from styletalker.plugins.puppet.parts import Material, Part
from styletalker.plugins.puppet.skull import skull_normal, skull_point
from styletalker.plugins.puppet.strands import Strands, lay_strands

__all__ = ["hair_parts", "paint_hair"]

_FALL_STEPS = 14
_MIRRORED = 4
"""The tile is mirrored so often around the head (even, so its ends meet): thin strands."""


def _height(strands: Strands, style: HairStyle, identity: Identity,
            rng: np.random.Generator) -> FloatArray:  # fmt: skip
    """How far the shell stands off the skull, cm."""
    turn = np.abs(strands.theta)
    under_hat = identity.headwear != "none"
    volume = min(identity.hair_volume, 0.5) if under_hat else identity.hair_volume
    height = lerp(style.sides, style.top, ramp(1.5, 8.5, strands.level))
    height = height + style.front * bump(turn, 0.0, 0.75) * bump(strands.level, 7.6, 2.2)
    forehead = ramp(1.25, 0.8, turn)
    hang = np.zeros_like(turn)
    if style.fringe > 0:
        hang = 0.55 * min(style.fringe, 1.5) / 1.5 * forehead
    if style.fall > 0:
        hang = np.maximum(hang, 0.85 * ramp(0.80, 1.05, turn))
    start = 0.05 + hang
    taper = np.where(turn < 1.0, style.taper, 1.9 * style.taper)
    risen = np.clip(strands.to_edge / taper, 0, 1)
    rise = 1 - (1 - risen) ** 2.2
    height = lerp(start, np.maximum(height * volume, start * 0.9), rise)
    if style.curl:
        shape = strands.theta.shape
        lumps = 0.7 * noise(rng, shape, (36, 15)) + 0.9 * np.abs(noise(rng, shape, (60, 26)))
        return height + style.curl * lumps * (0.15 + 0.85 * rise)
    return height + 0.085 * strands.lock * ramp(0.0, 0.5, rise) * min(style.top, 1.0)


def _close(points: FloatArray) -> FloatArray:
    """Join the whorl to one point and smooth the rows around it."""
    points[:, 0] = points[:-1, 0].mean(0)
    for _ in range(6):
        points[:, 1:5] = 0.5 * points[:, 1:5] + 0.25 * (points[:, :4] + points[:, 2:6])
        points[:, 0] = points[:-1, 1].mean(0)
    points[-1] = points[0]
    return points


def _falling(ends: FloatArray, strands: Strands, style: HairStyle, identity: Identity
             ) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Points [strands, steps, 3] below the hairline, and how far along the fall each is."""
    turn = np.abs(strands.theta[:, -1:])
    share = np.linspace(0, 1, _FALL_STEPS + 1)[None, 1:]
    ragged = 1 + 0.05 * strands.lock
    length = style.fall * lerp(0.75, 1.25, identity.hair_length) * ramp(0.80, 1.05, turn) * ragged
    down = length * share
    x, y, z = (ends[:, None, k] for k in range(3))
    around = np.linspace(-np.pi, np.pi, len(ends))[:, None]
    wave = (
        style.wave * np.sin(0.75 * down + 1.5 * strands.lock + 2 * around) * np.minimum(down / 4, 1)
    )
    ridge = 0.13 * np.roll(strands.lock, 3, axis=0) * np.minimum(down / 3, 1)
    bulge = 0.20 * down * np.exp(-down / 8.0) if style.fall > 12 else 0.11 * down - 0.012 * down**2
    out = bulge + wave
    radius = np.maximum(np.hypot(x, z + 1.5), 1e-3)
    below = y - down
    on_shoulder = 0.55 * np.clip(-below - 14.5, 0, 9)
    fallen = np.stack(
        [
            x + x / radius * (out + ridge + 0.35 * on_shoulder),
            below,
            z + (z + 1.5) / radius * (out + ridge) + ramp(1.7, 1.0, turn) * on_shoulder,
        ],
        -1,
    )
    return fallen, np.broadcast_to(share, down.shape)


def _bun() -> Part:
    rows, columns = 14, 28
    turn = np.repeat(np.linspace(0, np.pi, rows), columns)
    around = np.tile(np.linspace(-np.pi, np.pi, columns), rows)
    radius = 2.5 * (1 + 0.04 * np.sin(5 * around + 3 * turn))
    points = np.stack(
        [
            radius * np.sin(turn) * np.cos(around),
            radius * np.cos(turn) * 0.85,
            radius * np.sin(turn) * np.sin(around),
        ],
        -1,
    )
    return Part(
        name="bun",
        points=points + np.array([0.0, 11.6, -4.6]),
        triangles=grid_triangles(rows, columns),
        uv=Atlas.uv("hair", turn / np.pi, around / (2 * np.pi) + 0.5),
        material=Material.HAIR,
        occlusion=0.95,
        two_sided=True,
        tangent=np.stack([-np.sin(around), np.zeros_like(around), np.cos(around)], -1),
    )


def _shell(name: str, points: FloatArray, style: HairStyle, occlusion: FloatArray,
           headness: FloatArray, cut: FloatArray, shift: float) -> Part:  # fmt: skip
    strands, steps = points.shape[:2]
    tangent = unit(np.gradient(points, axis=1))
    if style.curl:
        tangent = np.zeros_like(points) + np.array([0.0, -1.0, 0.2])
    # Strands are as wide at the hairline everywhere: the tile runs along its length, mirrored.
    width = np.linalg.norm(np.diff(points[:, -1], axis=0), axis=-1)
    along = np.concatenate([[0.0], np.cumsum(np.minimum(width, 1.0))])
    around = along / along[-1] * _MIRRORED + shift
    across = np.abs(np.mod(around, 2.0) - 1.0)[:, None]
    down = np.linspace(0, 1, steps)[None]
    return Part(
        name=name,
        points=points.reshape(-1, 3),
        triangles=grid_triangles(strands, steps),
        uv=Atlas.uv("hair", across, down).reshape(-1, 2),
        material=Material.HAIR,
        occlusion=occlusion.reshape(-1),
        headness=headness.reshape(-1),
        tangent=tangent.reshape(-1, 3),
        cut=cut.reshape(-1),
        two_sided=name == "hair" or style.fall > 0,  # the far inside shows through the edge
        casts_shadow=name == "hair",
    )


def hair_parts(identity: Identity, rng: np.random.Generator) -> list[Part]:
    """The hair of *identity*; empty when it is only painted or hidden by a scarf."""
    style = HAIR_STYLES.get(identity.hair)
    if style is None or identity.headwear == "scarf":
        return []
    if identity.headwear == "beanie":
        style = attrs.evolve(
            style, top=min(style.top, 0.9), sides=min(style.sides, 0.8),
            fringe=0.0, front=0.0, bun=False, curl=0.0,
        )  # fmt: skip
    strands = lay_strands(style, identity, rng)
    height = _height(strands, style, identity, rng)
    skull = skull_point(strands.theta, strands.level, identity)
    normal = skull_normal(skull)
    points = _close(skull + normal * height[..., None])
    near_edge = ramp(1.6, 0.0, strands.to_edge)
    dark_edge = 0.28 if style.fringe > 1 else 0.10
    occlusion = (1 - dark_edge * near_edge) * (0.93 + 0.07 * np.tanh(strands.lock))
    thinning = 0.25 if style.curl else 0.72  # curls hide the edge themselves
    cut = thinning * ramp(style.ragged, 0.0, strands.to_edge + 0.25 * strands.lock)
    headness = np.ones_like(cut)
    if style.fall > 0:
        falls = ramp(0.80, 1.0, np.abs(strands.theta[:, -1:]))
        cut = cut * (1 - falls)
        fallen, share = _falling(points[:, -1], strands, style, identity)
        points = np.concatenate([points, fallen], axis=1)
        fade = lerp(0.95, 0.72, share)
        occlusion = np.concatenate([lerp(occlusion, 1.0, falls), fade], axis=1)
        tips = 0.70 * ramp(0.80, 1.0, share) * falls + 0.72 * (1 - falls)
        cut = np.concatenate([cut, tips], axis=1)
        follow = 0.15 + 0.85 * body_headness(fallen[..., 1] + 2.0)
        headness = np.concatenate([headness, follow], axis=1)
    parts = [_shell("hair", points, style, occlusion, headness, cut, 0.0)]
    if identity.headwear == "none":
        lift = 0.30 if style.curl else 0.16
        every = slice(None, None, 2)
        grow = lift * skull_normal(points)
        loose = np.clip(cut + (0.62 if style.curl else 0.66), 0, 0.97)
        parts.append(
            _shell("flyaways", (points + grow)[every], style, occlusion[every] * 1.02,
                   headness[every], loose[every], 0.37)
        )  # fmt: skip
    return [*parts, _bun()] if style.bun else parts


def paint_hair(atlas: Atlas, identity: Identity, rng: np.random.Generator) -> None:
    """The hair tile: strands along its height in the identity's colour."""
    shape = Atlas.shape("hair")
    style = HAIR_STYLES.get(identity.hair)
    if style is not None and style.curl:
        strand = 0.6 * noise(rng, shape, (44, 90)) + 0.6 * noise(rng, shape, (22, 40))
    else:
        strand = 0.55 * noise(rng, shape, (3, 230)) + 0.5 * noise(rng, shape, (3, 90))
        strand = strand + 0.35 * noise(rng, shape, (2, 26))
    thickness = np.clip(0.5 + 0.26 * strand, 0.03, 1)
    colour = np.array(HAIR_COLOURS[identity.hair_colour])
    tinted = 1 + 0.22 * noise(rng, shape, (2, 40))[..., None] * np.array([1.0, 0.9, 0.7])
    roots = lerp(0.82, 1.08, np.linspace(0, 1, shape[0])[:, None])
    albedo = colour * ((0.5 + 1.0 * thickness) * roots)[..., None] * tinted
    atlas.put("hair", np.clip(albedo, 0.004, 1), thickness)
