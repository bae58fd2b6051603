"""The public files that metrics measure with, for ``toolkit weights``."""

from __future__ import annotations

from styletalker.core.weights_file.family import WeightsFamily
from styletalker.evaluation.inception_file import INCEPTION_FILE
from styletalker.evaluation.lpips_files import BACKBONES, HEADS

__all__ = ["FAMILIES"]

_WHERE = "styletalker.evaluation.families"

FAMILIES = (
    WeightsFamily(
        name="fid-inception",
        summary="the Inception network of FID",
        recognise=f"{_WHERE}:inception",
        licence=INCEPTION_FILE.licence,
        preprocessing="RGB in -1 to 1, 299 px",
        files=(INCEPTION_FILE,),
    ),
    WeightsFamily(
        name="lpips-backbone",
        summary="a network of torchvision whose features LPIPS compares",
        recognise=f"{_WHERE}:lpips_backbone",
        licence=BACKBONES["alex"].licence,
        preprocessing="RGB with ImageNet's mean and deviation",
        files=tuple(BACKBONES.values()),
    ),
    WeightsFamily(
        name="lpips-heads",
        summary="what LPIPS weighs the channels of features with",
        recognise=f"{_WHERE}:lpips_heads",
        licence=HEADS["alex"].licence,
        preprocessing="squared differences of unit features",
        files=tuple(HEADS.values()),
    ),
)
"""Networks that are parts of metrics, and of no component."""
