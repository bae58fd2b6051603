"""The same features in less time."""

from __future__ import annotations

from styletalker.plugins.syncnet.network import SyncNetNetwork
from styletalker.plugins.syncnet.scoring import Streams

__all__ = ["fast_streams"]


def fast_streams(network: SyncNetNetwork) -> Streams:
    return Streams.plain(network)
