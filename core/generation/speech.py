"""Sound by the frame: the samples of one video frame after the other, from blocks of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, MediaError, compose
from styletalker.core.media.audio_file import AudioFile, is_silent

__all__ = ["Sound", "frame_count", "frames_of_sound", "scan"]


@attrs.frozen(kw_only=True)
class Sound:
    """What was learned of a sound file by decoding it once."""

    file: AudioFile
    duration_s: Fraction
    """Exact duration, in samples of the file at its own rate."""
    silent: bool
    """Whether it is quieter than -60 dB of full scale throughout."""


def scan(file: AudioFile) -> Sound:
    """Decode a sound once, in constant memory: whatever is wrong with it is told before the work.

    Raises:
        MediaError: it is truncated or damaged, or a sample is not finite.
    """
    samples, silent = 0, True
    for block in file.native_blocks():
        samples += len(block)
        silent = silent and is_silent(block.reshape(-1))
    return Sound(file=file, duration_s=Fraction(samples, file.sample_rate), silent=silent)


def frame_count(sound: Sound, fps: Fraction) -> int:
    """How many frames of *fps* a sound lasts: round(duration * fps).

    Raises:
        MediaError: it is none.
    """
    count = round(sound.duration_s * fps)
    if count < 1:
        problem = "the sound is too short for one frame"
        expected = f"more than {float(1 / (2 * fps)):.3f} s"
        given = f"{float(sound.duration_s):.4f} s"
        where = str(sound.file.path)
        raise MediaError(compose(problem, where=where, expected=expected, given=given))
    return count


def frames_of_sound(
    blocks: Iterable[NDArray[np.float32]], hop: int, frames: int | None = None
) -> Iterator[NDArray[np.float32]]:
    """The samples [hop] of each frame.

    A last incomplete frame is padded with silence.

    Args:
        blocks: mono sound [S] in [-1, 1], in pieces of any size; read as needed.
        hop: samples per frame.
        frames: how many frames to give: what is missing is silence, what is beyond is left out.
            None for as many as there are, round(samples / hop).

    Raises:
        InputError: a block is not such an array or not finite, or there is not half a frame.
    """
    held = np.zeros(0, np.float32)
    given = 0
    for block in blocks:
        held = np.concatenate([held, _checked(block)])
        whole = len(held) // hop
        if frames is not None:
            whole = min(whole, frames - given)
        for index in range(whole):
            yield held[index * hop : (index + 1) * hop]
        held, given = held[whole * hop :].copy(), given + whole
        if given == frames:
            return
    rest = round(Fraction(len(held), hop)) if frames is None else frames - given
    padded = np.concatenate([held, np.zeros(rest * hop, np.float32)])
    if not given + rest:
        expected = f"more than {hop // 2} samples"
        raise InputError(compose("too little sound", expected=expected, given=len(held)))
    for index in range(rest):
        yield padded[index * hop : (index + 1) * hop]


def _checked(block: NDArray[np.float32]) -> NDArray[np.float32]:
    array = np.asarray(block)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.floating):
        given = f"{array.dtype} {list(array.shape)}"
        raise InputError(compose("not sound", expected="float [S] in [-1, 1]", given=given))
    if not np.isfinite(array).all():
        raise InputError("the sound holds samples that are not finite")
    return np.clip(array, -1.0, 1.0).astype(np.float32, copy=False)
