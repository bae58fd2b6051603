"""What is around the face: a lattice over the picture that knows depth and what follows the head.

The lattice covers everything but the inside of the face. A node's content moves as if it were
on the head, times a weight: 1 on head and hair, falling to exactly 0 beside them, down the neck,
and at the picture's edge, so that the picture can be put back into a larger one.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from styletalker.plugins.mesh.fitted import FittedHead, Posed
from styletalker.plugins.mesh.layer import FaceLayer
from styletalker.plugins.mesh.raster import inverse_shift
from styletalker.plugins.puppet.fields import FloatArray, lerp, ramp
from styletalker.plugins.puppet.posing import HINGE, JAW_TURN, swing

__all__ = ["EDGE_FADE", "Scene", "edge_fade", "scene_of"]

_NODES = 72
"""Nodes along a side: a cell is about 4 mm of a head that fills the picture."""
EDGE_FADE = 0.07
"""Part of the picture's side over which everything comes to rest towards its edge."""
_BESIDE = 6.5
"""Width in cm of the strip beside the head that takes up its movement."""
_NECK_TOP, _NECK_FOOT = -0.5, 8.5
"""Below the chin, in cm, where the neck begins to lag behind the head, and where it rests."""
_AROUND_DEPTH, _NECK_DEPTH = -1.5, 3.0
"""Depth of hair and of the neck's front far from the face, cm."""
_DEPTH_REACH, _JAW_REACH = 3.0, 2.6
"""How far outside the face its depth and the jaw's pull are felt, cm."""
_DEPTH_BLUR = 0.8
"""Blur of the depth, cm: steeper slopes would fold when the head turns."""
_STEPS = 10


@attrs.frozen(kw_only=True, eq=False)
class Scene:
    """The lattice of one photo; N nodes along each side."""

    head: FittedHead
    """Whose photo it is."""
    nodes: NDArray[np.float64]
    """[N * N, 3] in the photo's head axes, cm, row by row."""
    weight: NDArray[np.float64]
    """[N, N] how much of the head's movement a node takes."""
    jaw: NDArray[np.float64]
    """[N * N] how much of the jaw's turn it takes."""
    rest: NDArray[np.float64]
    """[N * N, 2] its column and row in the photo."""
    box: tuple[int, int, int, int]
    """Left, top, right, bottom (exclusive) of the pixels that can change."""

    @property
    def step(self) -> tuple[float, float]:
        """Columns and rows between two nodes."""
        across, down = self.weight.shape[1] - 1, self.weight.shape[0] - 1
        return (self.head.width - 1) / across, (self.head.height - 1) / down

    def sources(self, posed: Posed) -> NDArray[np.float64]:
        """[N, N, 2] how far away (columns, rows) the content arriving at a node comes from."""
        nodes = self.nodes
        turned = posed.jaw - self.head.jaw_open
        if abs(turned) > 1e-4:
            nodes = nodes.copy()
            swing(nodes, self.jaw, JAW_TURN * turned, HINGE)
        moved = self.head.camera.project(posed.moved(self.head.to_camera(nodes)))
        shift = (moved[:, :2] - self.rest).reshape(*self.weight.shape, 2)
        step = np.array(self.step)
        shift = np.ascontiguousarray(shift * self.weight[..., None] / step)
        back = np.empty_like(shift)
        inverse_shift(shift, _STEPS, back)
        return np.asarray(back * step, np.float64)


def edge_fade(distance: FloatArray, side: float) -> FloatArray:
    """How much may change at a *distance* in px from the edge of a picture of *side* px."""
    return ramp(0.0, EDGE_FADE * side, distance)


def scene_of(head: FittedHead, layer: FaceLayer, mask: NDArray[np.float32]) -> Scene:
    """The lattice around a face; *mask* [H, W] is 1 on head, hair and body."""
    count, width, height = _NODES, head.width, head.height
    column, row = np.meshgrid(np.linspace(0, width - 1, count), np.linspace(0, height - 1, count))
    cell_cm = (width - 1) / (count - 1) / head.camera.scale
    at = np.stack([row.ravel(), column.ravel()])
    inside, depth, jaw = (
        map_coordinates(values, at, order=1).reshape(count, count)
        for values in layer.guides
    )  # fmt: skip
    outside = inside < 0.999
    flat = head.camera.unproject(np.stack([column, row, np.full_like(row, 4.0)], -1).reshape(-1, 3))
    below = _chin(head) - head.to_head(flat)[:, 1].reshape(count, count)

    far = lerp(_AROUND_DEPTH, _NECK_DEPTH, ramp(-3.0, 1.0, below))
    depth = _extended(depth, outside, far, _DEPTH_REACH / cell_cm)
    depth = gaussian_filter(depth, _DEPTH_BLUR / cell_cm)
    jaw = gaussian_filter(_extended(jaw, outside, 0.0, _JAW_REACH / cell_cm), 0.4 / cell_cm)

    beside = distance_transform_edt(~_nodes_of(mask, count)) * cell_cm
    edge = np.minimum(np.minimum(column, width - 1 - column), np.minimum(row, height - 1 - row))
    weight = ramp(_BESIDE, 0.3, beside) * ramp(_NECK_FOOT, _NECK_TOP, below)
    weight = gaussian_filter(weight, 0.5 / cell_cm) * edge_fade(edge, min(width, height))
    weight[weight < 1e-4] = 0.0
    nodes = head.camera.unproject(np.stack([column, row, depth], -1).reshape(-1, 3))
    return Scene(
        head=head,
        nodes=head.to_head(nodes),
        weight=weight,
        jaw=np.clip(jaw, 0.0, 1.0).ravel(),
        rest=np.stack([column.ravel(), row.ravel()], -1),
        box=_box(weight, width, height),
    )


def _chin(head: FittedHead) -> float:
    """Height of the chin's point in head axes."""
    return float(head.own[np.abs(head.topology.arc) < 1.0, 1].min())


def _nodes_of(mask: NDArray[np.float32], count: int) -> NDArray[np.bool_]:
    rows, columns = (np.linspace(0, n - 1, count).astype(int) for n in mask.shape)
    return np.asarray(mask[np.ix_(rows, columns)] > 0.5, bool)


def _extended(values: FloatArray, outside: NDArray[np.bool_], far: FloatArray | float, reach: float
              ) -> FloatArray:  # fmt: skip
    """*values* kept inside; outside the nearest one inside, which goes over to *far*."""
    distance, nearest = distance_transform_edt(outside, return_indices=True)
    share = np.exp(-np.square(distance / reach))
    return lerp(far, values[tuple(nearest)], share)


def _box(weight: FloatArray, width: int, height: int) -> tuple[int, int, int, int]:
    """Pixels within a cell of a node that moves."""
    rows, columns = (np.flatnonzero((weight > 0).any(axis)) for axis in (1, 0))
    step_x, step_y = (width - 1) / (weight.shape[1] - 1), (height - 1) / (weight.shape[0] - 1)
    left, right = (columns[0] - 1) * step_x, (columns[-1] + 1) * step_x
    top, bottom = (rows[0] - 1) * step_y, (rows[-1] + 1) * step_y
    return (
        max(int(left), 0),
        max(int(top), 0),
        min(int(right) + 2, width),
        min(int(bottom) + 2, height),
    )
