"""The audio-video offset of talking videos: by how many frames the sound is late or early."""

from __future__ import annotations

from styletalker.plugins.preparation.offset.config import OffsetConfig
from styletalker.plugins.preparation.offset.curve import OffsetCurve, offset_curve
from styletalker.plugins.preparation.offset.decision import REASONS, Offset, decide_offset

__all__ = ["REASONS", "Offset", "OffsetConfig", "OffsetCurve", "decide_offset", "offset_curve"]
