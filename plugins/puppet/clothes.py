"""Clothes: shells over the body with real collars, folded from strips of cloth."""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.body import body_headness, body_point
from styletalker.plugins.puppet.fields import (
    Field,
    FloatArray,
    bump,
    grid_triangles,
    lerp,
    noise,
    ramp,
)
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parts import Material, Part

__all__ = ["clothes_parts", "paint_clothes"]

_ROWS, _COLUMNS = 18, 73
_HEM = -32.0
"""Clothes end here, below every picture."""


@attrs.frozen(kw_only=True)
class _Collar:
    """A folded strip around the neck: it stands up inside and falls over outside."""

    front: float
    """Height of the fold at the front, cm."""
    back: float
    """Height of the fold at the back, cm."""
    closes: float
    """Azimuth at which the strip starts in front, radians."""
    climbs: float
    """Azimuth at which the fold has reached its height at the back, radians."""
    fall_front: float
    """Length of the outer leaf at the front, cm."""
    fall_back: float
    """Length of the outer leaf at the back, cm."""
    spread: float
    """How far the leaf's front tip is turned outwards, radians."""
    offset: float
    """Distance of the collar from the body, cm."""


_SHIRT = _Collar(front=-15.7, back=-13.0, closes=0.05, climbs=1.5, fall_front=2.6, fall_back=1.9,
                 spread=0.30, offset=0.25)  # fmt: skip
_LAPEL = _Collar(front=-24.0, back=-13.7, closes=0.03, climbs=1.25, fall_front=0.8, fall_back=2.4,
                 spread=0.34, offset=0.75)  # fmt: skip
_POLO = _Collar(front=-13.1, back=-12.6, closes=0.0, climbs=1.5, fall_front=2.7, fall_back=2.5,
                spread=0.0, offset=0.30)  # fmt: skip
_LEAF = np.array(
    [(-1.0, 0.00, 0.0), (-0.35, 0.02, 0.0), (-0.06, 0.06, 0.0), (0.0, 0.16, 0.0),
     (0.07, 0.28, 0.04), (0.35, 0.40, 0.3), (0.70, 0.50, 0.66), (1.0, 0.52, 1.0)]
)  # fmt: skip
"""Section of a collar: fall (as a part of the leaf's length; negative = the inner stand),
distance over the collar's offset in cm, and share of the tip's spread."""


def _collar(name: str, collar: _Collar, tile: str, identity: Identity) -> list[Part]:
    columns = 26
    along = np.linspace(0, 1, columns)[None] ** 1.25
    section = _LEAF[:, :, None]
    angle = lerp(collar.closes, np.pi, along)
    climb = ramp(0.0, collar.climbs, angle) ** 0.8
    fold = lerp(collar.front, collar.back, climb)
    length = lerp(collar.fall_front, collar.fall_back, ramp(0.0, 0.55, along))
    stand = np.where(section[:, 0] < 0, 2.2 * section[:, 0], section[:, 0] * length)
    turned = angle + collar.spread * section[:, 2] * (1 - along) ** 1.5
    y = fold - np.abs(stand)
    offset = collar.offset + section[:, 1] + 0.25 * np.clip(section[:, 0], 0, 1)
    shade = np.where(section[:, 0] < 0, 0.55, 1.0) * np.ones_like(angle)
    shade = shade * np.where(section[:, 0] >= 1.0, 0.72, 1.0)  # the hem catches less light
    parts = []
    for side in (-1, 1):
        points = body_point(side * turned, y, offset, identity)
        points[..., 2] += 0.3 * bump(along, 0.0, 0.25) * np.clip(section[:, 0], 0, 1)
        parts.append(
            Part(
                name=f"{name}_{'left' if side < 0 else 'right'}",
                points=points.reshape(-1, 3),
                triangles=grid_triangles(len(_LEAF), columns),
                uv=Atlas.uv(tile, 0.15 + 0.25 * along, 0.5 + 0.3 * section[:, 0]).reshape(-1, 2),
                material=Material.CLOTH,
                two_sided=True,
                occlusion=shade.reshape(-1),
                headness=0.8 * body_headness(points[..., 1]).reshape(-1),
            )
        )
    return parts


