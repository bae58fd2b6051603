"""Where a puppet's landmarks go when nobody looks: without a picture, in a fraction of the time."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet import posing
from styletalker.plugins.puppet.camera import Framing, project
from styletalker.plugins.puppet.eyes import EYE_NAMES
from styletalker.plugins.puppet.fields import FloatArray, IntArray
from styletalker.plugins.puppet.landmarks import LANDMARKS, LandmarkRig, screen_landmarks
from styletalker.plugins.puppet.parameters import INDEX, check_parameters

__all__ = ["LandmarkTrack"]

_TEETH = ("upper_teeth", "lower_teeth")


class LandmarkTrack:
    """A head reduced to the vertices on which its landmarks hang.

    Its landmarks are those of a rendered frame; the teeth still stop the lower lip of f and v.
    """

    def __init__(self, rig: posing.Rig, landmarks: LandmarkRig, eyes: FloatArray) -> None:
        """Reduce what animates a head; nothing of it is changed.

        Args:
            rig: of the whole head.
            landmarks: where the landmarks are on its mesh.
            eyes: centres of the eyes at rest [2, 3], by which the camera is set.
        """
        used = (landmarks.fixed_vertices, landmarks.jaw_vertices, rig.jaw.upper, rig.jaw.lower)
        kept = np.unique(np.concatenate([vertices.ravel() for vertices in used]))
        self._eyes = eyes
        self._rig = _reduced(rig, kept)
        self._landmarks = attrs.evolve(
            landmarks,
            fixed_vertices=np.searchsorted(kept, landmarks.fixed_vertices),
            jaw_vertices=np.searchsorted(kept, landmarks.jaw_vertices),
        )

    def landmarks(
        self, parameters: NDArray[np.float32], size: int, framing: Framing
    ) -> NDArray[np.float32]:
        """Column and row [T, 68, 2] in pixels under animation parameters [T, P].

        Args:
            parameters: a row per frame.
            size: width and height of the picture that is not made, px.
            framing: size and place of the head in it.

        Raises:
            InputError: a parameter is out of range.
        """
        check_parameters(parameters)
        camera = framing.projection(self._eyes, size)
        found = np.empty((len(parameters), LANDMARKS, 2), np.float32)
        for frame, one in zip(found, parameters, strict=True):
            points, _ = posing.pose(self._rig, one)
            screen = np.empty_like(points)
            project(points, camera.focal, camera.centre_x, camera.centre_y, camera.eye_height,
                    camera.distance, screen)  # fmt: skip
            frame[:] = screen_landmarks(self._landmarks, screen, float(one[INDEX["roll"]]))[:, :2]
        return found


def _reduced(rig: posing.Rig, kept: IntArray) -> posing.Rig:
    """*rig* with the face's vertices *kept*, and the eyeballs, which :func:`posing.pose` turns."""
    mesh, jaw, faces = rig.mesh, rig.jaw, len(kept)
    eyes = [np.arange(len(mesh.points))[mesh.spans[name]] for name in EYE_NAMES]
    rows = np.concatenate([kept, *eyes])
    spans = dict.fromkeys(_TEETH, slice(0, 0))
    start = faces
    for name, vertices in zip(EYE_NAMES, eyes, strict=True):
        spans[name] = slice(start, start + len(vertices))
        start += len(vertices)
    shapes = rig.shapes.reshape(len(rig.shapes), -1, 3)[:, kept]
    return attrs.evolve(
        rig,
        mesh=attrs.evolve(
            mesh,
            points=mesh.points[rows],
            occlusion=mesh.occlusion[rows],
            headness=mesh.headness[rows],
            jaw=mesh.jaw[rows],
            spans=spans,
        ),
        shapes=np.ascontiguousarray(shapes).reshape(len(shapes), -1),
        jaw=attrs.evolve(
            jaw,
            weight=jaw.weight[kept],
            column=jaw.column[kept],
            follow=jaw.follow[kept],
            tuck=jaw.tuck[kept],
            upper=np.searchsorted(kept, jaw.upper),
            lower=np.searchsorted(kept, jaw.lower),
        ),
        face_vertices=faces,
    )
