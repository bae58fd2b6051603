"""Where the scalp's hair begins, as a level over the azimuth."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.fields import Curve, Field, FloatArray, bump
from styletalker.plugins.puppet.identity import Identity

__all__ = ["hairline"]

_LINE = Curve(
    (0.0, 0.35, 0.62, 0.85, 1.02, 1.12, 1.28, 1.40, 1.6, 1.9, 2.8),
    (6.7, 6.6, 6.1, 4.5, 1.9, -0.3, -1.5, 1.2, 2.0, -4.0, -5.8),
)
"""Level of the hairline of a full head of hair: forehead, temple, sideburn, ear, nape."""


def hairline(theta: Field, identity: Identity) -> FloatArray:
    """Level of the hairline at azimuth *theta*: receding moves it back, most at the temples."""
    turn = np.abs(theta)
    receding = identity.hair_recession * (
        0.9 * bump(turn, 0.0, 0.45) + 2.0 * bump(turn, 0.55, 0.30)
    )
    peak = 0.25 * ((identity.seed % 7) / 6.0 - 0.3) * bump(turn, 0.0, 0.16)
    line: FloatArray = _LINE(np.clip(turn, 0, 2.8)) + receding - peak
    return line
