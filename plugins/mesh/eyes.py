"""The eyes: gaze, and the lids of a blink."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh import eyes_kernel
from styletalker.plugins.mesh.eyes_ball import EyeLayers, find_irises, layers_of
from styletalker.plugins.mesh.fitted import FittedHead, Posed, pose
from styletalker.plugins.mesh.lids import Lid, lid_of
from styletalker.plugins.mesh.lids_edge import edge_offsets, moved_outwards
from styletalker.plugins.mesh.mouth_opening import opening_of
from styletalker.plugins.mesh.paint import Box, box_around, coverage
from styletalker.plugins.mesh.paint_look import look_of
from styletalker.plugins.puppet.fields import FloatArray, IntArray, ramp
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS
from styletalker.plugins.puppet.posing import LID_DOWN, LID_SQUINT, LID_UP

__all__ = ["EyesPainter"]

_EYEBALL_CM = 1.2
"""Radius of an eyeball, cm."""
_FOLD_RING = 2.8
"""The fold of the upper lid lies here between the eye's rings."""


@attrs.frozen(kw_only=True, eq=False)
class _Eye:
    """What is known about one eye."""

    rings: IntArray
    """[2, LID_POINTS] vertices of the opening and of the next ring, clockwise from the left
    corner over the top."""
    offset: FloatArray
    """[LID_POINTS] how far outside the first ring the lids end, cm."""
    fold: FloatArray
    """[LID_POINTS / 2 + 1, 3] the fold over the upper lid, head axes, cm."""
    centre: FloatArray
    """[3] the middle of the opening, head axes, cm."""
    layers: EyeLayers
    """White and iris."""
    lid: Lid
    """The closed lid."""
    blink: str
    """The parameter that closes it."""


def _clockwise(rings: IntArray, eye: int) -> IntArray:
    """Rings [6, n] of an eye from the left corner of the image over the upper lid."""
    if eye == 0:
        return rings
    half = rings.shape[1] // 2
    order = (half - np.arange(rings.shape[1])) % rings.shape[1]
    return rings[:, order]


def _closed(outline: FloatArray, amount: float) -> FloatArray:
    """*outline* [n, 2] with its upper half on its lower one at *amount* 1."""
    half = len(outline) // 2
    facing = (-np.arange(half + 1)) % len(outline)
    moved = outline.copy()
    moved[: half + 1] += amount * (outline[facing] - outline[: half + 1])
    return moved


