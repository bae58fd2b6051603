"""The face mesh all identities share: rings around eyes and lips, scattered points elsewhere.

The mesh is triangulated once in a flat domain (``arc`` = azimuth x skull radius, ``level``);
an identity only moves its vertices. Openings have rings of vertices around them, so lids
and lips can be addressed by ring and by angle.
"""

from __future__ import annotations

import functools

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay
from styletalker.plugins.puppet.fields import FloatArray, IntArray, bump
from styletalker.plugins.puppet.skull import ARC_RADIUS, azimuth_of

__all__ = [
    "EYE_HALF",
    "EYE_RINGS",
    "EYE_X",
    "LID_POINTS",
    "LIPS",
    "LIP_POINTS",
    "LIP_RINGS",
    "MOUTH_HALF",
    "MOUTH_LEVEL",
    "NO_RING",
    "Topology",
    "lid_heights",
    "lip_borders",
    "topology",
]  # fmt: skip

EYE_HALF = 1.21
"""Half the width of the eye's opening, cm, before ``eye_size`` (26 mm at its average)."""
EYE_X, MOUTH_LEVEL, MOUTH_HALF = 3.06, -7.0, 2.45
"""Average eye centre from the midline, level of the mouth and half its width, cm."""
LID_POINTS, LIP_POINTS = 30, 44
"""Vertices of one ring around an eye and around the mouth."""
EYE_RINGS = (0.0, 0.14, 0.30, 0.5, 0.75, 1.05)
"""Distance of each eye ring from the lid's edge, cm."""
LIP_RINGS = (0.0, 0.18, 0.4, 0.65, 0.85, 1.0, 1.25, 1.6, 2.1)
"""Lip rings from the line where the lips meet (0) over the border of the red (1) outwards."""
LIPS = 2
"""Feature code of a lip vertex; -1 and 1 are the eyes, 0 is the rest of the face."""
NO_RING = 99
_CROWN_BACK, _CHIN_UNDER = 2.7, -12.7
"""The mesh ends at this azimuth behind and at this level below, inside hair and neck."""