def _neckline(clothes: str, angle: FloatArray) -> FloatArray:
    front = np.clip(np.cos(angle), 0, 1)
    lines = {
        "crew": -14.7 - 1.6 * front**2,
        "vneck": -14.7 - 3.6 * front**7 - 0.7 * front**2,
        "turtleneck": -13.4 - 0.6 * front,
        "shirt": -14.3 - 2.6 * front**6,
        "jacket": -14.3 - 11.0 * front**5,
        "hoodie": -14.4 - 2.2 * front**2,
    }
    return lines[clothes]


def _shell(name: str, top: FloatArray, offset: float, tile: str, identity: Identity,
           rng: np.random.Generator) -> Part:  # fmt: skip
    angle = np.linspace(-np.pi, np.pi, _COLUMNS)[None]
    down = np.linspace(0, 1, _ROWS)[:, None] ** 1.5
    y = lerp(top[None], _HEM, down)
    edge = 0.14 * bump(down, 0.0, 0.035)  # a hem is thicker
    points = body_point(angle, y, offset + edge, identity)
    points[..., 2] += 0.28 * np.abs(noise(rng, (_ROWS, _COLUMNS), (5, 12))) * ramp(0.02, 0.3, down)
    tucked = body_point(angle[0], top, -0.10, identity)
    points[0] = tucked  # the first row turns inwards, so the edge looks thick
    return Part(
        name=name,
        points=points.reshape(-1, 3),
        triangles=grid_triangles(_ROWS, _COLUMNS)[:, ::-1],
        uv=Atlas.uv(tile, angle / (2 * np.pi) + 0.5, down).reshape(-1, 2),
        material=Material.CLOTH,
        occlusion=np.broadcast_to(np.clip(0.78 + 0.6 * down, 0, 1), y.shape).reshape(-1),
        headness=body_headness(y).reshape(-1),
    )


def _roll(identity: Identity) -> Part:
    """The rolled hood behind the neck of a hoodie: a tube that is thick at the back."""
    rows, columns = 40, 14
    angle = np.linspace(-np.pi, np.pi, rows)[:, None]
    around = np.linspace(0, 2 * np.pi, columns)[None]
    back = ramp(0.15, 2.0, np.abs(angle))
    thick = lerp(0.55, 1.7, back)
    y = lerp(-17.6, -14.0, back) + thick * np.sin(around)
    points = body_point(angle, lerp(-16.8, -14.4, back), 0.35, identity) + np.zeros(
        (rows, columns, 1)
    )
    points[..., 1] = y
    outwards = thick * (1 + np.cos(around)) * 0.8
    points[..., 0] += outwards * np.sin(angle)
    points[..., 2] += outwards * np.cos(angle)
    return Part(
        name="hood",
        points=points.reshape(-1, 3),
        triangles=grid_triangles(rows, columns),
        uv=Atlas.uv("cloth", angle / (2 * np.pi) + 0.5, 0.4 + 0.2 * np.sin(around)).reshape(-1, 2),
        material=Material.CLOTH,
        two_sided=True,
        occlusion=(0.72 + 0.28 * np.sin(around) + 0 * angle).reshape(-1),
        headness=0.35 * body_headness(y).reshape(-1),
    )


def _tie(identity: Identity) -> Part:
    rows, columns = 12, 7
    down = np.linspace(0, 1, rows)[:, None]
    across = np.linspace(-1, 1, columns)[None]
    half = lerp(0.75, 1.9, down) - 0.35 * bump(down, 0.10, 0.05) * (down > 0.04)
    y = lerp(-16.0, -27.0, down) + 0 * across
    points = body_point(0.0 * across, y, 0.75 + 0.35 * bump(down, 0.03, 0.06), identity)
    points[..., 0] = half * across
    points[..., 2] -= 0.35 * across**2
    return Part(
        name="tie",
        points=points.reshape(-1, 3),
        triangles=grid_triangles(rows, columns)[:, ::-1],
        uv=Atlas.uv("inner", 0.75 + 0.2 * across, down).reshape(-1, 2),
        material=Material.CLOTH,
        two_sided=True,
        headness=np.zeros(rows * columns),
    )


