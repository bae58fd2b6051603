"""Posing: from animation parameters to the positions of all vertices."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.blendshapes import SHAPES, JawRig
from styletalker.plugins.puppet.compiled import compiled
from styletalker.plugins.puppet.eyes import EYE_NAMES, LASH_NAMES, eye_directions
from styletalker.plugins.puppet.fields import FloatArray, IntArray, ramp
from styletalker.plugins.puppet.mouth import TONGUE_TIP_MOVE, tongue_lift
from styletalker.plugins.puppet.parameters import INDEX
from styletalker.plugins.puppet.parts import Mesh

__all__ = [
    "HINGE",
    "JAW_TURN",
    "LID_DOWN",
    "LID_SQUINT",
    "LID_UP",
    "PIVOT",
    "Rig",
    "close_lips",
    "pose",
    "rotation",
    "shape_table",
    "swing",
]

JAW_TURN = np.radians(13.0)
"""Turn of the jaw at ``jaw = 1``; the parameter's definition."""
HINGE = np.array([0.0, -2.6, 0.5], np.float32)
"""The jaw's joint, in front of the ears."""
PIVOT = np.array([0.0, -9.5, -1.0], np.float32)
"""The head turns and nods about the top of the neck."""
_BODY_YAW, _BODY_ROLL, _BODY_SHIFT = 0.12, 0.15, 0.35
"""Shares of the head's movement that the shoulders take."""
LID_DOWN, LID_UP, LID_SQUINT = 0.026, 0.008, 0.12
"""Lid closure per degree of gaze down and up, and at full squint: lids follow the eye."""
_MOST_OPEN = -0.15
_TUCK_BACK = 0.45
"""Part of the depth to the teeth the lower lip takes: its edge curls, it does not all go back."""
_TEETH_SHADE = 0.65
"""How much rounded lips darken the teeth behind them."""


@attrs.frozen(kw_only=True, eq=False)
class Rig:
    """What animates one head."""

    mesh: Mesh
    """All vertices at rest."""
    shapes: NDArray[np.float32]
    """[shapes, animated vertices * 3] displacements; see :func:`shape_table`."""
    jaw: JawRig
    """How the face hangs on the jaw."""
    face_vertices: int
    """The first vertices are the face."""
    eye_centres: FloatArray
    """[2, 3] cm."""
    eye_radius: float
    """cm."""
    lid_height: float
    """Height of the upper lid's edge over the eye's centre, cm."""
    teeth_edge: FloatArray
    """[pairs, 2] height and depth of the upper teeth's edge in front of each pair of lip points."""


def shape_table(
    face: FloatArray,
    lines: FloatArray,
    bulges: FloatArray,
    lashes: dict[str, IntArray],
    mesh: Mesh,
) -> NDArray[np.float32]:
    """Displacements of every shape over the animated vertices, flattened.

    The order is: the face's shapes, tongue, then line and bulge of the blink of each eye.

    Args:
        face: [shapes, V, 3] displacements of the face.
        lines: [2, V, 3] blink lines of the lids.
        bulges: [2, V, 3] blink bulges of the lids.
        lashes: the face vertices the lashes of each name grow from, row by row.
        mesh: the joined mesh; face, tongue and lashes come first.
    """
    animated = max(mesh.spans[name].stop for name in ("face", "tongue", *LASH_NAMES))
    table = np.zeros((len(SHAPES) + 5, animated, 3), np.float32)
    span = mesh.spans["face"]
    table[: len(SHAPES), span] = face
    table[len(SHAPES), mesh.spans["tongue"]] = tongue_lift()[:, None] * TONGUE_TIP_MOVE
    for eye, name in enumerate(LASH_NAMES):
        for row, moves in ((len(SHAPES) + 1 + 2 * eye, lines), (len(SHAPES) + 2 + 2 * eye, bulges)):
            table[row, span] = moves[eye]
            table[row, mesh.spans[name]] = moves[eye][lashes[name]]
    return table.reshape(len(table), -1)


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float32]:
    """Rotation [3, 3] by angles in degrees: + yaw to the right, + pitch up, + roll clockwise."""
    (cos_y, cos_p, cos_r), (sin_y, sin_p, sin_r) = (
        function(np.radians([yaw, pitch, roll])) for function in (np.cos, np.sin)
    )
    about_y = np.array([[cos_y, 0, sin_y], [0, 1, 0], [-sin_y, 0, cos_y]])
    about_x = np.array([[1, 0, 0], [0, cos_p, sin_p], [0, -sin_p, cos_p]])
    about_z = np.array([[cos_r, sin_r, 0], [-sin_r, cos_r, 0], [0, 0, 1]])
    turned: NDArray[np.float32] = (about_z @ about_y @ about_x).astype(np.float32)
    return turned


@compiled
def swing(points: np.ndarray, weight: np.ndarray, angle: float, hinge: np.ndarray) -> None:
    """Turn *points* in place about the jaw's axis by *angle* times their weight."""
    for v in range(points.shape[0]):
        if weight[v] != 0.0:
            cosine, sine = np.cos(angle * weight[v]), np.sin(angle * weight[v])
            y, z = points[v, 1] - hinge[1], points[v, 2] - hinge[2]
            points[v, 1] = hinge[1] + cosine * y - sine * z
            points[v, 2] = hinge[2] + sine * y + cosine * z


