"""Backgrounds: an out-of-focus wall with a pool of light, mottled or with bokeh discs."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import noise, ramp
from styletalker.plugins.puppet.identity import Identity

__all__ = ["backdrop"]

_DISCS = 14


@functools.lru_cache(8)
def backdrop(identity: Identity, size: int) -> NDArray[np.float32]:
    """Linear colours [size, size, 3] of the background."""
    rng = np.random.default_rng([identity.seed, 77])
    y, x = (np.mgrid[0:size, 0:size] / max(size - 1.0, 1.0)).astype(np.float32)
    colour = np.asarray(identity.backdrop_rgb)
    side = 0.25 * np.sign(identity.key_azimuth)
    pool = np.exp(-((x - 0.5 - side) ** 2 + (y - 0.35) ** 2) / 0.28)
    picture = (0.75 * colour) * (0.45 + 0.8 * pool)[..., None]
    if identity.backdrop == "mottled":
        picture = picture * (1 + 0.2 * noise(rng, (size, size), (4, 5)))[..., None]
    elif identity.backdrop == "bokeh":
        for _ in range(_DISCS):
            centre_x, centre_y = rng.random(), 0.9 * rng.random()
            radius, bright = rng.uniform(0.04, 0.12), rng.uniform(0.02, 0.10)
            disc = ramp(radius, 0.85 * radius, np.hypot(x - centre_x, y - centre_y))
            picture = picture + (bright * disc)[..., None] * colour * 2
        picture = cv2.GaussianBlur(picture, (0, 0), 0.006 * size + 0.1)
    clipped: NDArray[np.float32] = np.clip(picture, 0.005, 1.2).astype(np.float32)
    clipped.flags.writeable = False  # shared by all frames of the identity
    return clipped
