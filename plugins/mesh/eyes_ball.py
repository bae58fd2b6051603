"""The eye of a photo taken apart: the white with the iris removed, and the whole iris.

Parts of an iris that lids hide are completed from its visible rings; white that the iris
hides, from the white around it. Where the photo shows a layer, the layer is the photo.
"""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.paint import Box, coverage
from styletalker.plugins.mesh.paint_look import LUMA
from styletalker.plugins.puppet.fields import FloatArray, lerp, ramp

__all__ = ["EyeLayers", "Iris", "find_irises", "layers_of"]

IRIS_CM = 0.59
"""Radius of an adult's iris, cm; it hardly differs between people."""
_RADII = np.array([0.84, 0.92, 1.0, 1.08])
_BINS = 10


@attrs.frozen(kw_only=True)
class Iris:
    """A disc in the photo, px."""

    x: float
    """Column of its centre."""
    y: float
    """Row of its centre."""
    radius: float
    """Radius."""


@attrs.frozen(kw_only=True, eq=False)
class EyeLayers:
    """One eye's layers over a box of the photo."""

    box: Box
    """Where in the photo."""
    white: NDArray[np.float32]
    """[h, w, 3] without the iris."""
    iris: NDArray[np.float32]
    """[h, w, 4] complete; the fourth channel is its opacity."""
    disc: Iris
    """Where the iris is."""


def _score(light: FloatArray, inside: FloatArray, rows: FloatArray, columns: FloatArray,
           disc: Iris) -> float:  # fmt: skip
    """How much darker *disc* is than the ring around it, inside the opening."""
    distance = np.hypot(columns - disc.x, rows - disc.y) / disc.radius
    within = inside * ramp(1.0, 0.88, distance)
    around = inside * ramp(1.0, 1.12, distance) * ramp(1.75, 1.5, distance)
    if within.sum() < 1 or around.sum() < 1:
        return 0.0
    dark = float((within * light).sum() / within.sum())
    bright = float((around * light).sum() / around.sum())
    filled = float(within.sum() / (np.pi * disc.radius**2))
    return (bright - dark) * (0.5 + min(filled, 0.85))


def _best(light: FloatArray, inside: FloatArray, box: Box, ring: FloatArray, radius: float
          ) -> tuple[float, Iris]:  # fmt: skip
    """The best disc of *radius* in the opening *ring*: first coarse, then fine."""
    rows, columns = np.mgrid[0 : box.height, 0 : box.width].astype(float)
    rows, columns = rows + box.top, columns + box.left
    middle, width = ring.mean(0), float(np.ptp(ring[:, 0]))
    best = (0.0, Iris(x=float(middle[0]), y=float(middle[1]), radius=radius))
    reach_x, reach_y, steps = 0.24 * width, 0.35 * radius, 9
    for _ in range(2):
        origin = best[1]
        for dx in np.linspace(-reach_x, reach_x, steps):
            for dy in np.linspace(-reach_y, reach_y, 7):
                disc = Iris(x=origin.x + dx, y=origin.y + dy, radius=radius)
                score = _score(light, inside, rows, columns, disc)
                score *= 1 - 0.10 * abs(disc.y - middle[1]) / radius
                if score > best[0]:
                    best = (score, disc)
        reach_x, reach_y = reach_x / 5, reach_y / 4
    return best


def find_irises(photo: FloatArray, rings: list[FloatArray], boxes: list[Box], px_per_cm: float
                ) -> list[Iris]:  # fmt: skip
    """The irises of both eyes: they are of one size."""
    best, found = -np.inf, list[Iris]()
    for radius in _RADII * IRIS_CM * px_per_cm:
        total, discs = 0.0, []
        for ring, box in zip(rings, boxes, strict=True):
            light = box.of(photo.astype(np.float32)).astype(float) @ LUMA
            inside = coverage(ring, box).astype(float)
            inside = inside * (inside > 0.5)
            score, disc = _best(light, inside, box, ring, float(max(radius, 1.2)))
            total += score
            discs.append(disc)
        if total > best or not found:
            best, found = total, discs
    return found


