"""The face as a layer: the fitted mesh with the photo as its texture, fading inside its outline."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates
from styletalker.plugins.mesh.fitted import FittedHead, Posed
from styletalker.plugins.mesh.light import Light, estimate_light, normals_of
from styletalker.plugins.mesh.raster import rasterise_attributes
from styletalker.plugins.puppet.fields import FloatArray, lerp, ramp
from styletalker.plugins.puppet.skull import ARC_RADIUS
from styletalker.plugins.puppet.topology import LID_POINTS, LIP_POINTS, LIPS, NO_RING, Topology

__all__ = ["FaceLayer", "face_layer"]

_FACING = (0.18, 0.50)
"""Cover from the part of the normal that points to the camera: surfaces seen edge-on have too few
pixels in the photo."""
_INSIDE = (0.02, 0.24)
"""Cover from the distance to the outline, as a part of the eyes' distance: the outline itself
moves with the scene, so chin and cheeks have the photo's own edge."""
_INSET_TEETH, _INSET = 0.35, 0.12
"""Inner edges of open lips take colour from this part of the way to the third ring: in the photo
the landmarks' edge may lie on teeth."""
_CORNER, _PLAIN_RING, _INSET_CORNER, _OPEN = (0.74, 0.93), 7, 0.9, (0.03, 0.10)
"""At the corners of open lips, where the photo shows the dark behind them, the rings up to this
one take colour from this part of the way to it. Open: the gap, as a part of the eyes' distance."""
_UNLIT_RINGS = 2


