"""Metrics that compare pictures with the ground truth's, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from styletalker.core.clip import Clip
from styletalker.evaluation.image_quality import psnr, ssim
from styletalker.evaluation.metrics.base import MeanMetric, check_same_size, the_reference

__all__ = ["Psnr", "Ssim"]


class Psnr(MeanMetric):
    """PSNR: the mean over whole frames of :func:`~styletalker.evaluation.image_quality.psnr`.

    **Pitfall.** It says nothing where head motion is sampled: the face is elsewhere. A frame
    that equals the ground truth counts 100 dB.
    """

    title, unit, direction, uses_reference = "PSNR", "dB", "higher", True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: mean over the frames, dB."""
        truth = the_reference(self, reference)
        check_same_size(generated, truth, pixels=True)
        pairs = zip(generated.frames, truth.frames, strict=True)
        return {"value": float(np.mean([psnr(ours, theirs) for ours, theirs in pairs]))}


class Ssim(MeanMetric):
    """SSIM: the mean over whole frames of :func:`~styletalker.evaluation.image_quality.ssim`.

    **Pitfall.** Like PSNR it only means something for reconstruction, not for sampled motion.
    """

    title, unit, direction, uses_reference = "SSIM", "1", "higher", True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: mean over the frames, -1 to 1."""
        truth = the_reference(self, reference)
        check_same_size(generated, truth, pixels=True)
        pairs = zip(generated.frames, truth.frames, strict=True)
        return {"value": float(np.mean([ssim(ours, theirs) for ours, theirs in pairs]))}