def clothes_parts(identity: Identity, rng: np.random.Generator) -> list[Part]:
    """Everything worn below the head."""
    angle = np.linspace(-np.pi, np.pi, _COLUMNS)
    # Under a scarf only the shoulders are seen: collars would poke through it.
    kind = "crew" if identity.headwear == "scarf" else identity.clothes
    offset = 0.62 if kind in ("jacket", "hoodie") else 0.32
    parts = [_shell("clothes", _neckline(kind, angle), offset, "cloth", identity, rng)]
    if kind == "turtleneck":
        parts += _collar("roll", _POLO, "cloth", identity)
    elif kind == "shirt":
        parts += _collar("collar", _SHIRT, "cloth", identity)
    elif kind == "jacket":
        parts.append(_shell("inner", _neckline("shirt", angle), 0.25, "inner", identity, rng))
        parts += _collar("lapel", _LAPEL, "cloth", identity)
        parts += _collar("collar", _SHIRT, "inner", identity)
        if identity.pattern in ("plain", "stripes"):
            parts.append(_tie(identity))
    elif kind == "hoodie":
        parts.append(_roll(identity))
    return parts


def _patterned(colour: FloatArray, identity: Identity, across: Field, down: Field) -> FloatArray:
    accent = np.asarray(identity.accent_rgb)
    if identity.pattern == "stripes":
        mask = ramp(0.1, 0.3, np.sin(70 * down)) * 0.85 + 0 * across
    elif identity.pattern == "checks":
        mask = 0.35 * ramp(0.0, 0.3, np.sin(90 * across)) + 0.35 * ramp(0.0, 0.3, np.sin(60 * down))
    else:
        return colour
    if identity.clothes == "jacket":
        mask = 0.12 * mask  # suits have faint patterns
    blended: FloatArray = lerp(colour, accent, mask[..., None])
    return blended


def paint_clothes(atlas: Atlas, identity: Identity, rng: np.random.Generator) -> None:
    """Woven or knitted cloth in the identity's colours, and the inner shirt with its tie."""
    shape = Atlas.shape("cloth")
    across = np.linspace(-1, 1, shape[1])[None]
    down = np.linspace(0, 1, shape[0])[:, None]
    weave = 1 + 0.10 * rng.standard_normal(shape) + 0.08 * noise(rng, shape, (6, 9))
    if identity.pattern == "knit":
        weave *= 0.9 + 0.16 * np.sin(190 * across) * np.sin(130 * down + 2 * np.sin(190 * across))
    colour = np.asarray(identity.clothes_rgb) * weave[..., None]
    colour = _patterned(colour, identity, across, down)
    if identity.clothes in ("crew", "vneck", "hoodie"):
        colour = colour * (1 - 0.28 * bump(down, 0.045, 0.010))[..., None]  # seam of the hem
    if identity.clothes == "shirt":
        placket = 1 - 0.45 * bump(np.abs(across), 0.016, 0.004) * ramp(0.0, 0.02, down)
        colour = colour * placket[..., None]
    atlas.put("cloth", np.clip(colour, 0.004, 1), 0.22)

    shape = Atlas.shape("inner")
    inner = np.asarray(identity.accent_rgb) * (1 + 0.04 * rng.standard_normal((*shape, 1)))
    diagonal = np.sin(np.arange(shape[1])[None] * 0.9 + np.arange(shape[0])[:, None] * 0.9)
    tie = 0.6 * np.asarray(identity.clothes_rgb)[::-1] + 0.01
    tie = tie * (1 + 0.5 * ramp(0.6, 0.9, diagonal))[..., None]
    right_half = (np.arange(shape[1]) >= shape[1] // 2)[None, :, None]
    atlas.put("inner", np.clip(np.where(right_half, tie, inner), 0.004, 1), 0.2)
