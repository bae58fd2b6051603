"""Which file holds the weights of FID's network; importing this imports no torch."""

from __future__ import annotations

from styletalker.core.public_files import PublicFile

__all__ = ["INCEPTION_FILE"]

INCEPTION_FILE = PublicFile(
    name="pt_inception-2015-12-05-6726825d.pth",
    purpose="the Inception network of FID, as pytorch-fid publishes it,",
    licence="Apache-2.0",
    source="https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights",
)
"""The public weights; 91 MB."""
