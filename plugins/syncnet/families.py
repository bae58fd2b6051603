"""The public weights of SyncNet -> our tensors and options."""

from __future__ import annotations

from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fit
from styletalker.plugins.common.torch_file import public_state, with_counters

__all__ = ["syncnet"]

_SIGNS = ("netcnnaud.0.weight", "netcnnlip.0.weight", "netfcaud.3.weight", "netfclip.3.weight")
_WIDTH = 64
"""Channels of the first audio layer where the divisor is 1."""


def syncnet(file: WeightsFile) -> Fit | None:
    """SyncNet v2 in a file, whose widths need not be the public one's."""
    state = with_counters(public_state(file.tensors))
    if not all(sign in state for sign in _SIGNS):
        return None
    shapes = state.shapes
    width, features = shapes["netcnnaud.0.weight"][0], shapes["netfclip.3.weight"][0]
    return Fit(
        tensors=state.renamed(lambda name: f"network.{name}"),
        options={"divisor": max(1, _WIDTH // max(width, 1)), "embedding_dim": features},
        architecture=f"two streams, {width} channels and more, {features} features",
    )
