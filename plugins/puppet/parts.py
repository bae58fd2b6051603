"""Parts of the mesh: each body part is built alone and joined into one vertex soup."""

from __future__ import annotations

import enum

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import FloatArray, IntArray

__all__ = ["Material", "Mesh", "Part", "join"]


class Material(enum.IntEnum):
    """How a surface answers to light; the shading kernel branches on these numbers."""

    SKIN = 0
    EYE = 1
    TEETH = 2
    GUM = 3
    HAIR = 4
    CLOTH = 5
    FRAME = 6


@attrs.frozen(kw_only=True, eq=False)
class Part:
    """One piece of surface; numbers stand for all of its vertices."""

    name: str
    """Unique name; animation finds the vertices by it."""
    points: FloatArray
    """[V, 3] rest positions, cm."""
    triangles: NDArray[np.int32]
    """[T, 3] counter-clockwise seen from outside."""
    uv: FloatArray
    """[V, 2] position in the texture atlas, 0 to 1."""
    material: Material
    """Kind of surface."""
    occlusion: FloatArray | float = 1.0
    """[V] ambient light that reaches the surface, 0 to about 1."""
    headness: FloatArray | float = 1.0
    """[V] 1 moves with the head, 0 stays with the body."""
    jaw: FloatArray | float = 0.0
    """[V] 1 turns with the jaw."""
    tangent: FloatArray | None = None
    """[V, 3] direction of the strands (hair only)."""
    cut: FloatArray | float = 0.0
    """[V] strands thinner than this are left out: 0 keeps all, 1 none (hair only)."""
    two_sided: bool = False
    """Whether the inside is seen too; a closed surface is drawn faster."""
    casts_shadow: bool = True
    """Whether the part is drawn into the shadow map."""


@attrs.frozen(kw_only=True, eq=False)
class Mesh:
    """All parts joined, in the types the kernels take."""

    points: NDArray[np.float32]
    """[V, 3]"""
    triangles: NDArray[np.int32]
    """[T, 3]"""
    material: NDArray[np.int8]
    """[T]"""
    cutout: NDArray[np.bool_]
    """[T] whether a triangle has strands left out."""
    two_sided: NDArray[np.bool_]
    """[T] whether the inside of a triangle is seen too."""
    casters: IntArray
    """Numbers of the triangles that cast shadows."""
    uv: NDArray[np.float32]
    """[V, 2]"""
    occlusion: NDArray[np.float32]
    """[V]"""
    headness: NDArray[np.float32]
    """[V]"""
    jaw: NDArray[np.float32]
    """[V]"""
    tangent: NDArray[np.float32]
    """[V, 3]"""
    cut: NDArray[np.float32]
    """[V]"""
    spans: dict[str, slice]
    """The vertices of each part."""


def _spread(value: FloatArray | float, count: int) -> NDArray[np.float32]:
    return np.broadcast_to(np.asarray(value, np.float32), (count,))


def join(parts: list[Part]) -> Mesh:
    """One mesh of all *parts*, in their order."""
    spans, start = {}, 0
    for part in parts:
        spans[part.name] = slice(start, start + len(part.points))
        start += len(part.points)
    triangles = np.concatenate([p.triangles + spans[p.name].start for p in parts]).astype(np.int32)
    cut = np.concatenate([_spread(p.cut, len(p.points)) for p in parts])
    tangents = [np.zeros_like(p.points) if p.tangent is None else p.tangent for p in parts]
    counts = [len(p.triangles) for p in parts]
    return Mesh(
        points=np.concatenate([p.points for p in parts]).astype(np.float32),
        triangles=triangles,
        material=np.repeat([np.int8(p.material) for p in parts], counts),
        cutout=np.asarray((cut[triangles] > 0).any(axis=1)),
        two_sided=np.repeat([p.two_sided for p in parts], counts),
        casters=np.flatnonzero(np.repeat([p.casts_shadow for p in parts], counts)),
        uv=np.concatenate([p.uv for p in parts]).astype(np.float32),
        occlusion=np.concatenate([_spread(p.occlusion, len(p.points)) for p in parts]),
        headness=np.concatenate([_spread(p.headness, len(p.points)) for p in parts]),
        jaw=np.concatenate([_spread(p.jaw, len(p.points)) for p in parts]),
        tangent=np.concatenate(tangents).astype(np.float32),
        cut=cut,
        spans=spans,
    )
