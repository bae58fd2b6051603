"""The mouth: what opens between the lips of a photo."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.plugins.mesh import mouth_kernel
from styletalker.plugins.mesh.fitted import FittedHead, Posed, pose
from styletalker.plugins.mesh.mouth_edges import lip_surplus
from styletalker.plugins.mesh.mouth_opening import (
    SAMPLES,
    opening_of,
    own_opening,
    tapered,
    thickness,
)
from styletalker.plugins.mesh.paint import Box, box_around, coverage, texture_coordinates
from styletalker.plugins.mesh.paint_look import Look, look_of, samples
from styletalker.plugins.mesh.teeth import lower_row, mouth_frame, upper_row
from styletalker.plugins.mesh.teeth_photo import photo_teeth
from styletalker.plugins.mesh.tongue import make_tongue
from styletalker.plugins.puppet.fields import FloatArray, lerp, ramp
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS

__all__ = ["MouthPainter"]

_LIPS = [INDEX[name] for name in ("jaw", "part", "round", "spread", "press", "fv", "lip_up",
                                  "tongue", "smile", "frown")]  # fmt: skip
_ROUND_SHADE = 0.85
"""Part of their light that the teeth lose behind rounded lips."""
_MOST_OF_LIP = 0.40
"""Of a lip at most this part is taken for something else."""
_KINK = 1.4
"""Edges of lips are smoothed over so many vertices."""
_FINE, _MOST_ZOOM = 7.0, 3
"""Mouths of fewer pixels a cm are drawn so many times as large, then averaged: else teeth and
shadows fall between the pixels."""
_COARSE_LIGHT = 0.28
"""So much brighter are teeth a few pixels high, which the shade of lips on all sides grays."""
_SEEN_CM = 0.005
"""A smaller gap shows nothing."""


def _colours(look: Look) -> NDArray[np.float64]:
    """Colours [5, 3] for the kernel."""
    lip = look.lip
    cavity = np.maximum(lip * np.array([0.20, 0.11, 0.11]), 0.55 * look.dark)
    floor = lip * np.array([0.42, 0.26, 0.26])
    inner = lip * np.array([0.68, 0.52, 0.52])
    corner = np.maximum(lip * np.array([0.42, 0.28, 0.27]), 0.8 * look.dark)
    line = np.maximum(lip * np.array([0.52, 0.38, 0.37]), look.dark)
    return np.stack([cavity, floor, inner, corner, line])


def _lip_colours(photo: FloatArray, rings: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Colours [3] of the middle of the upper and the lower lip, from *rings* [k, n, 2] in it."""
    half = rings.shape[1] // 2
    upper, lower = (
        np.median(samples(photo, rings[:, part].reshape(-1, 2)), 0).astype(np.float64)
        for part in (slice(3, half - 2), slice(half + 3, -2))
    )
    return upper, lower


def _least_surplus(toothy: float) -> NDArray[np.float64]:
    """[2, SAMPLES] cm of teeth that the warp leaves on the lips of a photo that shows teeth."""
    side = ramp(0.4, 0.9, np.abs(np.linspace(-1, 1, SAMPLES)))
    return toothy * np.stack([0.17 * (1 + 0.9 * side), np.full(SAMPLES, 0.05)])


def _smooth(edge: FloatArray) -> FloatArray:
    """A lip's edge [n, 2] without the kink that landmarks leave in its middle; ends stay."""
    soft = gaussian_filter1d(edge, _KINK, axis=0, mode="nearest")
    place = np.linspace(-1, 1, len(edge))[:, None]
    smoothed: FloatArray = lerp(edge, soft, ramp(1.0, 0.7, np.abs(place)))
    return smoothed


def _zoomed(points: FloatArray, zoom: float) -> NDArray[np.float64]:
    """Pixel positions in a picture *zoom* times as large; pixel centres are whole numbers."""
    return np.asarray((points.astype(np.float64) + 0.5) * zoom - 0.5)


def _enlarged(area: NDArray[np.float32], zoom: int) -> NDArray[np.float32]:
    if zoom == 1:
        return area
    how = cv2.INTER_CUBIC
    return np.asarray(cv2.resize(area, None, fx=zoom, fy=zoom, interpolation=how), np.float32)


