"""Temporal flicker: what changes from frame to frame and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["flicker"]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def flicker(frames: Iterable[NDArray[np.uint8]]) -> float:
    """Mean of |I(t-1) - 2 I(t) + I(t+1)| / 4 over pixels and frames, in grey levels (0 to 255).

    I is the luma. What moves evenly over a smooth surface changes evenly and cancels; what jumps
    there and back (jitter, flashing teeth, textures that stick to the screen) counts in full: a
    pixel that alternates between two values counts half their distance.

    Args:
        frames: [H, W, 3] each; they are read one at a time.

    Raises:
        InputError: there are fewer than 3.
    """
    last: deque[NDArray[np.float32]] = deque(maxlen=3)
    total, count = 0.0, 0
    for frame in frames:
        last.append(frame @ _LUMA)
        if len(last) == 3:
            total += float(np.abs(last[0] - 2 * last[1] + last[2]).mean()) / 4
            count += 1
    if not count:
        raise InputError(compose("flicker needs 3 frames at least", given=len(last)))
    return total / count
