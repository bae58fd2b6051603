"""Opening media files that users give: every bad one is told apart, and decoding stops cleanly."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from styletalker.core.errors import InputError, MediaError, closest, compose

__all__ = [
    "check_file",
    "decoded",
    "opened",
    "origin_of",
    "packets_of",
    "track_of",
    "tracks",
    "why",
]

_TEXT_READERS = ("tty", "subviewer", "srt", "webvtt", "ass", "lrc")
"""Formats as which FFmpeg opens ordinary text: a text file is no media."""
_SHORT, _SHORT_S = Fraction(1, 100), Fraction(1, 2)
"""A track shorter than its file says, by more than 1 % and half a second, is cut or damaged."""
_KNOW_THEIR_LENGTH = ("matroska", "ogg")
"""Formats, besides MP4, whose length is written down or found at their end. A WAV or MP3 that
was cut is read to its end."""
_MICROSECONDS = 1_000_000
_TAIL = 2
"""Packets at the very end that may fail to decode: a file cut in a packet, or tags after it."""


def check_file(path: Path) -> None:
    """Make sure that *path* is a file with something in it that can be read.

    Raises:
        InputError: there is no such file, it is a folder, or it may not be read.
        MediaError: it is empty.
    """
    if path.is_dir():
        raise InputError(compose("is a folder", where=str(path), fix="Give one file in it."))
    if not path.exists():
        raise InputError(_missing(path))
    if not os.access(path, os.R_OK):
        raise InputError(compose("may not be read", where=str(path), fix="Check its permissions."))
    if path.is_file() and path.stat().st_size == 0:
        raise MediaError(f"{path}: is empty (0 bytes)")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The container in a media file, open for the length of the block.

    Raises:
        InputError, MediaError: as :func:`check_file`; or it is not a media file.
    """
    check_file(path)
    try:
        # An absolute path is never taken for an address such as "pipe:".
        container = av.open(str(path.absolute()), "r", metadata_errors="replace")
    except (FFmpegError, ValueError) as error:
        problem = f"is not a readable audio or video file, or is damaged: {why(error)}"
        raise MediaError(compose(problem, where=str(path))) from error
    with container:
        if container.format.name in _TEXT_READERS:
            raise MediaError(f"{path}: is a text, not an audio or video file")
        if not container.streams.audio and not container.streams.video:
            raise MediaError(f"{path}: holds neither sound nor video, or is damaged")
        yield container


def tracks(container: InputContainer, kind: str) -> list[Any]:
    """The streams of *kind* ("audio" or "video"); cover pictures are no video."""
    found = [stream for stream in container.streams if stream.type == kind]
    return [s for s in found if not s.disposition & av.stream.Disposition.attached_pic]


def track_of(container: InputContainer, kind: str, path: Path) -> Any:
    """The stream of *kind* ("audio" or "video") that FFmpeg would play.

    Raises:
        MediaError: there is none, or none that can be decoded.
    """
    found = tracks(container, kind)
    if not found:
        lacks = "has no sound" if kind == "audio" else "has no video"
        pictures, heard = container.streams.video, container.streams.audio
        holds = ("; it holds pictures only" if pictures else "") if kind == "audio" else ""
        holds = holds or ("; it holds sound only" if heard else "")
        raise MediaError(f"{path}: {lacks}{holds}")
    best: Any = container.streams.best("audio" if kind == "audio" else "video")
    chosen: Any = best if best in found else found[0]
    if chosen.codec_context is None:
        raise MediaError(f"{path}: its {kind} is of a kind that cannot be decoded")
    return chosen


def origin_of(container: InputContainer) -> Fraction:
    """Time zero of a file, in its own time stamps [s]: the start of its earliest track."""
    streams = tracks(container, "audio") + tracks(container, "video")
    starts = []
    for stream in streams:
        if stream.start_time is not None and stream.time_base is not None:
            start = Fraction(stream.start_time * stream.time_base)
            # Sound before 0 is an encoder's priming, which the decoder leaves out.
            starts.append(max(start, Fraction(0)) if stream.type == "audio" else start)
    return min(starts, default=Fraction(0))


def declared_end(container: InputContainer, stream: Any) -> Fraction | None:
    """Where the file says that a track ends, in seconds from time zero; None where it does not.

    In an MP4 it is exact: what the codec appends after it is padding.
    """
    if "mp4" in container.format.name and stream.duration is not None:
        end = Fraction(((stream.start_time or 0) + stream.duration) * stream.time_base)
        return end - origin_of(container)
    alone = len(container.streams) == 1 and container.duration
    if alone and any(name in container.format.name for name in _KNOW_THEIR_LENGTH):
        return Fraction(container.duration or 0, _MICROSECONDS)
    return None


def check_complete(path: Path, kind: str, reached: Fraction, declared: Fraction | None) -> None:
    """Make sure that a track goes to its declared end; *kind* is "sound" or "video".

    Raises:
        MediaError: it ends much earlier.
    """
    if declared is not None and reached < declared * (1 - _SHORT) - _SHORT_S:
        problem = f"the {kind} ends after {float(reached):.2f} s of {float(declared):.2f} s"
        raise MediaError(compose(problem, where=str(path), fix="The file is cut or damaged."))


def decoded(container: InputContainer, stream: Any, path: Path) -> Iterator[Any]:
    """The frames of a track in their order.

    A packet or two that fail at the very end are let go: a recording that was cut there.

    Raises:
        MediaError: decoding fails before the end; it says after how many seconds.
    """
    origin = origin_of(container)
    reached = Fraction(0)
    failed = 0
    first: Exception | None = None
    for packet in packets_of(container, stream, path):
        if packet.size == 0 and packet.dts is not None:
            continue  # an empty sample is not the end
        try:
            frames = stream.codec_context.decode(packet)
        except EOFError:
            break
        except (FFmpegError, ValueError) as error:
            first = first or error
            failed += 1
            if failed > _TAIL:
                raise MediaError(_broken(path, stream, reached, first)) from first
            continue
        if frames and first is not None and packet.size:
            raise MediaError(_broken(path, stream, reached, first)) from first
        for frame in frames:
            if frame.pts is not None:
                reached = frame.pts * frame.time_base - origin
            yield frame
    if first is not None and reached == 0:
        raise MediaError(_broken(path, stream, reached, first)) from first


def packets_of(container: InputContainer, stream: Any, path: Path) -> Iterator[Any]:
    """The packets of a track, then an empty one that ends it.

    Raises:
        MediaError: the file cannot be read on; it says after how many seconds.
    """
    last = Fraction(0)
    try:
        for packet in container.demux(stream):
            if packet.pts is not None:
                last = packet.pts * packet.time_base
            yield packet
    except FFmpegError as error:
        reached = last - origin_of(container)
        raise MediaError(_broken(path, stream, reached, error)) from error


def _missing(path: Path) -> str:
    if not path.parent.is_dir():
        folder = str(path.parent)
        return compose("no such file, nor its folder", where=str(path), given=folder)
    beside = [file.name for file in path.parent.iterdir()]
    near = [name for name in [closest(path.name, beside)] if name is not None]
    return compose("no such file", where=str(path), name=path.name, choices=near)


def _broken(path: Path, stream: Any, reached: Fraction, error: Exception) -> str:
    kind = "sound" if stream.type == "audio" else "video"
    problem = f"the {kind} cannot be decoded after {float(reached):.2f} s: {why(error)}"
    return compose(problem, where=str(path), fix="The file is damaged: record or export it again.")


def why(error: Exception) -> str:
    """What FFmpeg says, without the path."""
    return str(getattr(error, "strerror", None) or error)
