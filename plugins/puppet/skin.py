"""The skin's texture: tone, blush, shade in the hollows, folds, lids, lips and freckles."""

from __future__ import annotations

import cv2
import numpy as np
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.canvas import Canvas, skin_tone
from styletalker.plugins.puppet.facial_hair import paint_beard, paint_brows, paint_scalp
from styletalker.plugins.puppet.fields import FloatArray, bump, lerp, ramp
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.topology import (
    EYE_HALF,
    EYE_X,
    MOUTH_HALF,
    MOUTH_LEVEL,
    lid_heights,
    lip_borders,
)

__all__ = ["paint_skin"]


def _tones(canvas: Canvas, identity: Identity) -> None:
    """Blotches, pores, and the places where blood shows."""
    x, out, level = canvas.x, canvas.out, canvas.level
    light = 1 - 0.4 * identity.melanin
    canvas.tint(0.5 + 0.5 * np.tanh(canvas.coarse), (1.0, 0.94, 0.91), 0.4 * light)
    canvas.colour *= 1 + 0.016 * canvas.medium + 0.014 * (1 + identity.age) * canvas.fine
    blush = 0.42 * light + 0.32 * identity.makeup
    canvas.tint(bump(out, 4.1, 1.7) * bump(level, -3.3, 1.6), (1.02, 0.74, 0.72), blush)
    canvas.tint(bump(x, 0, 1.4) * bump(level, -3.8, 1.0), (1.02, 0.78, 0.74), 0.45 * light)
    canvas.tint(bump(x, 0, 1.8) * bump(level, -10, 1.2), (1.0, 0.87, 0.85), 0.35 * light)
    canvas.tint(bump(x, 0, 3.5) * bump(level, 4.5, 2.0), (1.0, 0.97, 0.90), 0.5 * light)
    ears = ramp(1.25, 1.5, np.abs(canvas.theta))
    canvas.tint(ears * np.ones_like(level), (1.0, 0.84, 0.80), 0.3 * light)


def _hollows(canvas: Canvas, identity: Identity) -> None:
    """Baked ambient shade: eye sockets, around the nose, under the lips, nostrils."""
    x, out, level = canvas.x, canvas.out, canvas.level
    canvas.tint(bump(out, 2.6, 1.3) * bump(level, -1.05, 0.42), (0.84, 0.72, 0.74),
                0.22 + 0.6 * identity.eye_bags)  # fmt: skip
    canvas.tint(bump(out, 1.75, 0.5) * bump(level, 0.2, 0.7), (0.86, 0.74, 0.74), 0.25)
    shadow = (0.62, 0.48, 0.52) if identity.makeup > 0.45 else (0.86, 0.75, 0.73)
    lid = bump(out, 3.2, 1.5) * bump(level, 0.85, 0.42)
    canvas.tint(lid, shadow, 0.35 + 0.45 * identity.makeup)
    canvas.shade(bump(out, 1.75, 0.55) * bump(level, 0.35, 0.9), 0.20)
    canvas.shade(bump(x, 0, 1.2) * bump(level, -5.2, 0.28), 0.08)
    canvas.shade(bump(x, 0, 1.3) * bump(level, -8.4, 0.35), 0.20)
    canvas.shade(bump(out, 1.85, 0.22) * bump(level, -4.3, 0.6), 0.16)
    canvas.shade(bump(out, MOUTH_HALF + 0.2, 0.28) * bump(level, MOUTH_LEVEL, 0.30), 0.20)
    bag = bump(level, -1.45 + 0.10 * np.abs(out - 3.0), 0.10) * bump(out, 2.7, 1.1)
    canvas.shade(bag, 0.22 * identity.eye_bags)
    nostril = bump(out - 0.22 * (level + 4.9), 0.66, 0.28) * bump(level, -4.88, 0.16)
    canvas.occlusion *= 1 - 0.80 * np.clip(1.3 * nostril, 0, 1)


def _folds(canvas: Canvas, identity: Identity) -> None:
    """Lines of age, each a dark furrow with a light lip below it."""
    age = identity.age**1.4
    x, out, level = canvas.x, canvas.out, canvas.level
    fold = out - (1.85 + 0.42 * np.clip(-4.1 - level, 0, 4) ** 0.95)
    beside_nose = ramp(-4.0, -4.8, level) * ramp(-8.0, -6.6, level)
    canvas.shade(bump(fold, 0, 0.26) * beside_nose, 0.03 + 0.16 * age)
    if age < 0.05:
        return
    for height in (3.6, 4.5, 5.35):
        furrow = level + 0.012 * x * x + 0.10 * canvas.coarse - height
        line = (bump(furrow, 0, 0.10) - 0.5 * bump(furrow, -0.22, 0.12)) * ramp(4.2, 2.4, out)
        canvas.shade(line, 0.17 * age)
    for slope in (-0.4, 0.0, 0.4):
        foot = level - 0.1 - slope * 1.2 * (out - 4.6)
        canvas.shade(bump(foot, 0, 0.07) * ramp(4.9, 5.2, out) * ramp(6.2, 5.5, out), 0.15 * age)
    frown = bump(out, 0.42 + 0.04 * level, 0.10) * bump(level, 2.0, 0.6)
    canvas.shade(frown, 0.16 * age)
    lips = np.clip(np.sin(x * 9.0), 0, 1) ** 4 * bump(level, MOUTH_LEVEL + 1.1, 0.45)
    canvas.shade(lips * ramp(2.2, 1.4, out), 0.10 * age)
    spots = np.clip(canvas.medium - 1.6, 0, 1) * ramp(2.0, 5.0, out + 0 * level)
    canvas.tint(spots, (0.70, 0.55, 0.45), 0.5 * age)


