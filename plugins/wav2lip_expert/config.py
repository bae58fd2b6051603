"""Options of the sync discriminator ``wav2lip_expert``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import USAGE, within
from styletalker.core.public_files import PublicFile
from styletalker.plugins.common.region import Region

__all__ = ["EXPERT_FILE", "GENERATOR_FILES", "QUALITY_FILE", "Wav2LipExpertConfig"]


def _file(name: str, purpose: str) -> PublicFile:
    return PublicFile(
        name=name,
        purpose=purpose,
        licence="trained on LRS2, for research and personal use; no commercial use",
        source="https://github.com/Rudrabha/Wav2Lip",
    )


EXPERT_FILE = _file("lipsync_expert.pth", "Wav2Lip's expert discriminator")
"""The public weights."""
GENERATOR_FILES = (
    _file("wav2lip.pth", "Wav2Lip's generator, trained for lips alone"),
    _file("wav2lip_gan.pth", "Wav2Lip's generator, trained for looks too"),
)
"""Weights of the method that the expert trained."""
QUALITY_FILE = _file("visual_quality_disc.pth", "Wav2Lip's judge of picture quality")
"""What the second of them was trained against."""

_FACE = Region(top=0.25, bottom=0.93, left=0.19, right=0.81)
"""About the box of a face that is aligned as in FFHQ."""


@attrs.frozen(kw_only=True)
class Wav2LipExpertConfig:
    """Options of :class:`styletalker.plugins.wav2lip_expert.discriminator.Wav2LipExpert`."""

    divisor: int = attrs.field(default=1, validator=within(1, 16))
    """By what the channels are divided, 1 to 16; the public file has 1, and 512 channels E."""
    public_file: str | None = None
    """Public weights to start from: a path, or an empty text for ``lipsync_expert.pth`` in the
    weights folder; None starts from random weights, or from those under ``weights:``."""
    face: Region = attrs.field(default=_FACE, metadata=USAGE)
    """The face's box in an aligned frame, in fractions; resized to 96 x 96, of which the lower half
    is looked at.

    An edge that is left out is that of the frame.
    """
    negatives: bool = attrs.field(default=True, metadata=USAGE)
    """Whether wrong pairs count in the loss. Say false for a frozen network that trains a talker,
    as Wav2Lip does."""