def lid_heights(cosine: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Levels of the upper and the lower lid's edge over -1 (inner) .. 1 (outer corner)."""
    sine = np.sqrt(np.clip(1 - cosine**2, 0, 1))
    outer = np.clip(cosine, 0, 1)  # almond: the outer third closes to a thin wedge
    upper = 0.57 * sine ** (1.15 + 0.45 * outer) * (1 - 0.20 * cosine) + 0.06 * cosine
    lower = -0.40 * sine ** (1.1 + 0.30 * outer) * (1 + 0.12 * cosine) + 0.06 * cosine
    return upper, lower


def lip_borders(cosine: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Height of the red of the upper and the lower lip over the mouth's width (-1 .. 1)."""
    inner = np.clip(1 - cosine**2, 0, 1)
    bow = 1 - 0.20 * bump(cosine, 0, 0.16) + 0.10 * bump(np.abs(cosine), 0.27, 0.2)
    return 0.72 * inner**0.75 * bow, -0.92 * inner**0.62


@attrs.frozen(kw_only=True, eq=False)
class Topology:
    """Vertices of the flat domain, what they belong to, and the triangles between them."""

    arc: FloatArray
    """[V] length along the skull from the midline, cm."""
    level: FloatArray
    """[V] height coordinate, cm."""
    feature: IntArray
    """[V] -1 / 1 eye at the left / right of the image, LIPS, 0 elsewhere."""
    ring: IntArray
    """[V] ring number, 0 at the opening, negative inside it, NO_RING elsewhere."""
    cosine: FloatArray
    """[V] position along a ring, -1 .. 1 (eyes: inner to outer corner; lips: left to right)."""
    upper: NDArray[np.bool_]
    """[V] whether a ring vertex is on the upper lid or lip."""
    triangles: NDArray[np.int32]
    """[T, 3] counter-clockwise seen from outside."""
    eyes: IntArray
    """[2, rings, LID_POINTS] vertices around the left and right eye, from the outer corner over
    the upper lid."""
    lips: IntArray
    """[rings, LIP_POINTS] vertices around the mouth, from the right corner over the upper lip."""
    flat: Delaunay
    """The triangulation of the domain, openings included."""

    def locate(self, x: FloatArray, level: FloatArray) -> tuple[IntArray, FloatArray]:
        """Vertices [n, 3] and weights [n, 3] of the points at frontal *x* and *level*."""
        return self.locate_arc(azimuth_of(x) * ARC_RADIUS, level)

    def locate_arc(self, arc: FloatArray, level: FloatArray) -> tuple[IntArray, FloatArray]:
        """Vertices [n, 3] and weights [n, 3] of the points at *arc* and *level*."""
        points = np.stack([arc, level], -1)
        cell = self.flat.find_simplex(points)
        transform = self.flat.transform[cell]
        first = np.einsum("nij,nj->ni", transform[:, :2], points - transform[:, 2])
        weights = np.concatenate([first, 1 - first.sum(1, keepdims=True)], 1)
        return self.flat.simplices[cell], weights


def _eye_ring(side: int, offset: float) -> FloatArray:
    angle = np.arange(LID_POINTS) * 2 * np.pi / LID_POINTS
    cosine, sine = np.cos(angle), np.sin(angle)
    upper, lower = lid_heights(cosine)
    level = np.where(sine >= -1e-9, upper, lower) + offset * sine
    x = side * (EYE_X + (EYE_HALF + 0.9 * offset) * cosine)
    return np.stack([x, level, cosine, sine >= -1e-9], -1)


def _lip_ring(position: float) -> FloatArray:
    angle = np.arange(LIP_POINTS) * 2 * np.pi / LIP_POINTS
    cosine, sine = np.cos(angle), np.sin(angle)
    upper, lower = lip_borders(cosine)
    outside = max(position - 1, 0)
    red = np.where(sine >= -1e-9, upper, lower) * min(position, 1)
    gap = np.sign(sine) * 0.22 * np.abs(sine) ** 0.7  # opens the domain: no flat triangles
    level = MOUTH_LEVEL + red + gap + 0.75 * outside * sine
    x = (MOUTH_HALF + 0.14 * position + 0.35 * outside) * cosine
    return np.stack([x, level, cosine, sine >= -1e-9], -1)


def _inside(points: FloatArray, polygon: FloatArray) -> NDArray[np.bool_]:
    x, y = points[:, 0], points[:, 1]
    inside = np.zeros(len(points), bool)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        crosses = (y1 > y) != (y2 > y)
        inside ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1 + 1e-12) + x1)
    return inside


def _rows(levels: FloatArray, half: float, step: float) -> FloatArray:
    """Staggered rows of points between -half and half."""
    rows = []
    for number, level in enumerate(levels):
        x = np.arange(-half + (number % 2) * step / 2, half + 0.01, step)
        rows.append(np.stack([x, np.full_like(x, level)], -1))
    return np.concatenate(rows)


def _scattered(holes: list[FloatArray]) -> FloatArray:
    """Domain points outside the rings: fine at the nose, medium in front, coarse behind."""
    nose = _rows(np.arange(-5.4, 0.8, 0.22), 2.3, 0.24)
    front = _rows(np.arange(_CHIN_UNDER, 4.6, 0.42), 6.6, 0.45)
    near_nose = (np.abs(front[:, 0]) < 2.5) & (np.abs(front[:, 1] + 2.3) < 3.25)
    frontal = np.concatenate([nose, front[~near_nose]])
    frontal[:, 0] = azimuth_of(frontal[:, 0]) * ARC_RADIUS
    levels = np.concatenate(
        [np.arange(_CHIN_UNDER, 4.6, 0.75), 4 + 7.6 * np.sin(np.linspace(0.12, 1.50, 14))]
    )
    arcs = np.linspace(-_CROWN_BACK, _CROWN_BACK, 47) * ARC_RADIUS
    behind = np.stack(np.meshgrid(arcs, levels), -1).reshape(-1, 2)
    covered = (np.abs(behind[:, 0]) < frontal[:, 0].max() + 0.3) & (behind[:, 1] < 4.45)
    points = np.concatenate([frontal, behind[~covered]])
    for hole in holes:
        points = points[~_inside(points, hole)]
    return points