class MouthPainter:
    """Draws the inside of the mouth, and the soft line where the lips touch, onto frames."""

    def __init__(self, head: FittedHead, photo: NDArray[np.uint8]) -> None:
        """Prepare teeth, tongue and colours.

        Args:
            head: fitted to the photo.
            photo: [H, W, 3] sRGB of the head's size.
        """
        rest = pose(head, np.zeros(len(PARAMETERS)), 1.0)
        look = look_of(photo, head, rest)
        self.look = look
        """The photo's colours, light and softness."""
        frame = mouth_frame(head)
        teeth = photo_teeth(photo, head, rest, look)
        if teeth is not None:
            look = attrs.evolve(look, tooth=teeth.colour)
        self._upper = upper_row(frame, look, teeth, rest)
        self._lower = lower_row(frame, look)
        self._tongue = make_tongue(frame, look)
        self._colours = _colours(look)
        ring = head.topology.lips
        half = ring.shape[1] // 2
        lips = _lip_colours(photo.astype(np.float64), rest.screen[ring[2:5], :2])
        self._surplus = lip_surplus(photo.astype(np.float64), own_opening(head, rest), lips)
        self._least = _least_surplus(1.0 if teeth is not None else 0.0)
        deepest = max(self._surplus.max(), self._least.max()) + 0.15
        self._margin = float(np.hypot(mouth_kernel.CLEAN_REACH_CM, deepest))
        self._rough = float(ramp(0.04, 0.12, max(self._surplus.max(), self._least.max())))
        middle = self._upper.points.mean(0)
        self._ruler = np.stack([middle, middle + np.array([0.0, 1.0, 0.0])])
        self._softness = float(np.sqrt(max(look.softness_px**2 - 0.3, 0.0)) * 0.55)
        self._edges, self._borders = (
            (ring[k, half::-1], np.concatenate([ring[k, half:], ring[k, :1]])) for k in (0, 5)
        )

    def paint(
        self,
        canvas: NDArray[np.float32],
        posed: Posed,
        parameters: NDArray[np.floating],
        own_mouth: float,
    ) -> None:
        """Draw the mouth of one frame in place.

        Args:
            canvas: [H, W, 3] float32, 0 to 255: the warped photo.
            posed: where the head is.
            parameters: [P] change from the photo.
            own_mouth: 1 shows the photo's own mouth: with no lip parameter changed, nothing is
                drawn.
        """
        moved = float(np.abs(np.asarray(parameters, float)[_LIPS]).sum())
        weight = 1.0 - float(own_mouth) * (1.0 - float(ramp(0.0, 0.35, moved)))
        if weight <= 1e-4:
            return
        scale = self._scale(posed)
        zoom = int(np.clip(np.ceil(_FINE / scale), 1, _MOST_ZOOM))
        upper, lower = (_zoomed(posed.screen[edge, :2], zoom) for edge in self._edges)
        scale *= zoom
        opening = opening_of(_smooth(upper), _smooth(lower), scale)
        height, width = canvas.shape[:2]
        seen = box_around(
            _zoomed(opening.outline, 1 / zoom), self._margin * scale / zoom + 3, width, height
        )
        if seen is None:
            return
        box = Box(left=seen.left * zoom, top=seen.top * zoom,
                  width=seen.width * zoom, height=seen.height * zoom)  # fmt: skip
        cover = coverage(opening.outline, box)
        coarse = float(ramp(_FINE, 0.5 * _FINE, scale / zoom))
        softness = self._softness * zoom * (1 - 0.4 * coarse)
        if softness > 0.2:
            cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), softness), np.float32)
        value = {
            name: float(parameters[INDEX[name]]) for name in ("press", "round", "tongue", "fv")
        }
        tongue = value["tongue"] * (1 - value["fv"])  # a tucked lip would let it through
        strengths = np.zeros(mouth_kernel.STRENGTHS)
        strengths[mouth_kernel.WEIGHT] = weight
        strengths[mouth_kernel.TONGUE_UP] = tongue
        strengths[mouth_kernel.TEETH_LIGHT] = (1 - _ROUND_SHADE * value["round"]) ** 1.5
        strengths[mouth_kernel.TEETH_LIGHT] *= 1 + _COARSE_LIGHT * coarse
        strengths[mouth_kernel.LINE] = self._line(own_mouth, value["press"])
        strengths[mouth_kernel.LINE_WIDTH] = max(0.05, (0.5 * zoom + 0.6 * softness) / scale)
        strengths[mouth_kernel.CLEAN] = self._rough
        teeth = bool(opening.gap.max() > _SEEN_CM)
        texels = self._texels(posed, tongue, box, zoom, seen=teeth)
        borders = (_zoomed(posed.screen[border, :2], zoom) for border in self._borders)
        surplus = np.minimum(self._surplus, _MOST_OF_LIP * thickness(opening, *borders))
        surplus = np.maximum(surplus, self._least)
        area = _enlarged(seen.of(canvas), zoom)
        before = area.copy() if zoom > 1 else area
        mouth_kernel.compose_mouth(
            area, cover, box.left, box.top, opening.frame,
            np.stack([opening.upper, opening.lower, *tapered(opening), *surplus]), texels,
            self._upper.texture, self._lower.texture, self._tongue.surface.texture,
            self._colours, strengths,
        )  # fmt: skip
        if zoom > 1:  # what is not drawn keeps its values
            size = (seen.width, seen.height)
            seen.of(canvas)[:] += cv2.resize(area - before, size, interpolation=cv2.INTER_AREA)

    def _scale(self, posed: Posed) -> float:
        """Pixels per cm at the mouth in this frame."""
        ends = posed.place(self._ruler)[:, :2]
        return float(np.hypot(*(ends[1] - ends[0])))

    def _line(self, own_mouth: float, press: float) -> float:
        """Strength of the contact line: lips closed over visible teeth have none of their own."""
        own = 0.75 * (1 - own_mouth) * self._rough
        return min(own + 0.25 * press, 1.0)

    def _texels(self, posed: Posed, tongue: float, box: Box, zoom: int, *, seen: bool
                ) -> NDArray[np.float32]:  # fmt: skip
        """Texture coordinates [h, w, 6] of upper teeth, lower teeth and tongue."""
        out = np.full((box.height, box.width, 6), -1.0, np.float32)
        if not seen:
            return out
        parts: list[tuple[int, FloatArray]] = [
            (0, self._upper.points), (2, self._lower.points), (4, self._tongue.points(tongue))
        ]  # fmt: skip
        for channel, points in parts:
            surface = (self._upper, self._lower, self._tongue.surface)[channel // 2]
            screen = posed.place(points, surface.jaw)
            screen[:, :2] = _zoomed(screen[:, :2], zoom)
            out[..., channel : channel + 2] = texture_coordinates(
                screen, surface.triangles, surface.texels, box
            )
        return out
