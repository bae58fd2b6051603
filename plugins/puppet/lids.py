"""Eyelids: fitted to the eyeballs, with blinks as a linear and a bulging displacement.

A lid's edge slides over a sphere, so a straight path between open and closed would cut
through the eyeball. The path is a parabola: ``b * line + b * (1 - b) * bulge``.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import FloatArray, IntArray, lerp
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.topology import EYE_RINGS, LID_POINTS, Topology

__all__ = ["Eyelids", "fit_eyelids"]

_EYEBALL_RADIUS = 1.62
"""Larger than life (1.2 cm): it stands for the eyeball and the tissue the lids lie on."""
_HUG = np.array([1.0, 0.97, 0.86, 0.62, 0.32, 0.10])
"""How closely each lid ring follows the eyeball."""
_CLOSED_HUG = np.array([1.0, 0.98, 0.92, 0.75, 0.4, 0.1])
_UPPER_FOLLOW = np.array([1.0, 0.93, 0.75, 0.45, 0.16, 0.0])
_LOWER_FOLLOW = np.array([1.0, 0.75, 0.4, 0.2, 0.05, 0.0])
"""How far each ring travels with the lid's edge in a blink."""
_UPPER_SHARE = 0.86
"""Part of the opening that the upper lid closes; the lower lid does the rest."""
_LID_THICKNESS = 0.14
"""Where the lid's rim ends, as a part of the way to the eyeball's centre."""


@attrs.frozen(kw_only=True, eq=False)
class Eyelids:
    """Eyeballs and the movement of the lids; index 0 is the eye at the left of the image."""

    points: FloatArray
    """[V, 3] the face with lids on the eyeballs."""
    centres: FloatArray
    """[2, 3] centres of the eyeballs, cm."""
    radius: float
    """Radius of the eyeballs, cm."""
    lines: FloatArray
    """[2, V, 3] displacement of a full blink."""
    bulges: FloatArray
    """[2, V, 3] extra displacement, times b (1 - b)."""


def _on_eyeball(points: FloatArray, hug: FloatArray, lift: FloatArray, centre: FloatArray,
                radius: float) -> FloatArray:  # fmt: skip
    """Depth of lid points drawn towards the eyeball by *hug* and kept *lift* over it."""
    flat = np.square(points[:, 0] - centre[0]) + np.square(points[:, 1] - centre[1])
    square = np.clip((radius + lift) ** 2 - flat, 0.05, None)
    surface = centre[2] + np.sqrt(square)
    depth = lerp(points[:, 2], surface, hug)
    safe: FloatArray = np.where(square > 0.3, np.maximum(depth, surface - lift + 0.06), depth)
    return safe


@attrs.frozen(kw_only=True, eq=False)
class _Lid:
    """The rings of lids around one eye, and how they travel."""

    raw: FloatArray
    """[n, 3] before they are drawn to the eyeball."""
    ring: IntArray
    """[n] number of the ring."""
    upper: NDArray[np.bool_]
    """[n] on the upper lid."""
    lift: FloatArray
    """[n] distance over the eyeball, cm."""
    travel: FloatArray
    """[n] vertical way to the closed eye, cm."""
    centre: FloatArray
    """[3] of the eyeball."""
    radius: float
    """Of the eyeball, cm."""

    def closed(self, amount: float) -> FloatArray:
        """Positions [n, 3] at a closure of *amount*, 0 to 1."""
        moved = self.raw.copy()
        moved[:, 1] += amount * self.travel
        hug = _HUG[self.ring]
        hug = np.where(self.upper, np.maximum(hug, amount * _CLOSED_HUG[self.ring]), hug)
        lift = self.lift + 0.05 * amount
        moved[:, 2] = _on_eyeball(moved, hug, lift, self.centre, self.radius)
        return moved


def fit_eyelids(points: FloatArray, topology: Topology, identity: Identity) -> Eyelids:
    """Eyeballs behind the openings of the face *points*, and the lids over them."""
    points = points.copy()
    radius = _EYEBALL_RADIUS * identity.eye_size
    centres = np.zeros((2, 3))
    lines, bulges = np.zeros((2, *points.shape)), np.zeros((2, *points.shape))
    half = LID_POINTS // 2
    ring = np.repeat(np.arange(len(EYE_RINGS)), LID_POINTS)
    lift = 0.10 + 0.05 * np.minimum(ring, 2) / 2
    for eye, side in enumerate((-1, 1)):
        lids = topology.eyes[eye].reshape(-1)
        edge = topology.eyes[eye, 0]
        middle = points[edge].mean(0)
        depth = points[topology.eyes[eye, 4], 2].mean()
        centre = np.array([middle[0] + 0.06 * side, middle[1] - 0.02, depth - radius + 0.36])
        raw = points[lids]
        opened = raw.copy()
        opened[:, 2] = _on_eyeball(raw, _HUG[ring], lift, centre, radius)
        upper, cosine = topology.upper[lids], topology.cosine[lids]
        edge_cosine = topology.cosine[edge]
        top = np.interp(cosine, edge_cosine[: half + 1][::-1], opened[: half + 1, 1][::-1])
        bottom_y = np.append(opened[half:LID_POINTS, 1], opened[0, 1])
        bottom = np.interp(cosine, np.append(edge_cosine[half:], 1.0), bottom_y)
        meet = lerp(top, bottom, _UPPER_SHARE) - 0.03

        lid = _Lid(
            raw=raw, ring=ring, upper=upper, lift=lift, centre=centre, radius=radius,
            travel=np.where(
                upper, -(top - meet) * _UPPER_FOLLOW[ring], (meet - bottom) * _LOWER_FOLLOW[ring]
            ),
        )  # fmt: skip
        line = lid.closed(1.0) - opened
        bulge = 4 * (lid.closed(0.5) - opened - 0.5 * line)
        points[lids] = opened
        lines[eye, lids], bulges[eye, lids] = line, bulge
        rim = np.flatnonzero((topology.feature == side) & (topology.ring < 0))
        points[rim] = lerp(opened[:LID_POINTS], centre, _LID_THICKNESS)
        lines[eye, rim], bulges[eye, rim] = line[:LID_POINTS], bulge[:LID_POINTS]
        centres[eye] = centre
    return Eyelids(points=points, centres=centres, radius=radius, lines=lines, bulges=bulges)
