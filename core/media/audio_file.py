"""Sound from any audio or video file: mono, at any sample rate, in constant memory."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import soxr
from numpy.typing import NDArray
from styletalker.core.errors import InputError, MediaError, compose
from styletalker.core.media.source import (
    check_complete,
    declared_end,
    decoded,
    opened,
    origin_of,
    track_of,
)

__all__ = ["AudioFacts", "AudioFile", "is_silent"]

_SILENCE_DB = -60.0
"""Relative to full scale: below the noise of a quiet room in any recording of speech."""
_GAP_S = Fraction(1, 20)
"""Gaps in the time stamps from which on silence is put in; containers round stamps to 1 ms."""
_LATE_S = Fraction(1, 500)
"""The same for the first stamp: a track that begins later than the file does."""
_LONGEST_GAP_S = 3600
"""A longer gap is a wrong time stamp, not a pause."""
_FEED_S = 1.0
"""Seconds of sound given to the resampler at once; the result does not depend on it."""
_RATES = (1, 1_536_000)


@attrs.frozen
class AudioFacts:
    """What a sound is."""

    path: Path
    """The file."""
    duration_s: Fraction
    """Exact duration in seconds, counted in decoded samples."""
    sample_rate: int
    """Samples per second in the file."""
    channels: int
    """Number of channels in the file."""
    codec: str
    """FFmpeg's name of the codec, such as ``aac``."""


@attrs.frozen
class AudioFile:
    """The sound of an audio or video file; nothing of it stays open or in memory.

    Time zero is the start of the file: a sound track that begins later than the video is
    preceded by silence, and what an encoder has put before time zero is left out.
    """

    path: Path
    """The file."""
    sample_rate: int
    """Samples per second in the file."""
    channels: int
    """Number of channels in the file."""
    codec: str
    """FFmpeg's name of the codec."""
    _counted: list[int] = attrs.field(factory=list, init=False, repr=False, eq=False)

    @classmethod
    def open(cls, path: Path | str) -> AudioFile:
        """The sound of a file; its first samples are decoded to see that it is one.

        Raises:
            InputError: there is no such file, or it is a folder.
            MediaError: it is empty, no media file, without sound, or cannot be decoded.
        """
        path = Path(path)
        with opened(path) as container:
            stream = track_of(container, "audio", path)
            first = next((f for f in decoded(container, stream, path) if f.samples), None)
            if first is None:
                raise MediaError(f"{path}: the sound track holds no samples")
            channels, codec = len(first.layout.channels), stream.codec_context.codec.canonical_name
            return cls(path, first.sample_rate, channels, codec)

    @property
    def facts(self) -> AudioFacts:
        """What the sound is; the whole file is decoded once to count its samples."""
        duration = Fraction(self.count_samples(), self.sample_rate)
        return AudioFacts(self.path, duration, self.sample_rate, self.channels, self.codec)

    def count_samples(self) -> int:
        """The exact number of samples per channel at the file's own rate.

        The file is decoded for it the first time; no samples are kept.

        Raises:
            MediaError: decoding fails.
        """
        if not self._counted:
            with opened(self.path) as container:
                pieces = _placed(container, track_of(container, "audio", self.path), self.path)
                self._counted.append(sum(silence + kept for silence, kept, _ in pieces))
        return self._counted[0]

    def blocks(self, *, sample_rate: int, seconds: float = 1.0) -> Iterator[NDArray[np.float32]]:
        """The sound as mono float32 blocks [S] in [-1, 1]; memory does not grow with its length.

        Mono is the mean of the channels; the resampler is soxr's HQ. The samples are the same
        for any *seconds*.

        Args:
            sample_rate: samples per second of the blocks.
            seconds: length of a block, above 0; the last one may be shorter.

        Raises:
            InputError: *sample_rate* or *seconds* is out of range.
            MediaError: decoding fails (it says after how many seconds), or a sample is not finite.
        """
        size = _block_size(sample_rate, seconds)
        return _regrouped(self._resampled(sample_rate), size)

    def read(self, *, sample_rate: int) -> NDArray[np.float32]:
        """The whole sound as :meth:`blocks` gives it, in one piece [S]."""
        return np.concatenate(list(self.blocks(sample_rate=sample_rate)))

    def native_blocks(self) -> Generator[NDArray[np.float32]]:
        """The sound [S, C] as it is in the file: its own rate, its own channels, not clipped.

        Raises:
            MediaError: as :meth:`blocks`.
        """
        with opened(self.path) as container:
            position = 0
            stream = track_of(container, "audio", self.path)
            for silence, kept, frame in _placed(container, stream, self.path):
                if frame.sample_rate != self.sample_rate:
                    raise MediaError(_changed(self.path, position, self, frame.sample_rate))
                for start in range(0, silence, self.sample_rate):
                    quiet = min(self.sample_rate, silence - start)
                    yield np.zeros((quiet, self.channels), np.float32)
                samples = _samples(frame)[:kept]
                if not np.isfinite(samples).all():
                    raise MediaError(_not_finite(self.path, position / self.sample_rate))
                position += silence + kept
                yield samples

    def _resampled(self, sample_rate: int) -> Iterator[NDArray[np.float32]]:
        mono = (block.mean(axis=1, dtype=np.float32) for block in self.native_blocks())
        if sample_rate == self.sample_rate:
            yield from (np.clip(block, -1.0, 1.0) for block in mono)
            return
        resampler = soxr.ResampleStream(self.sample_rate, sample_rate, 1, dtype="float32")
        for block in _regrouped(mono, max(1, round(_FEED_S * self.sample_rate))):
            yield np.clip(resampler.resample_chunk(block), -1.0, 1.0)
        rest = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        yield np.clip(rest, -1.0, 1.0)


