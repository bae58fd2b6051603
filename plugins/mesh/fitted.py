"""A head fitted to a photo, and where its points are under animation parameters.

Two systems of axes: *head* axes are the puppet's (cm, x to the right of the image, y up, z out
of the face, the eyes at about y = 0); *camera* axes are the same turned by the photo's pose
about the top of the neck. Screen positions are pixels with a pixel's centre at a whole number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.blendshapes import SHAPES
from styletalker.plugins.puppet.fields import FloatArray, IntArray, ramp
from styletalker.plugins.puppet.parameters import INDEX
from styletalker.plugins.puppet.posing import (
    HINGE,
    JAW_TURN,
    LID_DOWN,
    LID_SQUINT,
    LID_UP,
    PIVOT,
    close_lips,
    rotation,
    swing,
)
from styletalker.plugins.puppet.topology import Topology

__all__ = ["SHAPE_NAMES", "Camera", "FittedHead", "Lips", "Posed", "pose"]

SHAPE_NAMES = (*SHAPES, "blink_l", "bulge_l", "blink_r", "bulge_r")
"""Rows of a fitted head's shapes: the puppet's, then line and bulge of each eye's blink."""
_AXIS = PIVOT.astype(np.float64)
_MOST_OPEN = -0.15
_TUCK_BACK = 0.45
"""As in the puppet: how far lids open beyond rest, and the part of the depth to the teeth that
the lower lip takes."""
_PRESS_THINS = 0.3
"""Part of the puppet's thinning that pressed lips show: lips of a photo lose their red with all of
it. That they meet does not depend on it."""
_ROUND_TAKES, _JAW_TAKES, _MOST_TAKEN = 0.75, 0.22, 0.9
"""Parts of the photo's own smile that rounded lips and an open jaw take back: nobody says 'oo'
with the corners of a broad smile."""


@attrs.frozen(kw_only=True)
class Camera:
    """A pinhole camera on the z axis: screen = centre + scale * position * nearness."""

    scale: float
    """Pixels per cm at depth 0."""
    x: float
    """Column of the axis, px."""
    y: float
    """Row of the axis, px."""
    distance: float
    """From the camera to depth 0, cm."""

    def project(self, points: FloatArray) -> NDArray[np.float64]:
        """Column, row (px) and depth (cm) [N, 3] of points [N, 3] in camera axes."""
        near = self.scale * self.distance / (self.distance - points[:, 2])
        column, row = self.x + points[:, 0] * near, self.y - points[:, 1] * near
        return np.stack([column, row, points[:, 2]], -1)

    def unproject(self, screen: FloatArray) -> NDArray[np.float64]:
        """Points [N, 3] in camera axes of column, row and depth [N, 3]."""
        far = (self.distance - screen[:, 2]) / (self.scale * self.distance)
        x, y = (screen[:, 0] - self.x) * far, (self.y - screen[:, 1]) * far
        return np.stack([x, y, screen[:, 2]], -1)

    def resized(self, factor: float) -> Camera:
        """The camera of the same picture, *factor* times as large."""
        x, y = ((c + 0.5) * factor - 0.5 for c in (self.x, self.y))
        return attrs.evolve(self, scale=self.scale * factor, x=x, y=y)


@attrs.frozen(kw_only=True, eq=False)
class Lips:
    """How the lips meet: as in the puppet's jaw rig, for the fitted mouth."""

    column: FloatArray
    """[V] which pair of facing lip points a vertex follows."""
    follow: FloatArray
    """[V] share of the closing gap a vertex takes."""
    tuck: FloatArray
    """[V] share of the lower lip's way to the teeth that a vertex takes."""
    upper: IntArray
    """[pairs] vertices of the upper lip's inner edge, from the right corner to the left."""
    lower: IntArray
    """[pairs] the vertices facing them."""
    teeth_edge: FloatArray
    """[pairs, 2] height and depth of the upper teeth's edge in front of each pair, cm."""