@attrs.frozen(kw_only=True, eq=False)
class FaceLayer:
    """What of a fitted head is drawn over the scene."""

    triangles: NDArray[np.int32]
    """[T, 3]: the front, and strips that close eyes and mouth."""
    attributes: NDArray[np.float32]
    """[V, 4]: column and row in the photo, cover, light (1)."""
    inset: NDArray[np.float32]
    """[V, 2] px by which the lips' inner edges look inwards when the mouth is not the photo's."""
    normals: NDArray[np.float64]
    """[V, 3] in the photo, camera axes."""
    mesh: NDArray[np.int32]
    """[T, 3] triangles of the whole mesh, for normals."""
    lit: NDArray[np.float64]
    """[V] how much of a change of light shows."""
    light: Light
    """On the photo."""
    guides: NDArray[np.float32]
    """[3, H, W] for the scene: coverage, depth (cm) and jaw weight of the mesh in the photo."""

    def draw(self, posed: Posed, own_mouth: float) -> tuple[NDArray[np.float32], int, int]:
        """[h, w, 4] source column and row, cover and light; with its left column and top row."""
        head, screen = posed.head, posed.screen
        attributes = self.attributes.copy()
        attributes[:, :2] += (1 - own_mouth) * self.inset
        turned = normals_of(posed.points, self.mesh)
        attributes[:, 3] = 1 + self.lit * (self.light.change(turned, self.normals) - 1)
        shown = screen[self.attributes[:, 2] > 0, :2]
        low = np.maximum(np.floor(shown.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(shown.max(0)).astype(int) + 1, (head.width, head.height))
        columns, rows = np.maximum(high - low, 1)
        out = np.zeros((rows, columns, 4), np.float32)
        depth = np.empty((rows, columns), np.float32)
        left, top = int(low[0]), int(low[1])
        rasterise_attributes(screen, self.triangles, attributes, left, top, depth, out)
        return out, left, top


def face_layer(head: FittedHead, photo: NDArray[np.uint8]) -> FaceLayer:
    """The layer of a head fitted to *photo* [H, W, 3]."""
    topology = head.topology
    camera_points = head.to_camera(head.own)
    screen = head.camera.project(camera_points)
    front = topology.triangles[(topology.ring >= 0)[topology.triangles].all(1)]
    lips = front[(topology.feature == LIPS)[front].all(1)]
    backs = lips[:, ::-1]  # rings that a pose turns over would be holes
    triangles = np.concatenate([front, _strips(topology), backs]).astype(np.int32)
    normals = normals_of(camera_points, topology.triangles)
    guides = _guides(head, screen, triangles)
    cover = _cover(head, screen, normals, guides[0])
    attributes = np.concatenate([screen[:, :2], cover[:, None], np.ones((len(cover), 1))], 1)
    unlit = (topology.ring < _UNLIT_RINGS) & (topology.feature != 0) & (topology.ring != NO_RING)
    return FaceLayer(
        triangles=triangles[(cover[triangles] > 0).any(1)],
        attributes=attributes.astype(np.float32),
        inset=_inset(head, screen),
        normals=normals,
        mesh=topology.triangles,
        lit=np.where(unlit, 0.0, 1.0),
        light=_light(head, screen, normals, cover, photo),
        guides=guides,
    )


def _strips(topology: Topology) -> NDArray[np.int32]:
    """Triangles [T, 3] across the openings, between facing points of their edges, both ways."""
    strips = []
    for edge, count in ((topology.lips[0], LIP_POINTS), (topology.eyes[0, 0], LID_POINTS),
                        (topology.eyes[1, 0], LID_POINTS)):  # fmt: skip
        for k in range(count // 2):
            a, b, c, d = edge[k], edge[k + 1], edge[-k % count], edge[-(k + 1) % count]
            strips += [(a, b, c), (b, d, c)]
    one = np.array(strips)
    return np.concatenate([one, one[:, ::-1]]).astype(np.int32)


def _guides(head: FittedHead, screen: FloatArray, triangles: NDArray[np.int32]
            ) -> NDArray[np.float32]:  # fmt: skip
    """Coverage, depth and jaw weight [3, H, W] of the mesh in the photo."""
    values = np.stack([np.ones(len(screen)), screen[:, 2], head.jaw], -1).astype(np.float32)
    out = np.zeros((head.height, head.width, 3), np.float32)
    depth = np.empty(out.shape[:2], np.float32)
    rasterise_attributes(screen.astype(np.float32), triangles, values, 0, 0, depth, out)
    return np.ascontiguousarray(out.transpose(2, 0, 1))


def _cover(head: FittedHead, screen: FloatArray, normals: FloatArray, mask: NDArray[np.float32]
           ) -> FloatArray:  # fmt: skip
    """Cover [V] of the layer: 1 on the face, 0 towards its outline, hair, ears and neck."""
    topology, level = head.topology, head.topology.level
    theta = np.abs(topology.arc) / ARC_RADIUS
    cover = ramp(*_FACING, normals[:, 2]) * ramp(1.40, 1.12, theta)
    cover = cover * ramp(8.5, 5.0, level) * ramp(-12.6, -11.6, level)
    inside = distance_transform_edt(np.pad(mask > 0.5, 1))[1:-1, 1:-1]
    distance = map_coordinates(inside, screen[:, 1::-1].T, order=1, mode="nearest")
    low, high = (share * head.eye_distance_px for share in _INSIDE)
    cover = cover * ramp(low, high, distance)
    edge = np.minimum(screen[:, :2], (head.width - 1, head.height - 1) - screen[:, :2]).min(1)
    cover = cover * ramp(0.0, 0.03 * min(head.width, head.height), edge)
    *lips, skin = topology.lips  # lips are thin: their normals tell nothing
    cover[lips] = cover[skin]
    opening = (topology.feature != 0) & (topology.feature != LIPS)
    return np.where(opening & (cover > 0), 1.0, cover)


def _inset(head: FittedHead, screen: FloatArray) -> NDArray[np.float32]:
    share = _INSET_TEETH if head.teeth_visible else _INSET
    inset = np.zeros((len(screen), 2), np.float32)
    edge, inner = head.topology.lips[0], head.topology.lips[2]
    inset[edge] = share * (screen[inner, :2] - screen[edge, :2])
    rings = head.topology.lips[: _PLAIN_RING + 1]
    gap = np.linalg.norm(screen[head.lips.upper, :2] - screen[head.lips.lower, :2], axis=1).max()
    opened = _INSET_CORNER * ramp(*_OPEN, gap / head.eye_distance_px)
    corner = opened * ramp(*_CORNER, np.abs(head.topology.cosine[rings]))
    nearer = np.linspace(1, 0, len(rings))[:, None]
    outwards = screen[rings[-1], :2] - screen[rings, :2]
    inset[rings] = lerp(inset[rings], outwards, (corner * nearer)[..., None])
    return inset


def _light(head: FittedHead, screen: FloatArray, normals: FloatArray, cover: FloatArray,
           photo: NDArray[np.uint8]) -> Light:  # fmt: skip
    plain = (cover > 0.5) & (head.topology.feature == 0)
    if plain.sum() < 50:
        return Light(ambient=1.0, direction=np.zeros(3))
    gray = np.asarray(photo, np.float64) @ np.array([0.30, 0.59, 0.11])
    at = np.clip(np.round(screen[plain, 1::-1]).astype(int), 0, np.array(gray.shape) - 1)
    return estimate_light(gray[at[:, 0], at[:, 1]], normals[plain])
