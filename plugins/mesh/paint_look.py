"""The photo's look: the colours, light, softness and grain that painted parts must share."""

from __future__ import annotations

import itertools

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.fitted import FittedHead, Posed
from styletalker.plugins.mesh.paint import box_around, coverage
from styletalker.plugins.puppet.fields import FloatArray, ramp

__all__ = ["LUMA", "Look", "look_of", "samples", "warmth"]

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in brightness."""
_TOOTH = np.array([1.0, 0.975, 0.915])
"""Colour of a tooth under white light, relative to its brightness."""
_PALE = np.array([1.17, 0.97, 0.83])
"""Colour of average skin under white light, relative to its brightness."""
_TINT = 0.8
"""Part of the colour cast that is given to the teeth."""
_GRAIN_CM = 0.16
"""Structure finer than this is grain (or brush strokes): it goes onto painted parts."""


@attrs.frozen(kw_only=True, eq=False)
class Look:
    """What painted parts take from a photo; colours are [3] float64, 0 to 255."""

    skin: FloatArray
    """Lit skin between eyes and mouth."""
    lip: FloatArray
    """The red of the lips."""
    tooth: FloatArray
    """A tooth in the light that falls on the face."""
    dark: FloatArray
    """The darkest tones of the face: nothing painted is darker."""
    slope: float
    """How brightness changes across the face: relative change per cm to the right."""
    softness_px: float
    """Width of the photo's edges as the sigma of a Gaussian, px."""
    grain: NDArray[np.float32]
    """[h, w] fine brightness structure of the skin, relative to its brightness."""
    px_per_cm: float
    """Size of the face, px per cm."""


def samples(photo: NDArray[np.floating], points: FloatArray) -> NDArray[np.float32]:
    """Colours [N, 3] of *photo* [H, W, 3] at *points* [N, 2], the nearest pixels."""
    height, width = photo.shape[:2]
    column = np.clip(np.rint(points[:, 0]).astype(int), 0, width - 1)
    row = np.clip(np.rint(points[:, 1]).astype(int), 0, height - 1)
    return np.asarray(photo[row, column], np.float32)


def warmth(colours: FloatArray) -> FloatArray:
    """Logarithm of red over blue, which light and shade hardly change."""
    ratio: FloatArray = np.log((colours[..., 0] + 12.0) / (colours[..., 2] + 12.0))
    return ratio


def _cheeks(head: FittedHead) -> NDArray[np.bool_]:
    """[V] the bare skin in front, between eyes and mouth."""
    x, y, z = head.base.T
    front = z > np.percentile(z, 60)
    mouth = head.base[head.topology.lips[-1], 1].max()
    eyes = head.base[head.topology.eyes[:, -1], 1].min()
    middle: NDArray[np.bool_] = (y > mouth + 0.1) & (y < eyes - 0.1) & (np.abs(x) < 4.6) & front
    return middle


def _slope(x: FloatArray, brightness: FloatArray) -> float:
    """Relative change of *brightness* per cm along *x*, robust, at most 9 % a cm."""
    edges = np.linspace(-4.2, 4.2, 8)
    middle = (edges[1:] + edges[:-1]) / 2
    groups = [brightness[(x >= a) & (x < b)] for a, b in itertools.pairwise(edges)]
    kept = [(m, np.median(g)) for m, g in zip(middle, groups, strict=True) if len(g) > 2]
    if len(kept) < 3:
        return 0.0
    at, value = np.array(kept).T
    fit = np.polyfit(at, value / value.mean(), 1)
    return float(np.clip(fit[0], -0.09, 0.09))


def _whites(photo: FloatArray, head: FittedHead, rest: Posed) -> FloatArray:
    """Colour [3] of the lit part of the whites of the eyes."""
    pixels = []
    for eye, rings in enumerate(head.topology.eyes):
        ring = rest.screen[rings[0], :2].astype(float)
        box = box_around(ring, 1, photo.shape[1], photo.shape[0])
        if box is not None:
            inside = coverage(ring if eye == 0 else ring[::-1], box) > 0.95
            pixels.append(box.of(photo)[inside])
    inside_all = np.concatenate(pixels) if pixels else np.zeros((0, 3))
    if len(inside_all) < 4:
        return np.array([190.0, 185.0, 178.0])
    light = inside_all @ LUMA
    bright = inside_all[(light >= np.percentile(light, 70)) & (light <= np.percentile(light, 92))]
    white: FloatArray = np.median(bright, 0)
    return white


