"""Coverings of the head: a knitted beanie, and a scarf wrapped around head and neck."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.body import BODY_FIXED, body_headness, body_point
from styletalker.plugins.puppet.fields import (
    bump,
    grid_triangles,
    lerp,
    noise,
    ramp,
    unit,
)
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parts import Material, Part
from styletalker.plugins.puppet.skull import CROWN, skull_normal, skull_point

__all__ = ["headwear_parts", "paint_headwear"]

_COLUMNS = 96


def _beanie(identity: Identity) -> Part:
    """A cap from the crown down to a folded cuff over the forehead and the ears' tops."""
    rows = 26
    theta = np.linspace(-np.pi, np.pi, _COLUMNS)[:, None]
    down = np.linspace(0, 1, rows)[None]
    edge = 3.4 + 1.3 * np.cos(theta)
    level = edge + (CROWN - edge) * np.cos(0.5 * np.pi * down**0.9)
    skull = skull_point(theta + 0 * level, level, identity)
    cuff = ramp(0.66, 0.70, down)
    height = 0.85 + 0.45 * ramp(9.0, 11.0, level) + 0.42 * cuff - 0.75 * ramp(0.97, 1.0, down)
    rib = 0.045 * np.cos(48 * theta) * (0.5 + 0.5 * cuff)
    points = skull + skull_normal(skull) * (height + rib)[..., None]
    points[:, 0] = points[:-1, 0].mean(0)
    shade = 1 - 0.35 * bump(down, 0.655, 0.02) - 0.4 * ramp(0.96, 1.0, down)
    return Part(
        name="headwear",
        points=points.reshape(-1, 3),
        triangles=grid_triangles(_COLUMNS, rows),
        uv=Atlas.uv("headwear", theta / (2 * np.pi) + 0.5, down).reshape(-1, 2),
        material=Material.CLOTH,
        two_sided=True,
        occlusion=np.broadcast_to(shade, level.shape).reshape(-1),
    )


def _hood(identity: Identity, rng: np.random.Generator) -> Part:
    """The scarf over the head: rings from the opening around the face to the back of the head."""
    rows = 34
    around = np.linspace(-np.pi, np.pi, _COLUMNS)[:, None]  # 0 = over the forehead
    back = np.linspace(0, 1, rows)[None]
    theta = 1.06 * np.sin(around) * (1 - 0.10 * np.cos(around))
    level = -3.3 + 9.0 * np.cos(around) + 0.4 * np.cos(2 * around) - 0.4
    rim = skull_point(theta, level, identity)
    rim[..., 1] = np.where(np.cos(around) < -0.5, rim[..., 1] - 0.5, rim[..., 1])
    pole = np.array([0.0, 2.5, -9.6])
    centre = np.array([0.0, 0.5, -1.0])
    start, stop = unit(rim - centre), unit(pole - centre)
    angle = np.arccos(np.clip((start * stop).sum(-1, keepdims=True), -1, 1))
    swept = (
        np.sin((1 - back[..., None]) * angle) * start + np.sin(back[..., None] * angle) * stop
    ) / np.sin(angle)
    azimuth = np.arctan2(swept[..., 0], swept[..., 2])
    over = np.arcsin(np.clip(swept[..., 1], -1, 1))
    surface_level = np.where(over > 0, 0.5 + (CROWN - 0.5) * np.sin(over), 0.5 + 9.0 * over)
    surface = skull_point(azimuth, np.clip(surface_level, -11.5, CROWN - 0.02), identity)
    surface = lerp(rim, surface, ramp(0.0, 0.30, back)[..., None])
    folds = 0.16 * noise(rng, (_COLUMNS, rows), (11, 4)) * ramp(0.03, 0.3, back)
    lower = ramp(0.4, -0.6, np.cos(around))
    pleat = 0.10 * np.sin(26.0 * back + 2.0 * np.cos(around)) * ramp(0.03, 0.12, back)
    height = 0.30 + (0.75 + 0.5 * lower) * ramp(0.0, 0.30, back) + folds + pleat
    height = height + 0.16 * bump(back, 0.0, 0.04)
    points = surface + skull_normal(surface) * height[..., None]
    points[:, 0] = rim[:, 0] + skull_normal(rim)[:, 0] * 0.02  # the first ring turns inwards
    below = ramp(-0.2, -0.8, np.cos(around))
    return Part(
        name="headwear",
        points=points.reshape(-1, 3),
        triangles=grid_triangles(_COLUMNS, rows)[:, ::-1],
        uv=Atlas.uv("headwear", around / (2 * np.pi) + 0.5, back).reshape(-1, 2),
        material=Material.CLOTH,
        two_sided=True,
        occlusion=np.broadcast_to(1 - 0.35 * bump(back, 0.0, 0.06), folds.shape).reshape(-1),
        jaw=np.broadcast_to(0.75 * below * ramp(0.5, 0.1, back), folds.shape).reshape(-1),
    )


