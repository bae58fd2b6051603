"""The sync discriminator ``syncnet``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.syncnet.config import SyncNetConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the sync discriminator."""
    return [
        Component(
            role="sync_discriminator",
            name="syncnet",
            target="styletalker.plugins.syncnet.discriminator:SyncNet",
            config=SyncNetConfig,
            summary="SyncNet v2: 5 faces of 224 px and 20 MFCC columns; takes syncnet_v2.model",
            source="Chung & Zisserman, Out of time: automated lip sync in the wild, 2016",
            licence="Apache-2.0; the public weights, not included, state no licence of their own",
            smoke={"embedding_dim": 8, "divisor": 16},
        )
    ]
