"""Sound as FLAC: 16-bit samples, lossless, understood by everything."""

from __future__ import annotations

import fractions
from typing import BinaryIO

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from styletalker.core.errors import MediaError

__all__ = ["decode_flac", "encode_flac", "quantise"]

_FULL_SCALE = 32768.0


def quantise(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """The waveform [S] in [-1, 1], rounded to the 16-bit values that files hold."""
    steps = np.clip(np.round(waveform * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
    return (steps / _FULL_SCALE).astype(np.float32)


def encode_flac(stream: BinaryIO, waveform: NDArray[np.float32], sample_rate: int) -> None:
    """Write mono sound [S] to a binary stream; lossless for quantised waveforms."""
    samples = (quantise(waveform) * _FULL_SCALE).astype(np.int16)[None]
    with av.open(stream, "w", format="flac") as container:
        track = container.add_stream("flac", rate=sample_rate, layout="mono")
        track.format = "s16"
        piece = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        piece.sample_rate = sample_rate
        piece.time_base = fractions.Fraction(1, sample_rate)
        container.mux(track.encode(piece))
        container.mux(track.encode())


def decode_flac(stream: BinaryIO, name: str) -> NDArray[np.float32]:
    """The mono waveform [S] of a FLAC stream.

    Raises:
        MediaError: it is not one; *name* says which.
    """
    try:
        with av.open(stream, "r", format="flac") as container:
            pieces = [frame.to_ndarray() for frame in container.decode(audio=0)]
    except (FFmpegError, IndexError) as error:
        raise MediaError(f"{name}: is not readable sound: {error}") from error
    samples = np.concatenate(pieces, axis=-1).reshape(-1)
    return (samples.astype(np.float32) / _FULL_SCALE).astype(np.float32)