@compiled
def close_lips(
    points: np.ndarray, lift: np.ndarray, column: np.ndarray, follow: np.ndarray, count: int
) -> None:
    """Move the first *count* points in place by *lift* [pairs, 2] (y, z) of their column."""
    last = lift.shape[0] - 2
    for v in range(count):
        if abs(follow[v]) > 1e-3:
            left = min(int(column[v]), last)
            share = column[v] - left
            for axis in range(2):
                gap = (1 - share) * lift[left, axis] + share * lift[left + 1, axis]
                points[v, 1 + axis] += follow[v] * gap


@compiled
def _place(
    points: np.ndarray,
    headness: np.ndarray,
    head: np.ndarray,
    body: np.ndarray,
    pivot: np.ndarray,
    shift: np.ndarray,
    body_shift: np.ndarray,
) -> None:
    """Move *points* in place with the head, the body, or a blend of both on the neck."""
    for v in range(points.shape[0]):
        x, y, z = points[v, 0] - pivot[0], points[v, 1] - pivot[1], points[v, 2] - pivot[2]
        share = headness[v]
        for k in range(3):
            by_head = head[k, 0] * x + head[k, 1] * y + head[k, 2] * z + shift[k]
            by_body = body[k, 0] * x + body[k, 1] * y + body[k, 2] * z + body_shift[k]
            points[v, k] = pivot[k] + by_body + share * (by_head - by_body)


def _weights(value: dict[str, float]) -> NDArray[np.float32]:
    """Weight of every row of the shape table."""
    follow = LID_DOWN * max(-value["gaze_y"], 0.0) - LID_UP * max(value["gaze_y"], 0.0)
    weights = [value[name] for name in SHAPES]
    weights.append(value["tongue"] * (1 - value["fv"]))  # a tucked lip would let it through
    for side in ("blink_l", "blink_r"):
        blink = min(max(value[side] + (follow + LID_SQUINT * value["squint"]), _MOST_OPEN), 1.0)
        weights += [blink, blink * (1 - blink)]
    return np.array(weights, np.float32)


def _meet(points: FloatArray, rig: Rig, press: float, fv: float) -> None:
    """Bring the lips together: on each other for *press*, on the teeth for *fv*; never through."""
    jaw = rig.jaw
    upper, lower = points[jaw.upper, 1:], points[jaw.lower, 1:]
    if fv > 0:
        middle = ramp(1.0, 0.55, np.abs(np.linspace(-1, 1, len(upper))))[:, None]
        touch = (rig.teeth_edge - lower) * (fv * middle)
        touch[:, 0] = np.maximum(touch[:, 0], 0.0)
        lift = (touch * np.array([1.0, _TUCK_BACK])).astype(np.float32)
        close_lips(points, lift, jaw.column, jaw.tuck, rig.face_vertices)
        upper, lower = points[jaw.upper, 1:], points[jaw.lower, 1:]
    gap = upper - lower
    through = gap[:, :1] < 0
    lift = np.where(through, gap, press * gap).astype(np.float32)
    if np.abs(lift).max() > 1e-5:
        close_lips(points, lift, jaw.column, jaw.follow, rig.face_vertices)


def pose(
    rig: Rig, parameters: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """World positions [V, 3] and occlusion [V] of the vertices under *parameters* [P]."""
    value = {name: float(parameters[i]) for name, i in INDEX.items()}
    mesh = rig.mesh
    points, occlusion = mesh.points.copy(), mesh.occlusion.copy()
    weights = _weights(value)
    used = np.abs(weights) > 1e-4
    if used.any():
        moved = weights[used] @ rig.shapes[used]
        animated = len(moved) // 3
        points[:animated] += moved.reshape(animated, 3)
    if value["jaw"] > 0:
        swing(points, mesh.jaw, JAW_TURN * value["jaw"], HINGE)
    _meet(points, rig, value["press"], value["fv"])
    for name in ("upper_teeth", "lower_teeth"):
        occlusion[mesh.spans[name]] *= 1 - _TEETH_SHADE * value["round"]

    turned = eye_directions() @ rotation(value["gaze_x"], value["gaze_y"], 0.0).T * rig.eye_radius
    for eye, (name, blink) in enumerate(zip(EYE_NAMES, ("blink_l", "blink_r"), strict=True)):
        span = mesh.spans[name]
        points[span] = rig.eye_centres[eye] + turned
        lid = rig.lid_height * (1 - 1.4 * value[blink])
        corner = ramp(0.6, 1.45, np.abs(turned[:, 0]))
        occlusion[span] = 1 - 0.60 * ramp(lid - 0.62, lid, turned[:, 1]) - 0.40 * corner

    shift = np.array([value["tx"], value["ty"], value["tz"]], np.float32)
    head = rotation(value["yaw"], value["pitch"], value["roll"])
    body = rotation(_BODY_YAW * value["yaw"], 0.0, _BODY_ROLL * value["roll"])
    _place(points, mesh.headness, head, body, PIVOT, shift, _BODY_SHIFT * shift)
    return points, occlusion