class EyesPainter:
    """Draws moved irises and closing lids onto frames; eyes at rest stay the photo's own."""

    def __init__(self, head: FittedHead, photo: NDArray[np.uint8]) -> None:
        """Take the eyes apart.

        Args:
            head: fitted to the photo.
            photo: [H, W, 3] sRGB of the head's size.
        """
        rest = pose(head, np.zeros(len(PARAMETERS)), 1.0)
        look = look_of(photo, head, rest)
        self._px_per_cm = look.px_per_cm
        self._grain = look.grain
        self._softness = 0.35 * look.softness_px
        colours = photo.astype(np.float64)
        rings = [_clockwise(head.topology.eyes[eye], eye) for eye in range(2)]
        screens = [rest.screen[r, :2].astype(float) for r in rings]
        offsets = [edge_offsets(colours, s, look.px_per_cm) for s in screens]
        outlines = [
            moved_outwards(s[0], s[1], offset * look.px_per_cm)
            for s, offset in zip(screens, offsets, strict=True)
        ]
        boxes = [
            box_around(o, 0.6 * float(np.ptp(o[:, 0])), head.width, head.height) for o in outlines
        ]
        self._eyes: list[_Eye] = []
        if boxes[0] is None or boxes[1] is None:
            return  # cut off by the picture's border
        found = [boxes[0], boxes[1]]
        discs = find_irises(colours, outlines, found, look.px_per_cm)
        for eye in range(2):
            half = rings[eye].shape[1] // 2
            upper = rings[eye][:, : half + 1]
            low = int(_FOLD_RING)
            fold = head.own[upper[low]] + (_FOLD_RING - low) * (
                head.own[upper[low + 1]] - head.own[upper[low]]
            )
            self._eyes.append(
                _Eye(
                    rings=rings[eye][:2],
                    offset=offsets[eye],
                    fold=fold,
                    centre=head.own[rings[eye][0]].mean(0),
                    layers=layers_of(colours, outlines[eye], found[eye], discs[eye]),
                    lid=lid_of(colours, screens[eye], look.skin),
                    blink=("blink_l", "blink_r")[eye],
                )
            )

    def paint(
        self,
        canvas: NDArray[np.float32],
        posed: Posed,
        parameters: NDArray[np.floating],
        own_mouth: float,
    ) -> None:
        """Draw the eyes of one frame in place.

        Args:
            canvas: [H, W, 3] float32, 0 to 255: the warped photo.
            posed: where the head is.
            parameters: [P] change from the photo.
            own_mouth: not used; painters share one signature.
        """
        del own_mouth
        value = {name: float(parameters[i]) for name, i in INDEX.items()}
        follow = LID_DOWN * max(-value["gaze_y"], 0.0) - LID_UP * max(value["gaze_y"], 0.0)
        for eye in self._eyes:
            closing = value[eye.blink] + follow + LID_SQUINT * value["squint"]
            self._paint(canvas, posed, eye, min(max(closing, 0.0), 1.0),
                        value["gaze_x"], value["gaze_y"])  # fmt: skip

    def _paint(self, canvas: NDArray[np.float32], posed: Posed, eye: _Eye, closing: float,
               gaze_x: float, gaze_y: float) -> None:  # fmt: skip
        reach = self._px_per_cm * _EYEBALL_CM
        shift = reach * np.array([np.sin(np.radians(gaze_x)), -np.sin(np.radians(gaze_y))])
        moved = float(np.hypot(*shift)) / 0.5 + closing / 0.05
        ball = float(ramp(0.0, 1.0, np.asarray(moved)))
        if ball <= 1e-4:
            return
        half = len(eye.offset) // 2
        to_photo, scale = self._to_photo(posed, eye)
        rings = posed.screen[eye.rings, :2].astype(float)
        outline = moved_outwards(rings[0], rings[1], eye.offset * scale)
        outline = _closed(outline, float(ramp(0.5, 1.0, np.asarray(closing))))
        upper = outline[: half + 1]
        lower = np.concatenate([outline[:1], outline[: half - 1 : -1]])
        fold = posed.place(eye.fold)[:, :2]
        opening = opening_of(upper, lower, scale)
        box = box_around(np.concatenate([outline, fold]), 0.35 * scale,
                         canvas.shape[1], canvas.shape[0])  # fmt: skip
        if box is None:
            return
        crease = opening_of(np.concatenate([upper[:1], fold[1:-1], upper[-1:]]), lower, scale)
        cover = self._cover(opening.outline, box)
        strengths = np.zeros(eyes_kernel.STRENGTHS)
        strengths[eyes_kernel.BALL] = ball
        strengths[eyes_kernel.CLOSING] = closing
        strengths[eyes_kernel.LASH] = eye.lid.lash_strength
        strengths[eyes_kernel.LASH_WIDTH] = eye.lid.lash_width
        strengths[eyes_kernel.SOFTNESS] = max(self._softness, 0.3) / scale
        strengths[eyes_kernel.GRAIN_SCALE] = self._px_per_cm
        eyes_kernel.compose_eye(
            box.of(canvas), cover, box.left, box.top, opening.frame,
            np.stack([crease.upper, opening.upper]), to_photo, eye.layers.white,
            eye.layers.iris, shift, np.concatenate([eye.lid.skin, eye.lid.fold]),
            self._grain, eye.lid.lash, strengths,
        )  # fmt: skip

    def _cover(self, outline: FloatArray, box: Box) -> NDArray[np.float32]:
        """Part of each pixel [h, w] where the eyeball is seen, soft towards the lids."""
        cover = coverage(outline, box)
        if self._softness > 0.3:
            cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), self._softness), np.float32)
            cover *= np.clip(2 * cover - 0.4, 0.0, 1.0)
        return cover

    def _to_photo(self, posed: Posed, eye: _Eye) -> tuple[FloatArray, float]:
        """Affine map [6] from the frame into the eye's layers, and the frame's px per cm."""
        corners = eye.centre + np.array([[0, 0, 0], [1.0, 0, 0], [0, 1.0, 0]])
        now = posed.place(corners)[:, :2]
        photo = posed.head.on_screen(corners)[:, :2]
        origin = np.array([eye.layers.box.left, eye.layers.box.top], float)
        turn = (photo[1:] - photo[0]).T @ np.linalg.inv((now[1:] - now[0]).T)
        offset = photo[0] - origin - turn @ now[0]
        scale = float(np.sqrt(abs(np.linalg.det((now[1:] - now[0]).T))))
        return np.array([*turn[0], offset[0], *turn[1], offset[1]]), scale
