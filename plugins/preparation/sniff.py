"""Whether a file that cannot be opened was a video once."""

from __future__ import annotations

from pathlib import Path

__all__ = ["looks_like_video"]

_HEAD = 4096


def looks_like_video(path: Path) -> bool:
    """Whether the file begins as a video container does: it is then damaged, or cut off.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    packets = len(head) > 376 and head[0] == head[188] == head[376] == 0x47
    return packets or any(
        head[start : start + len(mark)] == mark
        for start, mark in (
            (4, b"ftyp"),  # MP4, MOV
            (4, b"moov"),
            (4, b"mdat"),
            (4, b"wide"),
            (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
            (8, b"AVI "),
            (0, b"FLV\x01"),
            (0, b"OggS"),
            (0, b"\x00\x00\x01\xba"),  # MPEG program stream
            (0, b"\x00\x00\x01\xb3"),
            (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # ASF, WMV
        )
    )
