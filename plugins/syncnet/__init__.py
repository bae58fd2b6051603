"""The sync discriminator ``syncnet``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.plugins.syncnet.config import SYNCNET_FILE, SyncNetConfig

__all__ = ["styletalker_components", "styletalker_weights"]


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


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Say which public weights can be read."""
    return [
        WeightsFamily(
            name="syncnet-v2",
            summary="SyncNet v2 (Chung & Zisserman)",
            recognise="styletalker.plugins.syncnet.families:syncnet",
            licence=SYNCNET_FILE.licence,
            preprocessing="5 faces of 224 px, BGR from 0 to 255; 20 MFCC columns of int16 sound",
            role="sync_discriminator",
            component="syncnet",
            files=(SYNCNET_FILE,),
        )
    ]
