"""Part archives: the kept clips of one input, before it is decided where each of them goes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO

import numpy as np
from numpy.typing import NDArray
from styletalker.core.engine import Place

__all__ = ["FOLDER", "arrays_of", "part_name", "read_member", "record_name", "write_part"]

FOLDER = "parts"
"""Where the work in progress lies; removed at the end."""
_HEADER = 512
"""Bytes of a member's header; the names here are short enough for one block."""


def part_name(key: str) -> str:
    """Name of an input's part archive."""
    return f"{FOLDER}/{key}.tar"


def record_name(key: str) -> str:
    """Name of an input's record, which is written after the part."""
    return f"{FOLDER}/{key}.json"


def write_part(
    place: Place, key: str, clips: Iterable[Mapping[str, bytes]]
) -> tuple[list[dict[str, tuple[int, int]]], int]:
    """Write the files of clips, one clip at a time.

    Returns:
        For each clip where its files are, suffix -> (offset, size); and the size of the archive.

    Raises:
        RunError: it cannot be written.
    """
    places = []
    with place.writing(part_name(key)) as path:
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for index, files in enumerate(clips):
                places.append(dict(_added(archive, index, files)))
        size = path.stat().st_size
    return places, size


def _added(
    archive: tarfile.TarFile, index: int, files: Mapping[str, bytes]
) -> Iterator[tuple[str, tuple[int, int]]]:
    for suffix in sorted(files):
        member = tarfile.TarInfo(f"{index:06d}.{suffix}")
        member.size, member.mode = len(files[suffix]), 0o644
        start = archive.offset + _HEADER
        archive.addfile(member, io.BytesIO(files[suffix]))
        yield suffix, (start, member.size)


def read_member(stream: IO[bytes], place: tuple[int, int]) -> bytes:
    """One file of a part that is open."""
    stream.seek(place[0])
    return stream.read(place[1])


def arrays_of(landmarks: NDArray[np.float32]) -> bytes:
    """The ``.npz`` file of a clip's landmarks [T, 68, 2]."""
    stream = io.BytesIO()
    np.savez(stream, landmarks=landmarks.astype(np.float32))
    return stream.getvalue()