def _plane(colours: FloatArray, weight: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Colours [h, w, 3] that change linearly, fitted to *colours* where *weight* > 0."""
    used = weight > 0
    if used.sum() < 6:
        fallback = np.array([200.0, 190.0, 184.0])
        return np.broadcast_to(fallback, colours.shape).copy()
    basis = np.stack([np.ones_like(x), x, y], -1)
    design = basis[used] * np.sqrt(weight[used])[:, None]
    ridge = np.diag([0.0, 0.05, 0.08]) * weight[used].sum()
    target = colours[used] * np.sqrt(weight[used])[:, None]
    fit = np.linalg.solve(design.T @ design + ridge, design.T @ target)
    low, high = np.percentile(colours[used], [5, 95], axis=0)
    plane: FloatArray = np.clip(basis @ fit, low, high)
    return plane


def _rings(colours: FloatArray, weight: FloatArray, distance: FloatArray) -> FloatArray:
    """The iris's colour [h, w, 3] as a function of the distance from its centre alone."""
    centres = (np.arange(_BINS) + 0.5) / _BINS
    profile: list[FloatArray] = []
    for centre in centres:
        near = (np.abs(distance - centre) < 0.8 / _BINS) & (weight > 0.5)
        if near.sum() >= 2:
            profile.append(np.median(colours[near], 0))
        else:
            profile.append(profile[-1] if profile else np.full(3, np.nan))
    table = np.array(profile)
    known = ~np.isnan(table[:, 0])
    if not known.any():
        table[:] = np.array([45.0, 38.0, 34.0])
    elif not known.all():
        table[~known] = table[np.flatnonzero(known)[0]]
    return np.stack([np.interp(distance, centres, table[:, k]) for k in range(3)], -1)


def _lid_height(ring: FloatArray, columns: FloatArray) -> FloatArray:
    """Rows of the upper lid's edge at *columns*."""
    upper = ring[: len(ring) // 2 + 1]
    rising = np.maximum.accumulate(upper[:, 0])
    height: FloatArray = np.interp(columns, rising, upper[:, 1])
    return height


def layers_of(photo: FloatArray, ring: FloatArray, box: Box, disc: Iris) -> EyeLayers:
    """The layers of the eye whose opening is *ring* [N, 2], clockwise."""
    raw = box.of(photo.astype(np.float32)).astype(float)
    inside = coverage(ring, box).astype(float)
    soft = max(0.10 * disc.radius, 0.6)
    deep = cv2.GaussianBlur(np.clip(2 * inside - 1, 0, 1), (0, 0), soft)
    deep = np.clip(1.6 * (deep - 0.35), 0, 1) * (inside > 0.98)  # away from lids and lashes
    rows, columns = np.mgrid[0 : box.height, 0 : box.width].astype(float)
    x = (columns + box.left - disc.x) / disc.radius
    y = (rows + box.top - disc.y) / disc.radius
    distance = np.hypot(x, y)

    light = raw @ LUMA
    outside = deep * ramp(1.10, 1.25, distance)
    lit = outside > 0
    if lit.any():  # corners and lashes are dark: not the white's colour
        outside = outside * (light >= np.percentile(light[lit], 55))
    plane = _plane(raw, outside, np.clip(x, -3, 3), np.clip(y, -2, 2))
    keep_white = deep * ramp(1.12, 1.30, distance)
    reach = float(np.ptp(ring[:, 0])) / 2
    lid = _lid_height(ring, columns[0] + box.left)
    depth = (rows + box.top - lid[None]) / disc.radius  # below the upper lid
    shade = 1 - 0.32 * np.exp(-np.maximum(depth, 0) / 0.28)
    shade *= 1 - 0.22 * ramp(0.45, 1.0, np.abs(columns + box.left - ring[:, 0].mean()) / reach)
    white = lerp(plane * shade[..., None], raw, keep_white[..., None])

    lower = deep * ramp(-0.75, -0.35, y)  # the upper lid shades the top
    rings = _rings(raw, lower * (distance < 1.05), distance)
    iris = lerp(rings, raw, (deep * ramp(1.05, 0.9, distance))[..., None])
    edge = max(0.11, 0.7 / disc.radius)
    opacity = ramp(1.0 + edge, 1.0 - edge, distance)
    layers = np.dstack([iris, opacity])
    return EyeLayers(
        box=box,
        white=np.ascontiguousarray(white, np.float32),
        iris=np.ascontiguousarray(layers, np.float32),
        disc=disc,
    )
