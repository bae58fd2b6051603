"""The teeth that a photo itself shows: their colour, their lower edge and their picture."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.plugins.mesh.fitted import FittedHead, Posed
from styletalker.plugins.mesh.mouth_opening import SAMPLES, Opening, own_opening
from styletalker.plugins.mesh.paint import box_around, coverage
from styletalker.plugins.mesh.paint_look import LUMA, Look
from styletalker.plugins.puppet.fields import FloatArray, ramp

__all__ = ["PhotoTeeth", "photo_teeth"]

_LIT = (0.40, 0.66)
"""Light of a side tooth, as a part of a front tooth's, from which it is doubted and believed."""
_INSET_CM = 0.05
"""Landmarks of lips are no better than this: colours are taken that far inside."""


@attrs.frozen(kw_only=True, eq=False)
class PhotoTeeth:
    """What the photo's own open mouth shows of the upper teeth."""

    photo: NDArray[np.float32]
    """[H, W, 3]."""
    opening: Opening
    """The photo's own opening."""
    colour: FloatArray
    """[3] of a lit front tooth."""
    edge: float
    """Where the upper teeth end, from the upper (0) to the lower lip (1)."""

    def local(self, screen: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Place along the mouth (-1 to 1) and height (cm below the corners' line) of points."""
        x, y, across, down, half, scale = self.opening.frame
        offset = screen[..., :2] - np.array([x, y])
        along = (offset[..., 0] * across + offset[..., 1] * down) / half
        below = (offset[..., 1] * across - offset[..., 0] * down) / scale
        return along, below

    def _edges(self, along: FloatArray) -> tuple[FloatArray, FloatArray]:
        grid = np.linspace(-1, 1, SAMPLES)
        upper = np.interp(along, grid, self.opening.upper)
        lower = np.interp(along, grid, self.opening.lower)
        return upper, np.maximum(lower, upper)

    def edge_height(self, along: FloatArray) -> FloatArray:
        """Height of the teeth's edge, cm below the corners' line."""
        upper, lower = self._edges(np.clip(along, -0.8, 0.8))
        height: FloatArray = upper + self.edge * (lower - upper)
        return height

    def picture(self, screen: FloatArray) -> tuple[NDArray[np.float32], FloatArray, FloatArray]:
        """What the photo shows at its positions *screen* [h, w, 2].

        Rows behind the lips repeat the nearest visible ones.

        Returns:
            Colours [h, w, 3]; how far they are teeth [h, w]; and an opacity [h, w] that fades
            beyond the corners, where the photo shows no teeth.
        """
        along, below = self.local(screen)
        upper, lower = self._edges(along)
        inset = np.minimum(_INSET_CM + 1.0 / self.opening.frame[5], 0.35 * (lower - upper))
        last = upper + min(self.edge, 0.97) * (lower - upper) - 0.6 * inset
        kept = np.clip(below, upper + inset, np.maximum(last, upper + inset))
        _, _, across, down, _, scale = self.opening.frame
        shift = (kept - below) * scale
        column = screen[..., 0] - shift * down
        row = screen[..., 1] + shift * across
        colours = cv2.remap(
            self.photo, column.astype(np.float32), row.astype(np.float32), cv2.INTER_CUBIC
        )
        trust = ramp(0.93, 0.80, np.abs(along)) * ramp(0.06, 0.16, lower - upper)
        trust = trust * self._until_dark(along, np.asarray(colours, float) @ LUMA)
        red = (colours[..., 0] - colours[..., 1:].mean(-1)) / np.maximum(colours[..., 0], 30.0)
        colours = colours * (1 - 0.6 * ramp(0.30, 0.50, red))[..., None]  # gums, or lip, in shade
        side = ramp(1.12, 0.88, np.abs(along))
        return np.clip(colours, 0, 255), trust, side

    def _until_dark(self, along: FloatArray, light: FloatArray) -> FloatArray:
        """[w] 1 on the teeth, 0 from the first dark on: what is behind it is no tooth's colour."""
        column = np.median(light, 0) / max(float(self.colour @ LUMA), 1.0)
        lit, middle = ramp(*_LIT, column), int(np.abs(along.mean(0)).argmin())
        left = np.minimum.accumulate(lit[middle::-1])[::-1]
        right = np.minimum.accumulate(lit[middle:])
        until = np.concatenate([left[:-1], right])
        soft: FloatArray = gaussian_filter1d(until, len(until) / 60, mode="nearest")
        return soft


def _colour_and_edge(photo: FloatArray, opening: Opening) -> tuple[FloatArray, float]:
    """Colour of the lit teeth, and where they end between the lips."""
    box = box_around(opening.outline, 0, photo.shape[1], photo.shape[0])
    if box is None:
        return np.array([200.0, 190.0, 175.0]), 0.9
    inside = coverage(opening.outline, box) > 0.9
    area = box.of(photo.astype(np.float32)).astype(float)
    light = area @ LUMA
    row, column = np.mgrid[0 : box.height, 0 : box.width]
    x, y, across, down, half, scale = opening.frame
    along = ((column + box.left - x) * across + (row + box.top - y) * down) / half
    below = ((row + box.top - y) * across - (column + box.left - x) * down) / scale
    middle = inside & (np.abs(along) < 0.45)
    if middle.sum() < 4:
        middle = inside
    if middle.sum() < 4:
        return np.array([200.0, 190.0, 175.0]), 0.9
    bright = middle & (light >= np.percentile(light[middle], 60))
    colour = np.median(area[bright], 0)
    grid = np.linspace(-1, 1, SAMPLES)
    upper, lower = (np.interp(along, grid, edge) for edge in (opening.upper, opening.lower))
    share = (below - upper) / np.maximum(lower - upper, 1e-3)
    toothy = light > 0.72 * float(colour @ LUMA)
    return colour, _first_run(share[middle], toothy[middle])


def _first_run(share: FloatArray, toothy: NDArray[np.bool_]) -> float:
    """Where the teeth under the upper lip end: lower ones may follow after a gap.

    Args:
        share: [n] places of pixels between the upper (0) and the lower lip (1).
        toothy: [n] which of them look like teeth.
    """
    edges = np.linspace(0, 1, 21)
    bins = np.clip(np.digitize(share, edges) - 1, 0, 19)
    filled = np.bincount(bins, toothy, 20) / np.maximum(np.bincount(bins, minlength=20), 1)
    known = filled > 0.45
    if not known[:8].any():
        return 0.0  # the upper teeth are not seen
    start = int(np.argmax(known))
    gaps = np.flatnonzero(~known[start:])
    end = start + (int(gaps[0]) if len(gaps) else 20 - start)
    return float(np.clip(edges[end], 0.15, 0.95))


def _like_teeth(colour: FloatArray, look: Look) -> bool:
    """Whether *colour* is brighter than lips and less red: else the open mouth is dark."""
    light, lip = float(colour @ LUMA), float(look.lip @ LUMA)
    red = (colour[0] - colour[1:].mean()) / max(light, 1.0)
    lip_red = (look.lip[0] - look.lip[1:].mean()) / max(lip, 1.0)
    return light > max(1.05 * lip, 0.6 * float(look.skin @ LUMA)) and red < 0.8 * lip_red + 0.02


def photo_teeth(photo: NDArray[np.uint8], head: FittedHead, rest: Posed, look: Look
                ) -> PhotoTeeth | None:  # fmt: skip
    """The teeth of *photo*, whose face stands as in *rest*; None if it shows none."""
    if not head.teeth_visible:
        return None
    opening = own_opening(head, rest)
    colour, edge = _colour_and_edge(photo.astype(float), opening)
    if edge == 0.0 or not _like_teeth(colour, look):
        return None
    return PhotoTeeth(photo=photo.astype(np.float32), opening=opening, colour=colour, edge=edge)