@attrs.frozen(kw_only=True, eq=False)
class FittedHead:
    """A head whose mesh projects onto a photo's landmarks; positions in head axes, cm."""

    base: NDArray[np.float64]
    """[V, 3]: the photo's face with lips closed and jaw shut."""
    own: NDArray[np.float64]
    """[V, 3]: the photo's face as it is, with its own mouth."""
    own_shut: NDArray[np.float64]
    """[V, 3]: the same with the jaw turned back, so the lips alone are open."""
    jaw: NDArray[np.float64]
    """[V] weights of the jaw's turn, 0 to 1."""
    jaw_open: float
    """How far the photo's jaw is open, 0 to 1."""
    smile: float
    """How much the photo smiles, 0 to 1; part of the base."""
    shapes: Mapping[str, NDArray[np.float64]]
    """Displacements [V, 3] at weight 1, by name: :data:`SHAPE_NAMES`."""
    lips: Lips
    """How the lips meet."""
    eyes: NDArray[np.float64]
    """[2, 3] centres of the eyeballs, the eye at the left of the image first."""
    eye_radius: float
    """Of the eyeball and the tissue the lids lie on, cm."""
    topology: Topology
    """Rings and triangles of the mesh."""
    rotation: NDArray[np.float64]
    """[3, 3] of the photo: camera axes = rotation @ (head axes - pivot) + pivot."""
    camera: Camera
    """Of the photo."""
    width: int
    """Of the picture, px."""
    height: int
    """Of the picture, px."""
    eye_distance_px: float
    """Between the centres of the eyes in the photo."""
    teeth_visible: bool
    """Whether the photo's own mouth shows teeth."""
    error_px: float
    """Mean distance of the fitted model from the landmarks before they were made exact."""
    table: NDArray[np.float64] = attrs.field(init=False, repr=False)
    """[shapes, V * 3]: all shapes."""

    @table.default
    def _table(self) -> NDArray[np.float64]:
        return np.stack([self.shapes[name].ravel() for name in SHAPE_NAMES])

    def to_camera(self, points: FloatArray) -> NDArray[np.float64]:
        """Camera axes [N, 3] of points [N, 3] in head axes, in the photo's pose."""
        return np.asarray((points - _AXIS) @ self.rotation.T + _AXIS, np.float64)

    def to_head(self, points: FloatArray) -> NDArray[np.float64]:
        """Head axes [N, 3] of points [N, 3] in camera axes, in the photo's pose."""
        return np.asarray((points - _AXIS) @ self.rotation + _AXIS, np.float64)

    def on_screen(self, points: FloatArray) -> NDArray[np.float64]:
        """Column, row and depth [N, 3] of points [N, 3] in head axes, in the photo's pose."""
        return self.camera.project(self.to_camera(points))

    def resized(self, side: int) -> FittedHead:
        """The head of the same picture at *side* by *side* pixels; a square picture's only."""
        factor = side / self.width
        return attrs.evolve(
            self,
            camera=self.camera.resized(factor),
            width=side,
            height=side,
            eye_distance_px=self.eye_distance_px * factor,
            error_px=self.error_px * factor,
        )


@attrs.frozen(kw_only=True, eq=False)
class Posed:
    """Where the head's points are in one frame."""

    screen: NDArray[np.float32]
    """[V, 3]: column, row (px) and depth (cm towards the camera) of the face's vertices."""
    points: NDArray[np.float64]
    """[V, 3] the same vertices in camera axes, cm."""
    head: FittedHead
    """The head that was posed."""
    turn: NDArray[np.float64]
    """[3, 3]: the frame's rotation of the photo's camera axes, about the pivot."""
    shift: NDArray[np.float64]
    """[3] cm: the frame's shift."""
    jaw: float
    """Opening of the jaw in this frame; 1 is 13 degrees."""

    def moved(self, points: FloatArray) -> NDArray[np.float64]:
        """Camera axes [N, 3] of points [N, 3] in the photo's camera axes, moved with the head."""
        return _moved(points, self.turn, self.shift)

    def place(self, points: FloatArray, jaw_share: FloatArray | float = 0.0
              ) -> NDArray[np.float64]:  # fmt: skip
        """Column, row and depth [N, 3] of things that ride on the head, such as teeth.

        Args:
            points: [N, 3] in head axes; those on the jaw where they are when it is shut.
            jaw_share: [N] or a number: 0 on the skull, 1 on the jaw.
        """
        points = np.array(points, np.float64)
        share = np.broadcast_to(np.asarray(jaw_share, np.float64), (len(points),))
        if self.jaw != 0.0 and share.any():
            swing(points, np.ascontiguousarray(share), JAW_TURN * self.jaw, HINGE)
        return self.head.camera.project(self.moved(self.head.to_camera(points)))


