"""What sync discriminators with right and wrong pairs share."""

from __future__ import annotations

from styletalker.core.errors import InputError, compose
from torch import Tensor

__all__ = ["check_pairs", "check_windows", "wrong_pairs"]

_LEAST_SHIFT = 2
"""Frames by which a wrong pair is shifted at least: viewers do not notice 40 ms."""


def wrong_pairs(audio: Tensor) -> Tensor:
    """Embeddings [B, N, E] of sound that does not belong to the windows in their places.

    Those of the same clip, half of its windows later (round the end), which is at least 2 frames;
    of the next clip where clips have fewer than 4 windows.

    Raises:
        InputError: there is one clip, and it has fewer than 4 windows.
    """
    clips, windows = audio.shape[:2]
    if windows // 2 >= _LEAST_SHIFT:
        return audio.roll(windows // 2, 1)
    if clips < 2:
        problem = "one clip has no wrong pairs: give longer frames, or a larger batch"
        raise InputError(problem)
    return audio.roll(1, 0)


def check_pairs(video: Tensor, audio: Tensor, samples: int) -> None:
    """Raise InputError unless both embeddings [B, N, E] are of the same clips and windows."""
    if video.shape != audio.shape:
        problem = "the waveform does not belong to the frames"
        expected = f"waveform [B, S] = [{len(video)}, {samples}]"
        given = f"{len(audio)} clips of {audio.shape[1]} windows"
        raise InputError(compose(problem, expected=expected, given=given))


def check_windows(name: str, frames: int, window_frames: int) -> int:
    """How many windows *frames* frames have; InputError if none."""
    if frames < window_frames:
        problem = f"{name} too short for one window"
        expected = f"at least {window_frames} frames"
        raise InputError(compose(problem, expected=expected, given=frames))
    return frames - window_frames + 1