def _tooth(skin: FloatArray, white: FloatArray) -> FloatArray:
    """A tooth's colour from the photo's skin and the whites of its eyes.

    Eye whites lie in the shade of brow and lashes, so they are dimmer than teeth; skin is
    brighter or darker than teeth by its own tone. The brighter estimate is nearer the truth.
    """
    skin_light, white_light = float(skin @ LUMA), float(white @ LUMA)
    light = max(1.08 * skin_light, 0.5 * (1.15 * white_light + 1.08 * skin_light))
    cast = (skin / max(skin_light, 1.0)) / _PALE
    cast_white = (white / max(white_light, 1.0)) / np.array([1.02, 1.0, 0.96])
    cast = (0.35 * cast + 0.65 * cast_white) ** _TINT
    colour = _TOOTH * cast
    colour = colour / (colour @ LUMA) * min(light, 226.0)
    tooth: FloatArray = np.minimum(colour, 244.0)
    return tooth


def _softness(photo: NDArray[np.uint8], head: FittedHead, rest: Posed) -> float:
    """Width of the sharpest edges around the eyes, px."""
    ring = rest.screen[head.topology.eyes[:, 4].ravel(), :2]
    box = box_around(ring, 0, photo.shape[1], photo.shape[0])
    if box is None:
        return 0.7
    light = (box.of(photo.astype(np.float32)) @ LUMA.astype(np.float32)).astype(np.float32)
    steps = np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)) / 8
    span = np.ones((7, 7), np.uint8)
    contrast = cv2.dilate(light, span) - cv2.erode(light, span)
    strong = contrast > np.percentile(contrast, 80)
    widths = contrast[strong] / (2.507 * np.maximum(steps[strong], 1e-3))
    return float(np.clip(np.percentile(widths, 12), 0.5, 0.012 * photo.shape[1] + 0.5))


def _grain(photo: NDArray[np.uint8], points: FloatArray, px_per_cm: float) -> NDArray[np.float32]:
    """Fine structure of the cheek patch that is the most even in the large."""
    side = max(int(1.1 * px_per_cm), 4)
    light = photo.astype(np.float32) @ LUMA.astype(np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), max(_GRAIN_CM * px_per_cm, 0.8))
    best, patch = np.inf, np.zeros((side, side), np.float32)
    for x, y in np.rint(points).astype(int):
        left, top = x - side // 2, y - side // 2
        if left < 0 or top < 0 or left + side > light.shape[1] or top + side > light.shape[0]:
            continue
        area = (slice(top, top + side), slice(left, left + side))
        spread = float(np.ptp(smooth[area])) / max(float(smooth[area].mean()), 8.0)
        if spread < best:
            best, patch = spread, (light[area] - smooth[area]) / max(smooth[area].mean(), 8.0)
    return np.asarray(np.clip(patch - patch.mean(), -0.2, 0.2), np.float32)


def look_of(photo: NDArray[np.uint8], head: FittedHead, rest: Posed) -> Look:
    """The look of *photo* [H, W, 3], whose face stands as in *rest*."""
    colours = photo.astype(np.float64)
    cheeks = _cheeks(head)
    points = rest.screen[cheeks, :2].astype(float)
    bare = samples(colours, points).astype(float)
    light = bare @ LUMA
    lit = bare[light >= np.percentile(light, 40)]
    lips = head.topology.lips[2:5].ravel()
    lip = np.median(samples(colours, rest.screen[lips, :2].astype(float)), 0).astype(float)
    face = samples(colours, rest.screen[: int(head.topology.lips.max()), :2].astype(float))
    order = np.argsort(face @ LUMA)[: max(len(face) // 60, 1)]
    px_per_cm = float(head.camera.scale)
    skin = np.median(lit, 0)
    weight = ramp(20.0, 60.0, np.asarray(skin.mean()))
    return Look(
        skin=skin,
        lip=lip,
        tooth=_tooth(skin, _whites(colours, head, rest)),
        dark=face[order].mean(0).astype(float),
        slope=float(weight) * _slope(head.base[cheeks, 0], light),
        softness_px=_softness(photo, head, rest),
        grain=_grain(photo, points[::7], px_per_cm),
        px_per_cm=px_per_cm,
    )
