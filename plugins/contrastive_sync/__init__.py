"""The sync discriminator ``contrastive``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.contrastive_sync.config import ContrastiveConfig

__all__ = ["styletalker_components"]

_WEIGHTS = "styletalker.plugins.contrastive_sync:weights/puppet-sync-discriminator.safetensors"


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the sync discriminator."""
    return [
        Component(
            role="sync_discriminator",
            name="contrastive",
            target="styletalker.plugins.contrastive_sync.discriminator:ContrastiveSync",
            config=ContrastiveConfig,
            summary="InfoNCE over the clips of a batch and the shifted windows of a clip",
            source="StyleTalker: arXiv 2208.10922; InfoNCE: arXiv 1807.03748; symmetric, with a "
            "learned temperature: arXiv 2103.00020; shifted windows: Chung & Zisserman 2016",
            pretrained={"puppet": _WEIGHTS},
            licence="Apache-2.0",
            smoke={"embedding_dim": 8, "channels": 4, "size": 32, "bands": 16},
        )
    ]
