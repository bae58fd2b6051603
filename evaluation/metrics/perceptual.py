"""LPIPS as a metric."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError
from styletalker.core.files import digest_of
from styletalker.core.public_files import find_public_file
from styletalker.evaluation.lpips_files import BACKBONES, HEADS
from styletalker.evaluation.metrics.base import MeanMetric, check_same_size, the_reference
from styletalker.evaluation.metrics.public_config import LpipsConfig

__all__ = ["LpipsMetric"]


class LpipsMetric(MeanMetric):
    """LPIPS: the mean over whole frames of :class:`~styletalker.evaluation.lpips.Lpips`.

    The field's usual network is AlexNet; with VGG-16 numbers differ, and the title says so.

    **Pitfall.** Like PSNR it only means something for reconstruction, not for sampled motion. It
    depends on the resolution: pictures are compared at their own.
    """

    config: LpipsConfig
    unit, direction, uses_reference = "1", "lower", True

    @property
    def title(self) -> str:
        """``LPIPS``, with the network where it is not the usual one."""
        return "LPIPS" if self.config.network == "alex" else "LPIPS (VGG)"

    def unavailable(self) -> str:
        """Which file is missing, if one is."""
        try:
            self._paths()
        except CheckpointError as error:
            return str(error)
        return ""

    def weights(self) -> Mapping[str, str]:
        """The checksums of both files."""
        return {path.name: digest_of(path) for path in self._paths()}

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: mean over the frames."""
        from styletalker.evaluation.lpips import lpips_network

        truth = the_reference(self, reference)
        check_same_size(generated, truth, pixels=True)
        network = lpips_network(self.config.network, *self._paths())
        return {"value": float(np.mean(network.of_frames(generated.frames, truth.frames)))}

    def _paths(self) -> tuple[Path, Path]:
        config = self.config
        return (
            find_public_file(BACKBONES[config.network], config.backbone),
            find_public_file(HEADS[config.network], config.heads),
        )
