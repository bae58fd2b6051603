"""Options of the metrics that need public weight files."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import within

__all__ = ["CsimConfig", "FidConfig", "LpipsConfig", "LseConfig"]

Crop = Literal["face", "frame"]


@attrs.frozen(kw_only=True)
class LseConfig:
    """Options of the metrics by SyncNet."""

    weights: str = ""
    """Path of ``syncnet_v2.model``; empty for that file in the weights folder."""
    crop: Crop = "face"
    """What the network sees: ``face``, the published crop around the face; ``frame``, whole frames
    squashed to 224 x 224, as Wav2Lip's script for LRS does. The metric's name says the latter."""


@attrs.frozen(kw_only=True)
class FidConfig:
    """Options of FID."""

    weights: str = ""
    """Path of ``pt_inception-2015-12-05-6726825d.pth``; empty for it in the weights folder."""
    crop: Crop = "frame"
    """Which part of the pictures: whole frames, or the face as SyncNet's pipeline crops it. The
    metric's name says the latter."""
    every: int = attrs.field(default=1, validator=within(1, 1000))
    """One frame in so many counts, from the first, 1 to 1000. The metric's name says so."""


@attrs.frozen(kw_only=True)
class CsimConfig:
    """Options of CSIM by ArcFace."""

    pack: str = ""
    """Folder of an insightface model pack; empty for ``buffalo_l`` in the weights folder, or in
    ``~/.insightface/models``."""


@attrs.frozen(kw_only=True)
class LpipsConfig:
    """Options of LPIPS."""

    network: Literal["alex", "vgg"] = "alex"
    """Whose features are compared: AlexNet's, as is usual for numbers, or those of VGG-16. The
    metric's name says the latter."""
    backbone: str = ""
    """Path of ``alexnet-owt-7be5be79.pth`` or ``vgg16-397923af.pth``; empty for it in the weights
    folder."""
    heads: str = ""
    """Path of ``alex.pth`` or ``vgg.pth``; empty for it in the weights folder."""
