"""Options of the sync discriminator ``syncnet``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import USAGE, above, within
from styletalker.core.public_files import PublicFile
from styletalker.plugins.common.region import Region

__all__ = ["SYNCNET_FILE", "SyncNetConfig"]

SYNCNET_FILE = PublicFile(
    name="syncnet_v2.model",
    purpose="SyncNet v2, the network of LSE-D and LSE-C,",
    licence="none stated for the file; the code beside it is MIT, the training data for research",
    source="https://www.robots.ox.ac.uk/~vgg/software/lipsync/data/syncnet_v2.model",
)
"""The public weights; 54 MB."""

_FACE = Region(top=0.13, bottom=1.0, left=0.065, right=0.935)
"""About what the public crop shows of a face that is aligned as in FFHQ: a square with the mouth at
0.6 of its height."""


@attrs.frozen(kw_only=True)
class SyncNetConfig:
    """Options of :class:`styletalker.plugins.syncnet.discriminator.SyncNet`."""

    embedding_dim: int = attrs.field(default=1024, validator=within(2, 8192))
    """Channels E of the common space, 2 to 8192; the public file has 1024."""
    divisor: int = attrs.field(default=1, validator=within(1, 32))
    """By what the hidden channels are divided, 1 to 32; the public file has 1."""
    public_file: str | None = None
    """Public weights to start from: a path, or an empty text for ``syncnet_v2.model`` in the
    weights folder; None starts from random weights, or from those under ``weights:``."""
    face: Region = attrs.field(default=_FACE, metadata=USAGE)
    """Part of an aligned frame that is looked at, in fractions; resized to 224 x 224.

    An edge that is left out is that of the frame.
    """
    margin: float = attrs.field(default=1.0, validator=above(0.0, 2.0), metadata=USAGE)
    """Distance of unit vectors from which on a wrong pair costs nothing, above 0, to 2."""
    negatives: bool = attrs.field(default=True, metadata=USAGE)
    """Whether wrong pairs count in the loss. Say false for a frozen network that trains a talker:
    then only the distance of what belongs together does."""
