"""Where head and hair are in a photo: a soft guide for what moves with the head."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.fitted import FittedHead
from styletalker.plugins.puppet.fields import FloatArray

__all__ = ["head_mask"]

_SIDE = 160
"""Pixels of the picture's longer side while segmenting: outlines only steer smooth falloffs."""
_STEPS = 3
_SURELY, _PROBABLY, _POSSIBLY = 0.93, 1.28, 1.75
"""The fitted skull's outline, scaled by these, bounds what is head for sure, what probably is
(hair), and what may be."""


def head_mask(head: FittedHead, photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """[H, W] 1 on head, hair, neck and body, 0 elsewhere; about the outline that people see.

    By graph cuts (Rother et al. 2004) from the fitted skull. Where colours do not tell hair from
    background the outline is wrong by some centimetres, which costs nothing worse than a strip
    of background that moves with the head.
    """
    scale = _SIDE / max(photo.shape[:2])
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    seeds = _seeds(head, scale, small.shape[:2])
    state = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    if (np.isin(seeds, (cv2.GC_BGD, cv2.GC_PR_BGD))).any():
        cv2.grabCut(bgr, seeds, None, *state, _STEPS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    mask = np.isin(seeds, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    whole = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    smooth = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, labels = cv2.connectedComponents(smooth)
    middle = np.clip(np.round(_outline(head, scale).mean(0)), 0, np.array(smooth.shape[::-1]) - 1)
    column, row = middle.astype(int)
    kept = (labels == labels[row, column]) & (smooth > 0)
    size = photo.shape[1], photo.shape[0]
    return np.asarray(
        cv2.resize(kept.astype(np.float32), size, interpolation=cv2.INTER_LINEAR), np.float32
    )


def _outline(head: FittedHead, scale: float) -> FloatArray:
    """The convex outline [n, 2] of the fitted skull on the small picture."""
    points = head.on_screen(head.own)[:, :2] * scale
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], np.float32)


def _seeds(head: FittedHead, scale: float, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    rows, columns = shape
    hull, apart = _outline(head, scale), head.eye_distance_px * scale
    middle = hull.mean(0)
    seeds = np.full((rows, columns), cv2.GC_BGD, np.uint8)

    def fill(factor: float, label: int) -> None:
        polygon = np.round(middle + (hull - middle) * factor).astype(np.int32)
        cv2.fillPoly(seeds, [polygon], label)

    def column_below(top: float, half: float, label: int) -> None:
        left, right = int(chin[0] - half * apart), int(chin[0] + half * apart)
        cv2.rectangle(seeds, (left, int(top)), (right, rows), label, -1)

    chin = hull[hull[:, 1].argmax()]
    fill(_POSSIBLY, cv2.GC_PR_BGD)
    fill(_PROBABLY, cv2.GC_PR_FGD)
    column_below(chin[1], 2.6, cv2.GC_PR_FGD)
    fill(_SURELY, cv2.GC_FGD)
    column_below(chin[1] - 0.3 * apart, 0.5, cv2.GC_FGD)
    return seeds
