"""Video with sound, through PyAV: frames in, a playable file out, and back."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from styletalker.core.errors import MediaError
from styletalker.core.media.picture_track import PictureTrack, Quality
from styletalker.core.media.sound_track import Waveform
from styletalker.core.media.video_writer import VideoWriter

__all__ = ["Quality", "encode_video", "read_frames", "write_video"]


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
        waveform: mono sound [S] in [-1, 1], cut or padded to the video's length; None for a
            silent file.
        sample_rate: samples per second of the sound.
        quality: what to keep.

    Raises:
        InputError: the suffix, or a frame, is not one that can be written.
        MediaError: there is no frame, or it cannot be encoded.
        RunError: the file cannot be written.
    """
    sound = None if waveform is None else Waveform(waveform, sample_rate)
    with VideoWriter(path, fps=fps, quality=quality, sound=sound) as writer:
        for frame in frames:
            writer.write(frame)


def encode_video(
    stream: BinaryIO, frames: Iterable[NDArray[np.uint8]], *, fps: int, quality: Quality
) -> None:
    """Write an MP4 file without sound to a binary stream; the same frames give the same bytes."""
    try:
        with av.open(stream, "w", format="mp4") as container:
            track: PictureTrack | None = None
            for frame in frames:
                if track is None:
                    size = (frame.shape[0], frame.shape[1])
                    track = PictureTrack(
                        container,
                        fps=Fraction(fps),
                        size=size,
                        quality=quality,
                        tell_colours=False,  # only this toolkit reads it
                    )
                track.write(frame)
            if track is None:
                raise MediaError("a video needs at least one frame")
            track.close()
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
