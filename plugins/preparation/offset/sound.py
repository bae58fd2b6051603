"""What the lips are compared with: log-mel columns, four to a frame, centred on it."""

from __future__ import annotations

from styletalker.plugins.common.log_mel import (
    COLUMNS_PER_FRAME,
    HOP,
    LEVEL_FLOOR,
    WINDOW,
    compress,
    mel_power,
)
from torch import Tensor
from torch.nn import functional

__all__ = ["BANDS", "FRAME", "heard"]

BANDS = 40
"""Mel bands."""
FRAME = HOP * COLUMNS_PER_FRAME
"""Samples of a video frame: 640."""
_AROUND = (WINDOW - HOP) // 2
"""Columns reach so many samples beyond their hop on either side, so that none is late."""


def heard(waveform: Tensor) -> Tensor:
    """Log-mel columns [B, T, 4 * 40] of waveforms [B, 640 T], each band about its own mean.

    Loudness, microphone and room colour are constant factors of the power: they fall away.
    """
    padded = functional.pad(waveform, (_AROUND, _AROUND))
    power = mel_power(padded, BANDS)  # [B, 4 T, bands]
    level = power.mean((1, 2), keepdim=True)
    columns = compress(power, level.clamp(min=LEVEL_FLOOR))
    columns = columns - columns.mean(1, keepdim=True)
    return columns.reshape(len(columns), -1, COLUMNS_PER_FRAME * BANDS)