def _lids(canvas: Canvas, identity: Identity) -> None:
    """The crease of the lid, the lash line, the wet rim of the lower lid."""
    level, makeup = canvas.level, identity.makeup
    along = (canvas.out - EYE_X) / EYE_HALF
    inside = np.clip(along, -1, 1)
    upper, lower = lid_heights(inside)
    beyond = np.maximum(np.abs(along) - 1, 0) * EYE_HALF
    over = np.abs(along) < 1.05
    height = 0.30 + 0.10 * identity.lid_crease - 0.14 * identity.lid_hood
    crease = level - upper - height * np.sqrt(np.clip(1.1 - inside**2, 0, 1))
    canvas.shade(bump(crease, 0, 0.085) * ramp(1.2, 0.7, np.abs(along)), 0.40 * identity.lid_crease)
    canvas.shade(bump(crease, 0.12, 0.16) * ramp(1.2, 0.5, np.abs(along)), 0.18 * identity.lid_hood)
    lash = bump(level - upper - 0.06, 0, 0.10 + 0.035 * makeup) * over
    lash = lash * ramp(-1.1, -0.5, along) * lerp(0.55, 1.0, ramp(-0.6, 0.6, along))
    wing = bump(level - 0.10 - 0.5 * beyond, 0, 0.07) * ramp(0.22, 0.05, beyond)
    lash = lash + wing * (along > 0) * (beyond > 0) * (0.4 + 0.6 * makeup)
    canvas.tint(np.clip(1.35 * lash, 0, 1), (0.07, 0.05, 0.05), 0.95)
    rim = bump(level - lower + 0.04, 0, 0.06) * (np.abs(along) < 1)
    canvas.tint(rim, (0.42, 0.30, 0.29), 0.60 + 0.35 * makeup)


def _lips(canvas: Canvas, identity: Identity, tone: FloatArray) -> FloatArray:
    """The red of the lips; returns its mask."""
    x, out = canvas.x, canvas.out
    above = canvas.level - MOUTH_LEVEL
    along = np.clip(x / (MOUTH_HALF + 0.14), -1, 1)
    upper, lower = lip_borders(along)
    gap = 0.22 * np.clip(1 - along * along, 0, 1) ** 0.35
    depth = np.where(
        above > 0,
        (above - gap) / np.maximum(upper, 0.02),
        (-above - gap) / np.maximum(-lower, 0.02),
    )
    mask = (ramp(1.16, 0.84, depth) * (out < MOUTH_HALF + 0.18)).astype(np.float32)
    bare = lerp(tone * (0.88, 0.58, 0.60), tone * (0.84, 0.42, 0.46), identity.lip_redness)
    colour = lerp(bare, np.array([0.40, 0.055, 0.075]), 0.75 * identity.makeup**1.5)
    wrinkle = 1 + 0.05 * np.sin(26 * x + 3 * canvas.medium) * ramp(0, 0.5, np.clip(depth, 0, 1))
    shade = wrinkle * lerp(0.58, 1.06, ramp(-0.1, 0.5, depth)) * np.where(above > 0, 0.88, 1.05)
    canvas.cover(0.86 * mask, [value * shade for value in colour])
    canvas.occlusion += (np.maximum(canvas.occlusion, 0.86) - canvas.occlusion) * mask
    return mask


def _marks(canvas: Canvas, identity: Identity, rng: np.random.Generator) -> None:
    """Freckles and moles."""
    if identity.freckles > 0.1 and identity.melanin < 0.5:
        dots = (rng.random(canvas.shape, np.float32) > 0.993).astype(np.float32)
        blurred = np.asarray(cv2.GaussianBlur(dots, (0, 0), 1.0)) * 6
        where = bump(canvas.out, 3.6, 2.2) * bump(canvas.level, -2.9, 2.0)
        where = where + 0.6 * bump(canvas.x, 0, 1.6) * bump(canvas.level, -2.6, 1.5)
        canvas.tint(np.clip(blurred * where, 0, 1), (0.66, 0.48, 0.40), 0.9 * identity.freckles)
    for _ in range(int(rng.integers(0, 3))):
        x, level = rng.uniform(-5, 5), rng.uniform(-10, 4)
        mole = 1.6 * bump(canvas.x, x, 0.11) * bump(canvas.level, level, 0.11)
        canvas.tint(np.clip(mole, 0, 1), (0.40, 0.30, 0.26), 0.85)


def paint_skin(atlas: Atlas, identity: Identity, rng: np.random.Generator) -> FloatArray:
    """Paint the skin tile and return the skin's tone [3]."""
    tone = skin_tone(identity.melanin, identity.ruddiness)
    canvas = Canvas(tone, rng)
    _tones(canvas, identity)
    _hollows(canvas, identity)
    _folds(canvas, identity)
    _lids(canvas, identity)
    _marks(canvas, identity, rng)
    lips = _lips(canvas, identity, tone)
    x, out, level = canvas.x, canvas.out, canvas.level
    shine = 0.50 + 0.40 * bump(x, 0, 1.5) + 0.25 * bump(out, 3.5, 2) * bump(level, -2, 2)
    canvas.gloss *= shine * lerp(1.0, 0.75, identity.age)
    canvas.gloss += 0.8 * (1 + 0.9 * identity.makeup) * lips
    paint_brows(canvas, identity)
    paint_beard(canvas, identity, lips)
    paint_scalp(canvas, identity)
    canvas.finish(atlas)
    return tone
