"""The backbone: an image as three maps, from coarse to fine, that know of each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from styletalker.plugins.common.residual import ResidualBlock
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["FeaturePyramid"]


class FeaturePyramid(nn.Module):
    """Residual convolutions, and a top-down path that adds coarse to fine (arXiv 1612.03144).

    The paper's backbone is an IR-SE50 that was trained to recognise faces; this one is small,
    starts from nothing, and normalises groups of channels instead of batches.
    """

    def __init__(self, *, widths: Sequence[int], blocks: int, channels: int, levels: int) -> None:
        """Make one with *levels* maps, 1 to 3, from the coarsest (1/16 of the image) on."""
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], 5, 2, 2)
        self.stages = nn.ModuleList(
            _stage(inputs, outputs, blocks) for inputs, outputs in itertools.pairwise(widths)
        )
        self.lateral = nn.ModuleList(
            nn.Conv2d(width, channels, 1) for width in widths[: -levels - 1 : -1]
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images [B, 3, H, W] -> maps [B, channels, H / 16, W / 16], / 8 and / 4, coarse first."""
        features, maps = self.stem(images), []
        for stage in self.stages:
            features = stage(features)
            maps.append(features)
        pyramid: list[Tensor] = []
        for lateral, found in zip(self.lateral, reversed(maps), strict=False):
            level: Tensor = lateral(found)
            if pyramid:
                level = level + functional.interpolate(
                    pyramid[-1], level.shape[-2:], mode="bilinear", align_corners=False
                )
            pyramid.append(level)
        return pyramid


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    """Blocks that halve the size once."""
    return nn.Sequential(
        ResidualBlock(inputs, outputs, 2),
        *(ResidualBlock(outputs, outputs) for _ in range(blocks - 1)),
    )