def pose(head: FittedHead, parameters: NDArray[np.floating[Any]], own_mouth: float) -> Posed:
    """The head under parameters [23] (change from the photo) and *own_mouth* (1 shows its own).

    Nothing changed and ``own_mouth`` 1 gives the photo's own positions.
    """
    value = {name: float(parameters[i]) for name, i in INDEX.items()}
    points = head.base + own_mouth * (head.own_shut - head.base)
    weights = _weights(value, head.smile, 1.0 - own_mouth)
    used = np.abs(weights) > 1e-5
    if used.any():
        points = points + (weights[used] @ head.table[used]).reshape(points.shape)
    jaw = own_mouth * head.jaw_open + value["jaw"]
    if jaw != 0.0:
        swing(points, head.jaw, JAW_TURN * jaw, HINGE)
    _meet(points, head.lips, value["press"], value["fv"])
    turn = rotation(value["yaw"], value["pitch"], value["roll"]).astype(np.float64)
    shift = np.array([value["tx"], value["ty"], value["tz"]])
    placed = _moved(head.to_camera(points), turn, shift)
    return Posed(
        screen=head.camera.project(placed).astype(np.float32),
        points=placed,
        head=head,
        turn=turn,
        shift=shift,
        jaw=jaw,
    )


def _moved(points: FloatArray, turn: FloatArray, shift: FloatArray) -> NDArray[np.float64]:
    return np.asarray((points - _AXIS) @ turn.T + (_AXIS + shift), np.float64)


def _weights(value: Mapping[str, float], smile: float, closed: float) -> NDArray[np.float64]:
    """Weight of every shape; *closed* tells how much of the base shape shows."""
    taken = min(_ROUND_TAKES * value["round"] + _JAW_TAKES * value["jaw"] * closed, _MOST_TAKEN)
    weights = {name: value[name] for name in SHAPES}
    weights["smile"] -= max(smile, 0.0) * taken
    weights["press"] *= _PRESS_THINS
    follow = LID_DOWN * max(-value["gaze_y"], 0.0) - LID_UP * max(value["gaze_y"], 0.0)
    for side in ("l", "r"):
        closing = value[f"blink_{side}"] + follow + LID_SQUINT * value["squint"]
        blink = min(max(closing, _MOST_OPEN), 1.0)
        weights[f"blink_{side}"], weights[f"bulge_{side}"] = blink, blink * (1 - blink)
    return np.array([weights[name] for name in SHAPE_NAMES])


def _meet(points: NDArray[np.float64], lips: Lips, press: float, fv: float) -> None:
    """Bring the lips together: on each other for *press*, on the teeth for *fv*; never through."""
    upper, lower = points[lips.upper, 1:], points[lips.lower, 1:]
    if fv > 0:
        middle = ramp(1.0, 0.55, np.abs(np.linspace(-1, 1, len(upper))))[:, None]
        touch = (lips.teeth_edge - lower) * (fv * middle)
        touch[:, 0] = np.maximum(touch[:, 0], 0.0)
        lift = touch * np.array([1.0, _TUCK_BACK])
        close_lips(points, lift, lips.column, lips.tuck, len(points))
        upper, lower = points[lips.upper, 1:], points[lips.lower, 1:]
    gap = upper - lower
    through = gap[:, :1] < 0
    lift = np.where(through, gap, press * gap)
    if np.abs(lift).max() > 1e-6:
        close_lips(points, lift, lips.column, lips.follow, len(points))
