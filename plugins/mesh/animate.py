"""One photo, animated: the warp of scene and face, then eyes and mouth painted over it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.eyes import EyesPainter
from styletalker.plugins.mesh.fitted import FittedHead, Posed, pose
from styletalker.plugins.mesh.layer import face_layer
from styletalker.plugins.mesh.mouth import MouthPainter
from styletalker.plugins.mesh.raster import blend
from styletalker.plugins.mesh.scene import edge_fade, scene_of
from styletalker.plugins.mesh.segment import head_mask

__all__ = ["AnimatedPhoto"]


class AnimatedPhoto:
    """A photo that follows animation parameters; frames do not change it."""

    def __init__(self, head: FittedHead, photo: NDArray[np.uint8]) -> None:
        """Prepare a *photo* [H, W, 3] and the head fitted to it; some tenths of a second."""
        self.head = head
        self.photo = np.ascontiguousarray(photo)
        self.layer = face_layer(head, photo)
        self.scene = scene_of(head, self.layer, head_mask(head, photo))
        distance = np.arange(max(photo.shape[:2]), dtype=np.float64)
        self._fade = edge_fade(distance, min(photo.shape[:2])).astype(np.float32)
        self._canvas = photo.astype(np.float32)
        self._painters = (EyesPainter(head, self.photo), MouthPainter(head, self.photo))

    def frame(self, parameters: NDArray[np.floating[Any]], own_mouth: float
              ) -> NDArray[np.float32]:  # fmt: skip
        """The picture [H, W, 3], 0 to 255, under parameters [23] and *own_mouth*."""
        posed = pose(self.head, parameters, own_mouth)
        canvas = self.warped(posed, own_mouth)
        for painter in self._painters:
            painter.paint(canvas, posed, parameters, own_mouth)
        return canvas

    def warped(self, posed: Posed, own_mouth: float) -> NDArray[np.float32]:
        """The photo [H, W, 3] moved with the head, its openings not yet painted."""
        left, top, right, bottom = self.scene.box
        rows, columns = bottom - top, right - left
        face, face_left, face_top = self.layer.draw(posed, own_mouth)
        map_x, map_y, gain = np.empty((3, rows, columns), np.float32)
        step_x, step_y = self.scene.step
        blend(self.scene.sources(posed), step_x, step_y, left, top, face, face_left, face_top,
              self._fade, map_x, map_y, gain)  # fmt: skip
        moved = cv2.remap(self.photo, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        canvas = self._canvas.copy()
        np.multiply(moved, gain[..., None], out=canvas[top:bottom, left:right])
        return canvas
