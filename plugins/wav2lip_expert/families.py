"""The public weights of Wav2Lip's expert -> our tensors and options."""

from __future__ import annotations

from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fit
from styletalker.plugins.common.torch_file import public_state, with_counters

__all__ = ["expert", "generator", "quality"]

_FACE, _AUDIO = "face_encoder.0.conv_block.0.weight", "audio_encoder.0.conv_block.0.weight"
_DRAWS, _JUDGES = "output_block.1.weight", "binary_pred.0.weight"
_SEES = "face_encoder_blocks.0.0.conv_block.0.weight"
_KEY = "state_dict"
_WIDTH = 32
"""Channels of the first layers where the divisor is 1."""


def expert(file: WeightsFile) -> Fit | None:
    """Wav2Lip's SyncNet_color in a file, whose widths need not be the public one's."""
    state = with_counters(public_state(file.tensors, _KEY))
    if _FACE not in state or _AUDIO not in state:
        return None
    width = state.shapes[_FACE][0]
    left = len(file.tensors) - len(public_state(file.tensors, _KEY))
    return Fit(
        tensors=state.renamed(lambda name: f"network.{name}"),
        options={"divisor": max(1, _WIDTH // max(width, 1))},
        architecture=f"two streams, {width} channels and more",
        part=_KEY if file.tensors.under(_KEY) else "",
        notes=(f"left out: {left} tensors of an optimiser",) if left else (),
    )


def generator(file: WeightsFile) -> Fit | None:
    """Wav2Lip's generator."""
    return _part(file, _DRAWS, "U-Net, faces of 96 px")


def quality(file: WeightsFile) -> Fit | None:
    """Wav2Lip's judge of picture quality."""
    return _part(file, _JUDGES, "lower halves of faces of 96 px")


def _part(file: WeightsFile, sign: str, text: str) -> Fit | None:
    state = with_counters(public_state(file.tensors, _KEY))
    if sign not in state or _SEES not in state:
        return None
    part = _KEY if file.tensors.under(_KEY) else ""
    return Fit(tensors=state, options={}, architecture=text, part=part)
