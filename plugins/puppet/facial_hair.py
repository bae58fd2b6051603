"""Painted hair: eyebrows, beard, and the scalp under the hair."""

from __future__ import annotations

import cv2
import numpy as np
from styletalker.plugins.puppet.canvas import Canvas
from styletalker.plugins.puppet.fields import Field, FloatArray, bump, lerp, ramp
from styletalker.plugins.puppet.hairline import hairline
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.palettes import HAIR_COLOURS
from styletalker.plugins.puppet.topology import MOUTH_HALF, MOUTH_LEVEL, lip_borders

__all__ = ["BROW_INNER", "BROW_LENGTH", "beard_mask", "brow_level", "paint_beard", "paint_brows",
           "paint_scalp"]  # fmt: skip

BROW_INNER, BROW_LENGTH = 1.15, 3.9
"""The inner end of an eyebrow from the midline and its length, cm."""
_BEARD_TOP = 0.20
"""Eyebrows and beards are no lighter than this: they are coarser than the scalp's hair."""


def brow_level(share: Field, identity: Identity) -> FloatArray:
    """Level of the eyebrow's middle line from its inner (0) to its outer end (1)."""
    rise = (0.28 + identity.brow_arch) * np.sin(
        np.clip(1.08 * share, 0, 1.15) * 0.62 * np.pi
    ) ** 1.3
    fall = 0.50 * ramp(0.62, 1.05, share)
    level: FloatArray = (
        1.74 + identity.brow_height + rise - fall + identity.brow_tilt * (share - 0.5)
    )
    return level


def _hair_albedo(identity: Identity) -> FloatArray:
    albedo = np.array(HAIR_COLOURS[identity.hair_colour])
    painted: FloatArray = albedo * min(0.8, _BEARD_TOP / albedo.max()) + 0.004
    return painted


def paint_brows(canvas: Canvas, identity: Identity) -> None:
    """Eyebrows of slanted strands: upright at the inner end, lying along the brow further out."""
    share = (canvas.out - BROW_INNER) / BROW_LENGTH
    off = canvas.level - brow_level(np.maximum(share, -0.1), identity)
    taper = ramp(-0.08, 0.14, share) * (1 - 0.75 * ramp(0.35, 1.02, share))
    half = 0.36 * taper * identity.brow_thickness
    slant = lerp(1.6, 0.4, ramp(0, 0.5, share))
    strands = 0.5 + 0.5 * np.sin(27.0 * canvas.out - 15.0 * off / slant + 0.9 * canvas.medium)
    mask = np.clip(1.3 - np.abs(off) / np.maximum(half, 1e-3), 0, 1)
    mask = mask * (half > 0.01) * (share > -0.06) * (share < 1.04)
    mask = np.clip(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.3) * 1.2, 0, 1)
    cover = (
        mask
        * (0.56 + 0.26 * strands + 0.10 * canvas.fine)
        * lerp(0.55, 1.08, identity.brow_density)
    )
    canvas.cover(np.clip(cover, 0, 0.97), _hair_albedo(identity))
    canvas.gloss *= 1 - 0.7 * mask


def beard_mask(
    theta: Field, x: Field, level: Field, ripple: Field, identity: Identity
) -> FloatArray:
    """Cover of the beard style, 0 to 1, at points of the unwarped face.

    *ripple* (unit noise, or 0) makes the upper edge irregular. The lips are not spared.
    """
    out, turn = np.abs(x), np.abs(theta)
    cheek = level + 0.12 * ripple - 0.16 * np.clip(out - 3.2, 0, 9) ** 1.25
    jaw = ramp(-5.0, -7.0, cheek) * ramp(1.75, 1.45, turn) * ramp(-12.7, -12.0, level)
    sideburn = ramp(1.00, 1.12, turn) * ramp(1.42, 1.32, turn) * ramp(0.5, -1.5, level)
    moustache = bump(level, -5.80 - 0.035 * out * out, 0.42) * ramp(2.9, 2.1, out)
    clear = 0.55 * bump(out, 2.6, 1.1) * bump(level, -6.3, 0.9)
    chin = ramp(2.5, 1.9, out + 0.12 * np.abs(level + 9.6)) * ramp(-7.9, -8.5, level)
    bridge = bump(out, 2.65, 0.42) * ramp(-5.6, -6.2, level) * ramp(-11.0, -9.0, level)
    styles: dict[str, FloatArray] = {
        "stubble": 0.55 * np.clip(jaw * (1 - clear) + moustache + 0.6 * sideburn, 0, 1),
        "full": np.clip(jaw + moustache + sideburn, 0, 1),
        "short": 0.85 * np.clip(jaw * (1 - 0.5 * clear) + moustache + sideburn, 0, 1),
        "goatee": np.clip(moustache + chin * ramp(-12.7, -12.0, level) + bridge, 0, 1),
        "moustache": np.clip(1.1 * moustache, 0, 1) * np.ones_like(jaw),
    }
    along = np.clip(x / (MOUTH_HALF + 0.14), -1, 1)
    _, lower = lip_borders(along)
    under = (MOUTH_LEVEL - level - 0.2) / np.maximum(-lower, 0.02)
    below = np.where(level > MOUTH_LEVEL, 9.0, under)
    bare = 0.8 * ramp(1.30, 1.05, below) * (out < MOUTH_HALF)
    covered: FloatArray = styles[identity.beard] * (1 - bare) * identity.beard_density
    return covered


def paint_beard(canvas: Canvas, identity: Identity, lips: FloatArray) -> None:
    """The beard as dense dots of hair over a shaded skin."""
    if identity.beard == "none":
        return
    mask = beard_mask(canvas.theta, canvas.x, canvas.level, canvas.medium, identity)
    mask = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.0) * (1 - lips)
    dots = np.clip(0.5 + 0.32 * canvas.fine + 0.15 * canvas.medium, 0, 1.2)
    cover = mask * (0.66 + 0.50 * dots) * (0.62 if identity.beard == "stubble" else 1.0)
    shade = 0.55 + 0.8 * dots
    canvas.cover(np.clip(cover, 0, 0.96), [v * 1.15 * shade for v in _hair_albedo(identity)])
    canvas.gloss *= 1 - 0.75 * np.clip(mask, 0, 1)


def paint_scalp(canvas: Canvas, identity: Identity) -> None:
    """Hair roots on the scalp; a soft edge, so that the hair over it has no visible border."""
    above = canvas.level - hairline(canvas.theta, identity)
    if identity.hair == "bald":
        shadow = 0.22 * ramp(-0.6, 1.5, above + 0.3 * canvas.medium) * (1 - identity.hair_recession)
        canvas.cover(shadow, _hair_albedo(identity))
        return
    mask = ramp(-0.40, 0.60, above + 0.24 * canvas.medium + 0.10 * canvas.fine)
    albedo = np.array(HAIR_COLOURS[identity.hair_colour])
    dots = 0.80 + 0.22 * np.clip(canvas.fine, -1.5, 1.5)
    cover = {"buzz": 0.86, "crop": 0.90}.get(identity.hair, 0.95)
    canvas.cover(cover * mask, [value * dots + 0.008 for value in albedo])
    canvas.gloss *= 1 - 0.8 * mask
