"""The canvas skin is painted on: planar colours over azimuth and level, with a few brushes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from styletalker.plugins.puppet.atlas import Atlas, skin_grid
from styletalker.plugins.puppet.fields import Field, FloatArray, noise
from styletalker.plugins.puppet.palettes import SKIN_TONES
from styletalker.plugins.puppet.skull import ARC_RADIUS

__all__ = ["Canvas", "skin_tone"]


def skin_tone(melanin: float, ruddiness: float) -> FloatArray:
    """Albedo [3] of skin."""
    stops = np.linspace(0, 1, len(SKIN_TONES))
    tone = np.array([np.interp(melanin, stops, channel) for channel in np.array(SKIN_TONES).T])
    return tone * (1 + 0.035 * ruddiness * np.array([1.0, -1.0, -0.8]))


class Canvas:
    """The skin tile while it is painted.

    ``x``, ``out`` and ``theta`` are rows [1, columns] and ``level`` is a column [rows, 1], so
    a mask made of their products is computed once per row and column, not per pixel.
    """

    def __init__(self, tone: FloatArray, rng: np.random.Generator) -> None:
        theta, level = skin_grid()
        self.theta = theta.astype(np.float32)[None]
        self.level = level.astype(np.float32)[:, None]
        turn = np.clip(self.theta, -np.pi / 2, np.pi / 2)
        self.x: FloatArray = (ARC_RADIUS * np.sin(turn)).astype(np.float32)
        self.out: FloatArray = np.abs(self.x)
        self.shape = (level.size, theta.size)
        self.colour = np.empty((3, *self.shape), np.float32)
        self.colour[:] = tone[:, None, None]
        self.occlusion = np.ones(self.shape, np.float32)
        self.gloss = np.ones(self.shape, np.float32)
        self.coarse = noise(rng, self.shape, (9, 13))
        self.medium = noise(rng, self.shape, (60, 90))
        self.fine = noise(rng, self.shape, (230, 360))

    def tint(self, mask: Field, rgb: tuple[float, float, float], strength: float = 1.0) -> None:
        """Multiply the colour by *rgb* where *mask* is 1."""
        for channel, value in zip(self.colour, rgb, strict=True):
            if value != 1.0:
                channel *= 1 - np.float32(strength * (1 - value)) * mask

    def cover(self, mask: Field, rgb: Sequence[Field] | FloatArray) -> None:
        """Replace the colour by *rgb* (numbers or planes) where *mask* is 1."""
        for channel, value in zip(self.colour, rgb, strict=True):
            channel += (value - channel) * mask

    def shade(self, mask: Field, strength: float) -> None:
        """Take ambient light away where *mask* is 1."""
        self.occlusion -= np.float32(strength) * mask

    def finish(self, atlas: Atlas) -> None:
        """Write the painting into the skin tile of *atlas*."""
        shaded = np.clip(self.colour, 0.004, 1) * np.clip(self.occlusion, 0.05, 1.1)
        atlas.put("skin", np.moveaxis(shaded, 0, -1), np.clip(self.gloss, 0, 2.2))
