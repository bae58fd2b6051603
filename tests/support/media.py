"""Media files made on the spot, and how far two sounds are apart."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["lag", "noise", "number_of", "pictures", "write_movie", "write_sound"]

_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def noise(seconds: float, rate: int, seed: int = 0) -> NDArray[np.float32]:
    """Dull noise [S]: what a codec keeps, and with one clear peak when compared with itself."""
    white = np.random.default_rng(seed).standard_normal(round(seconds * rate)) * 0.2
    dull: NDArray[np.float64] = np.convolve(white, np.ones(12) / 12, "same")
    return dull.astype(np.float32)


def write_sound(
    path: Path,
    codec: str,
    waveform: NDArray[np.float32],
    rate: int,
    *,
    file_rate: int | None = None,
    start: int = 0,
) -> None:
    """A sound file of a waveform [S] or [C, S], from sample *start* of the file on."""
    planes = np.ascontiguousarray(np.atleast_2d(waveform))
    layout = _LAYOUTS[len(planes)]
    with av.open(str(path), "w") as container:
        track: Any = container.add_stream(codec, rate=file_rate or rate, layout=layout)
        if codec in ("aac", "libmp3lame", "libopus"):
            track.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), start
        resampler = av.AudioResampler(track.format.name, layout, file_rate or rate)
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(track.encode(ready))
        container.mux(track.encode(None))


def lag(first: NDArray[np.float32], second: NDArray[np.float32]) -> int:
    """How many samples later *second* sounds than *first*."""
    size = min(len(first), len(second))
    spectrum = np.fft.rfft(second[:size], 2 * size) * np.conj(np.fft.rfft(first[:size], 2 * size))
    peak = int(np.argmax(np.fft.irfft(spectrum)))
    return peak if peak < size else peak - 2 * size


def pictures(count: int, height: int = 32, width: int = 48) -> Iterator[NDArray[np.uint8]]:
    """Pictures that tell their number: all of one grey, 8 levels apart."""
    for number in range(count):
        yield np.full((height, width, 3), 8 * (number % 32), np.uint8)


def number_of(picture: NDArray[np.uint8]) -> int:
    """The number of one of the pictures, up to 31."""
    return round(float(picture.mean()) / 8)


def write_movie(
    path: Path, stamps: list[int], *, step: Fraction = Fraction(1, 1000), length: int = 40
) -> None:
    """A silent video whose pictures are shown at *stamps*, in units of *step* seconds."""
    with av.open(str(path), "w") as container:
        track: Any = container.add_stream("libx264", rate=1 / (length * step), options={"crf": "8"})
        track.width, track.height, track.pix_fmt, track.thread_count = 48, 32, "yuv420p", 1
        track.time_base = track.codec_context.time_base = step
        for stamp, picture in zip(stamps, pictures(len(stamps)), strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base, frame.duration = stamp, step, length
            container.mux(track.encode(frame))
        container.mux(track.encode())