def _drape(identity: Identity, rng: np.random.Generator) -> Part:
    """The scarf from under the chin and around the neck down to the shoulders."""
    rows = 30
    angle = np.linspace(-np.pi, np.pi, _COLUMNS)[None]
    down = np.linspace(0, 1, rows)[:, None]
    front = np.cos(angle)
    rim = np.stack(
        [
            8.35 * identity.face_width * np.sin(angle) * (1 - 0.06 * np.clip(front, 0, 1)),
            -3.0 - 9.0 * np.clip(front, 0, 1) ** 1.25 + 2.0 * ramp(0.0, -1.0, front),
            -1.2 + np.where(front > 0, 8.6, 9.6) * front,
        ],
        -1,
    )
    y = lerp(-13.0, -24.0, down) + 0 * angle
    cascade = down + 0.10 * noise(rng, (rows, _COLUMNS), (3, 5)) + 0.09 * front
    fold = 0.34 * np.abs(np.sin(11.0 * cascade)) + 0.10 * noise(rng, (rows, _COLUMNS), (4, 16))
    body = body_point(angle, y, 0.9 + fold * ramp(0.02, 0.2, down), identity)
    points = lerp(rim, body, ramp(0.0, 0.50, down)[..., None] ** 0.8)
    points[..., 2] += 0.5 * fold * np.clip(front, 0, 1) * ramp(0.05, 0.2, down)
    height = points[..., 1]
    return Part(
        name="drape",
        points=points.reshape(-1, 3),
        triangles=grid_triangles(rows, _COLUMNS)[:, ::-1],
        uv=Atlas.uv("headwear", angle / (2 * np.pi) + 0.5, down).reshape(-1, 2),
        material=Material.CLOTH,
        two_sided=True,
        occlusion=np.clip(0.72 + 0.8 * fold, 0, 1).reshape(-1),
        headness=ramp(BODY_FIXED, -10.5, height).reshape(-1),
        jaw=(0.7 * ramp(-14.0, -10.6, height) * ramp(0.2, 0.9, front)).reshape(-1),
    )


def _underscarf(identity: Identity) -> Part:
    """A close layer around the neck: what is seen in the gaps between hood and drape."""
    rows = 8
    angle = np.linspace(-np.pi, np.pi, _COLUMNS)[None]
    y = np.linspace(-6.5, -16.0, rows)[:, None] + 0 * angle
    points = body_point(angle, y, 0.55, identity)
    return Part(
        name="underscarf",
        points=points.reshape(-1, 3),
        triangles=grid_triangles(rows, _COLUMNS)[:, ::-1],
        uv=Atlas.uv("headwear", angle / (2 * np.pi) + 0.5, 0 * y + 0.5).reshape(-1, 2),
        material=Material.CLOTH,
        occlusion=0.5,
        headness=body_headness(y).reshape(-1),
    )


def headwear_parts(identity: Identity, rng: np.random.Generator) -> list[Part]:
    """The covering of the head, or nothing."""
    if identity.headwear == "beanie":
        return [_beanie(identity)]
    if identity.headwear == "scarf":
        return [_hood(identity, rng), _drape(identity, rng), _underscarf(identity)]
    return []


def paint_headwear(atlas: Atlas, identity: Identity, rng: np.random.Generator) -> None:
    """Ribs of a knit for the beanie, a fine weave for the scarf."""
    shape = Atlas.shape("headwear")
    weave = 1 + 0.07 * rng.standard_normal(shape) + 0.05 * noise(rng, shape, (5, 8))
    if identity.headwear == "beanie":
        around = np.linspace(0, 2 * np.pi, shape[1])[None]
        weave *= 0.84 + 0.16 * np.cos(48 * around)
    colour = np.asarray(identity.headwear_rgb) * weave[..., None]
    atlas.put("headwear", np.clip(colour, 0.004, 1), 0.07)