def is_silent(waveform: NDArray[np.float32]) -> bool:
    """Whether no sample of a waveform [S] in [-1, 1] is louder than -60 dB of full scale."""
    return float(np.abs(waveform).max(initial=0.0)) < 10 ** (_SILENCE_DB / 20)


def _placed(container: Any, stream: Any, path: Path) -> Iterator[tuple[int, int, Any]]:
    """For each decoded frame: samples of silence before it, samples to keep of it, the frame."""
    origin = origin_of(container)
    position = 0
    seconds = Fraction(0)
    end = declared_end(container, stream)
    for frame in decoded(container, stream, path):
        rate = frame.sample_rate
        silence = 0
        if frame.pts is not None:
            gap = frame.pts * frame.time_base - origin - Fraction(position, rate)
            if (_LATE_S if position == 0 else _GAP_S) < gap < _LONGEST_GAP_S:
                silence = round(gap * rate)
        kept = frame.samples
        if end is not None:
            over = position + silence + kept - round(end * rate)
            kept -= over if 0 < over < 2 * frame.samples and over <= kept else 0
        position += silence + kept
        seconds = Fraction(position, rate)
        yield silence, kept, frame
    check_complete(path, "sound", seconds, end)


def _samples(frame: Any) -> NDArray[np.float32]:
    """The samples [S, C] of a frame of any format, full scale 1."""
    data: NDArray[Any] = frame.to_ndarray()
    channels = len(frame.layout.channels)
    data = data.T if frame.format.is_planar else data.reshape(-1, channels)
    if data.dtype == np.uint8:
        return (data.astype(np.float32) - 128.0) / 128.0
    if np.issubdtype(data.dtype, np.integer):
        return (data / np.float64(2 ** (8 * data.itemsize - 1))).astype(np.float32)
    return data.astype(np.float32)


def _regrouped(blocks: Iterable[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """The same samples in blocks of *size*; the last one may be shorter."""
    held: list[NDArray[np.float32]] = []
    length = 0
    for block in blocks:
        held.append(block)
        length += len(block)
        if length < size:
            continue
        joined = np.concatenate(held)
        whole = length - length % size
        yield from (joined[start : start + size] for start in range(0, whole, size))
        held, length = [joined[whole:].copy()], length - whole
    if length:
        yield np.concatenate(held)


def _block_size(sample_rate: int, seconds: float) -> int:
    low, high = _RATES
    if not low <= sample_rate <= high:
        expected = f"{low} to {high} samples per second"
        raise InputError(compose("sample_rate", expected=expected, given=sample_rate))
    if not 0 < seconds < float("inf"):
        raise InputError(compose("seconds", expected="a length above 0", given=seconds))
    return max(1, round(seconds * sample_rate))


def _changed(path: Path, position: int, file: AudioFile, rate: int) -> str:
    after = f"after {position / file.sample_rate:.2f} s"
    return f"{path}: the sampling rate changes {after}, from {file.sample_rate} to {rate} Hz"


def _not_finite(path: Path, seconds: float) -> str:
    problem = f"samples after {seconds:.2f} s are not finite (NaN or infinity)"
    return compose(problem, where=str(path), fix="Export the sound again.")
