"""The sound side of a video file: an audio file's own packets where they fit, else encoded."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from fractions import Fraction
from typing import Any, Protocol

import attrs
import av
import numpy as np
from numpy.typing import NDArray
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.source import opened, origin_of, packets_of, track_of

__all__ = ["CopiedSound", "EncodedSound", "Sound", "Waveform", "sound_track"]

_COPIED: dict[str, tuple[str, ...]] = {
    "mp4": ("aac", "mp3"),
    "mov": ("aac", "alac", "mp3"),
    "matroska": ("aac", "flac", "mp3", "opus", "vorbis"),
    "webm": ("opus", "vorbis"),
}
"""Codecs that a container holds and its usual players decode."""
_PRIMED = ("opus", "vorbis", "flac")
"""Codecs whose priming Matroska can express (or that have none)."""
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
_BITS = {"mono": 128_000, "stereo": 192_000}
_MOST_BITS = 512_000
"""Bits per second of encoded sound: transparent for speech."""


class Sound(Protocol):
    """Sound at its own rate, with its own channels."""

    @property
    def sample_rate(self) -> int:
        """Samples per second."""

    @property
    def channels(self) -> int:
        """Number of channels."""

    def native_blocks(self) -> Generator[NDArray[np.float32]]:
        """The samples [S, C] in order, full scale 1."""


@attrs.frozen(eq=False)
class Waveform:
    """Mono sound in memory."""

    samples: NDArray[np.float32]
    """The waveform [S] in [-1, 1]."""
    sample_rate: int
    """Samples per second."""
    channels: int = attrs.field(default=1, init=False)
    """One."""

    def native_blocks(self) -> Generator[NDArray[np.float32]]:
        """Its samples [S, 1], a second at a time."""
        for start in range(0, len(self.samples), self.sample_rate):
            yield self.samples[start : start + self.sample_rate, None].astype(np.float32)


def sound_track(
    container: Any, sound: Sound, held: contextlib.ExitStack
) -> CopiedSound | EncodedSound:
    """The track that brings *sound* into the container; *held* keeps its file open.

    Raises:
        MediaError: the sound's file cannot be read.
    """
    if isinstance(sound, AudioFile) and _fits(container.format.name, sound):
        source = held.enter_context(opened(sound.path))
        return CopiedSound(container, source, track_of(source, "audio", sound.path), sound)
    blocks = sound.native_blocks()
    held.callback(blocks.close)
    return EncodedSound(container, sound, blocks)


class EncodedSound:
    """Sound that is encoded anew, cut or padded with silence to the video's exact length."""

    def __init__(self, container: Any, sound: Sound, blocks: Iterator[NDArray[np.float32]]) -> None:
        codec = _codec_for(container.format.name)
        self._container = container
        self._rate = sound.sample_rate
        self._layout = _LAYOUTS.get(sound.channels, "mono")
        self._blocks = blocks
        self._channels = sound.channels
        self._held = np.zeros((0, sound.channels), np.float32)
        self._given = 0
        self._stream = container.add_stream(
            codec, rate=_nearest_rate(codec, self._rate), layout=self._layout
        )
        self._stream.bit_rate = _BITS.get(self._layout, _MOST_BITS)

    def advance(self, end: Fraction) -> None:
        """Write what sounds before *end* (seconds); silence where the sound is over."""
        missing = round(end * self._rate) - self._given
        while missing > 0:
            if not len(self._held):
                rest = np.zeros((missing, self._channels), np.float32)
                self._held = next(self._blocks, rest)
            piece, self._held = self._held[:missing], self._held[missing:]
            self._encode(piece)
            missing -= len(piece)

    def close(self, end: Fraction) -> None:
        """Write the rest up to *end*, the end of the video."""
        self.advance(end)
        self._container.mux(self._stream.encode(None))

    def _encode(self, piece: NDArray[np.float32]) -> None:
        if self._layout == "mono" or piece.shape[1] != self._channels:
            piece = piece.mean(axis=1, keepdims=True)  # channels that changed, or have no layout
            piece = np.repeat(piece, av.AudioLayout(self._layout).nb_channels, axis=1)
        samples = np.ascontiguousarray(np.clip(piece, -1.0, 1.0).T, np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=self._layout)
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._given  # without it, the encoder's priming would delay the sound
        self._given += len(piece)
        self._container.mux(self._stream.encode(frame))


class CopiedSound:
    """The packets of an audio file, unchanged, up to the one in which the video ends."""

    def __init__(self, container: Any, source: Any, track: Any, file: AudioFile) -> None:
        self._container = container
        self._stream = container.add_stream_from_template(track)
        self._origin = round(origin_of(source) / track.time_base)
        self._packets = packets_of(source, track, file.path)
        self._next: Any = None

    def advance(self, end: Fraction) -> None:
        """Write the packets that are over before *end* (seconds)."""
        while (packet := self._upcoming()) is not None:
            if (packet.pts + packet.duration) * packet.time_base > end:
                return
            self._mux(packet)

    def close(self, end: Fraction) -> None:
        """Write the rest up to *end*; the last packet counts up to there only."""
        self.advance(end)
        packet = self._upcoming()
        if packet is not None and packet.pts * packet.time_base < end:
            packet.duration = max(1, round(end / packet.time_base) - packet.pts)
            self._mux(packet)

    def _upcoming(self) -> Any:
        """The next packet, its time counted from the file's time zero; None at the end."""
        if self._next is None:
            self._next = next((p for p in self._packets if p.size and p.pts is not None), None)
            if self._next is not None:
                self._next.pts -= self._origin
                if self._next.dts is not None:
                    self._next.dts -= self._origin
        return self._next

    def _mux(self, packet: Any) -> None:
        packet.stream = self._stream
        self._container.mux(packet)
        self._next = None


def _fits(container: str, file: AudioFile) -> bool:
    """Whether the file's own packets can go into the container with their timing unchanged."""
    if file.codec not in _COPIED.get(container, ()):
        return False
    with opened(file.path) as source:
        track = track_of(source, "audio", file.path)
        if file.codec == "aac" and not track.codec_context.extradata:
            return False  # from a stream of ADTS frames
        if container != "matroska" or file.codec in _PRIMED:
            return True
        first = next((p.pts for p in source.demux(track) if p.pts is not None), 0)
        # Matroska cannot express AAC's and MP3's priming in a copy: everything would shift.
        return bool(first * track.time_base >= origin_of(source))


def _codec_for(container: str) -> str:
    return "libopus" if container == "webm" else "aac"


def _nearest_rate(codec: str, rate: int) -> int:
    """The source's own rate where the codec knows it, else the next higher, else its highest."""
    known = sorted(int(str(known)) for known in av.Codec(codec, "w").audio_rates or [])
    if codec == "libopus" and rate not in known:
        return known[-1]
    return next((one for one in known if one >= rate), known[-1] if known else rate)
