"""Video with sound, through PyAV: frames in, a playable file out, and back."""

from __future__ import annotations

import fractions
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Literal

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from styletalker.core.errors import MediaError
from styletalker.core.files import atomic_path

__all__ = ["Quality", "encode_video", "read_frames", "write_video"]

Quality = Literal["lossless", "high", "playable"]
"""``lossless`` keeps every RGB value (few players show it), ``high`` is about 42 dB with full
colour resolution, ``playable`` plays everywhere."""

_CODECS: dict[Quality, tuple[str, str, dict[str, str]]] = {
    "lossless": ("libx264rgb", "rgb24", {"qp": "0", "preset": "veryfast"}),
    "high": ("libx264", "yuv444p", {"crf": "8", "preset": "veryfast"}),
    "playable": ("libx264", "yuv420p", {"crf": "16", "preset": "medium"}),
}
_AAC_BITS = 128_000
"""Bits per second of sound in playable files: transparent for speech."""


def write_video(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    *,
    fps: int,
    waveform: NDArray[np.float32] | None = None,
    sample_rate: int = 16000,
    quality: Quality = "playable",
) -> None:
    """Write a video file atomically; the container follows from the suffix.

    Args:
        path: such as ``talk.mp4``.
        frames: images [H, W, 3], uint8 RGB, all of one size; read one at a time.
        fps: frames per second.
        waveform: mono sound [S] in [-1, 1], written as AAC; None for a silent file.
        sample_rate: samples per second of the sound.
        quality: what to keep.

    Raises:
        MediaError: there is no frame, or it cannot be encoded.
        RunError: the file cannot be written.
    """
    with atomic_path(path) as temporary:
        try:
            with av.open(str(temporary), "w") as container:
                _fill(container, frames, fps, quality, waveform, sample_rate)
        except FFmpegError as error:
            raise MediaError(f"{path}: cannot be written: {error}") from error


def encode_video(
    stream: BinaryIO, frames: Iterable[NDArray[np.uint8]], *, fps: int, quality: Quality
) -> None:
    """Write an MP4 file without sound to a binary stream; the same frames give the same bytes."""
    try:
        with av.open(stream, "w", format="mp4") as container:
            _fill(container, frames, fps, quality, None, 0)
    except FFmpegError as error:
        raise MediaError(f"the frames cannot be encoded: {error}") from error


def read_frames(source: Path | BinaryIO, name: str = "") -> NDArray[np.uint8]:
    """All frames [T, H, W, 3] of a short video.

    Raises:
        MediaError: it cannot be read or holds no frame.
    """
    label = name or str(source)
    try:
        with av.open(source if not isinstance(source, Path) else str(source), "r") as container:
            images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    except (FFmpegError, IndexError) as error:
        raise MediaError(f"{label}: is not a readable video: {error}") from error
    if not images:
        raise MediaError(f"{label}: holds no frame")
    return np.stack(images).astype(np.uint8, copy=False)


def _fill(
    container: Any,
    frames: Iterable[NDArray[np.uint8]],
    fps: int,
    quality: Quality,
    waveform: NDArray[np.float32] | None,
    sample_rate: int,
) -> None:
    codec, pixels, options = _CODECS[quality]
    video = sound = None
    for frame in frames:
        if video is None:
            height, width = frame.shape[:2]
            video = container.add_stream(codec, rate=fps, options=options)
            video.width, video.height = width, height
            odd = height % 2 or width % 2
            video.pix_fmt = "yuv444p" if odd and pixels == "yuv420p" else pixels
            video.thread_count = 1  # the bytes then depend on the frames alone
            if waveform is not None:
                sound = container.add_stream("aac", rate=sample_rate, layout="mono")
                sound.bit_rate = _AAC_BITS
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        container.mux(video.encode(picture))
    if video is None:
        raise MediaError("a video needs at least one frame")
    container.mux(video.encode())
    if sound is not None and waveform is not None:
        samples = np.ascontiguousarray(waveform[None], np.float32)
        piece = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        piece.sample_rate = sample_rate
        piece.time_base = fractions.Fraction(1, sample_rate)
        container.mux(sound.encode(piece))
        container.mux(sound.encode())