def _rim(outer: IntArray, inner: IntArray, clockwise: bool) -> NDArray[np.int32]:
    """Triangles between two neighbouring rings of the inside of an opening."""
    outer_next, inner_next = np.roll(outer, -1), np.roll(inner, -1)
    quads = [
        np.stack([outer, inner, outer_next], 1), np.stack([outer_next, inner, inner_next], 1)
    ]  # fmt: skip
    triangles = np.concatenate(quads)
    return (triangles if clockwise else triangles[:, ::-1]).astype(np.int32)


def _grown(ring: FloatArray, factor: float) -> FloatArray:
    polygon = ring[:, :2].copy()
    polygon[:, 0] = azimuth_of(polygon[:, 0]) * ARC_RADIUS
    centre = polygon.mean(0)
    grown: FloatArray = centre + (polygon - centre) * factor
    return grown


@functools.lru_cache(1)
def topology() -> Topology:
    """The one face mesh; built once per process."""
    eye_rings = [[_eye_ring(side, offset) for offset in EYE_RINGS] for side in (-1, 1)]
    lip_rings = [_lip_ring(position) for position in LIP_RINGS]
    keyed = [(side, k, ring) for side, rings in zip((-1, 1), eye_rings, strict=True)
             for k, ring in enumerate(rings)]  # fmt: skip
    keyed += [(LIPS, k, ring) for k, ring in enumerate(lip_rings)]
    rows = np.concatenate([ring for _, _, ring in keyed])
    feature = np.concatenate([np.full(len(ring), code) for code, _, ring in keyed])
    number = np.concatenate([np.full(len(ring), k) for _, k, ring in keyed])
    holes = [_grown(rings[-1], 1.10) for rings in eye_rings] + [_grown(lip_rings[-1], 1.06)]
    scattered = _scattered(holes)
    ringed = np.stack([azimuth_of(rows[:, 0]) * ARC_RADIUS, rows[:, 1]], -1)
    domain = np.concatenate([ringed, scattered])

    # A fixed tiny jitter decides the ties of the regular rows the same way everywhere.
    jitter = np.random.default_rng(0).normal(0, 1e-4, domain.shape)
    flat = Delaunay(domain + jitter)
    triangles = flat.simplices.astype(np.int32)
    opening = np.zeros(len(domain), int)
    opening[: len(rows)] = np.where(number == 0, feature + 5, 0)
    corner = opening[triangles]
    hole = (corner[:, 0] == corner[:, 1]) & (corner[:, 1] == corner[:, 2]) & (corner[:, 0] > 0)
    triangles = triangles[~hole]
    side_a = domain[triangles[:, 1]] - domain[triangles[:, 0]]
    side_b = domain[triangles[:, 2]] - domain[triangles[:, 0]]
    clockwise = side_a[:, 0] * side_b[:, 1] - side_a[:, 1] * side_b[:, 0] < 0
    triangles[clockwise] = triangles[clockwise][:, ::-1]

    count = len(EYE_RINGS) * LID_POINTS
    eyes = np.arange(2 * count).reshape(2, len(EYE_RINGS), LID_POINTS)
    lips = 2 * count + np.arange(len(LIP_RINGS) * LIP_POINTS).reshape(-1, LIP_POINTS)
    pad = len(scattered)
    feature = np.concatenate([feature, np.zeros(pad, int)])
    number = np.concatenate([number, np.full(pad, NO_RING)])
    cosine = np.concatenate([rows[:, 2], np.zeros(pad)])
    upper = np.concatenate([rows[:, 3] > 0.5, np.zeros(pad, bool)])

    # Rims that turn inwards: one ring for a lid's thickness, three for the inside of the lips.
    source, depth, pieces, total = [], [], [triangles], len(domain)
    for edge, rings, is_left in (
        (eyes[0, 0], 1, True),
        (eyes[1, 0], 1, False),
        (lips[0], 3, False),
    ):
        previous = edge
        for step in range(1, rings + 1):
            current = total + np.arange(len(edge))
            total += len(edge)
            pieces.append(_rim(previous, current, is_left))
            source.append(edge)
            depth.append(np.full(len(edge), -step))
            previous = current
    copied = np.concatenate([np.arange(len(domain)), *source])
    return Topology(
        arc=domain[copied, 0], level=domain[copied, 1], feature=feature[copied],
        ring=np.concatenate([number, *depth]), cosine=cosine[copied], upper=upper[copied],
        triangles=np.concatenate(pieces), eyes=eyes, lips=lips, flat=flat,
    )  # fmt: skip
