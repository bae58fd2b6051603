"""One shard: a tar archive in which each clip is a group of files of one name.

===================  ==========================================================
``NAME.mp4``         frames, H.264 (lossless RGB, or high quality 4:4:4)
``NAME.flac``        sound, mono, 16 bit
``NAME.json``        identity, text, phonemes with times, rates, facts
``NAME.npz``         landmarks, visibility and parameters per frame, if known
===================  ==========================================================

This is the layout of WebDataset, which torch (``webdataset``), Ray Data (``read_webdataset``) and
plain ``tar`` read front to back, so a corpus streams from a disk or a bucket without an index;
one file per clip would be millions of small files, and a database could not be streamed.
The same clips give the same bytes: no times, owners or compression levels of the moment.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.errors import MediaError
from styletalker.core.files import atomic_path
from styletalker.core.media.sound import decode_flac, encode_flac
from styletalker.core.media.video import Quality, encode_video, read_frames

__all__ = ["add_clip", "facts_of", "read_archive", "read_clip", "write_archive"]

_ARRAYS = ("landmarks", "visible", "parameters")


def write_archive(path: Path, clips: Iterable[Clip], quality: Quality) -> list[str]:
    """Write clips to an archive atomically, one at a time; their names in order."""
    names, ustar = [], tarfile.USTAR_FORMAT
    with atomic_path(path) as temporary, tarfile.open(temporary, "w", format=ustar) as archive:
        for clip in clips:
            add_clip(archive, clip.name, _files_of(clip, quality))
            names.append(clip.name)
    return names


def add_clip(archive: tarfile.TarFile, name: str, files: Mapping[str, bytes]) -> None:
    """Append the files of a clip, suffix -> content, to an open archive."""
    for suffix in sorted(files):
        member = tarfile.TarInfo(f"{name}.{suffix}")
        member.size, member.mode = len(files[suffix]), 0o644
        archive.addfile(member, io.BytesIO(files[suffix]))


def read_archive(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Where everything is in an archive: clip name -> suffix -> (offset, size).

    Raises:
        MediaError: it is not a whole archive.
    """
    found: dict[str, dict[str, tuple[int, int]]] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                name, _, suffix = member.name.rpartition(".")
                if member.offset_data + member.size > path.stat().st_size:
                    raise tarfile.ReadError("unexpected end of file")
                found.setdefault(name, {})[suffix] = (member.offset_data, member.size)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise MediaError(f"{path}: is not a readable shard: {error}") from error
    return found


def read_clip(path: Path, name: str, members: Mapping[str, tuple[int, int]]) -> Clip:
    """One clip of an archive, by the places :func:`read_archive` found.

    Raises:
        MediaError: something in it is damaged.
    """
    label = f"{path}: clip {name}"

    def content(suffix: str) -> io.BytesIO:
        if suffix not in members:
            raise MediaError(f"{label}: has no .{suffix} file")
        offset, size = members[suffix]
        with path.open("rb") as stream:
            stream.seek(offset)
            return io.BytesIO(stream.read(size))

    try:
        facts = json.load(content("json"))
        arrays = _arrays(content("npz")) if "npz" in members else {}
    except (ValueError, OSError, EOFError, KeyError) as error:
        raise MediaError(f"{label}: is damaged: {error}") from error
    return Clip(
        name=name,
        identity=facts["identity"],
        frames=read_frames(content("mp4"), label),
        waveform=decode_flac(content("flac"), label),
        fps=facts["fps"],
        sample_rate=facts["sample_rate"],
        text=facts["text"],
        phonemes=tuple(
            Phoneme(one["symbol"], one["start_s"], one["end_s"]) for one in facts["phonemes"]
        ),
        landmarks=arrays.get("landmarks"),
        visible=arrays.get("visible"),
        parameters=arrays.get("parameters"),
        parameter_names=tuple(facts["parameter_names"]),
        facts=facts["facts"],
    )


def facts_of(clip: Clip) -> dict[str, Any]:
    """What is known about a clip besides its arrays, ready for JSON."""
    return {
        "name": clip.name,
        "identity": clip.identity,
        "fps": clip.fps,
        "sample_rate": clip.sample_rate,
        "frames": len(clip.frames),
        "text": clip.text,
        "phonemes": [
            {"symbol": one.symbol, "start_s": one.start_s, "end_s": one.end_s}
            for one in clip.phonemes
        ],
        "parameter_names": list(clip.parameter_names),
        "facts": dict(clip.facts),
    }


def _files_of(clip: Clip, quality: Quality) -> dict[str, bytes]:
    video, sound, arrays = io.BytesIO(), io.BytesIO(), io.BytesIO()
    encode_video(video, clip.frames, fps=clip.fps, quality=quality)
    encode_flac(sound, clip.waveform, clip.sample_rate)
    known = {name: value for name in _ARRAYS if (value := getattr(clip, name)) is not None}
    files = {
        "flac": sound.getvalue(),
        "json": json.dumps(facts_of(clip), ensure_ascii=False, sort_keys=True).encode(),
        "mp4": video.getvalue(),
    }
    if known:
        np.savez(arrays, **known)  # not compressed: npz members carry a fixed date, so no time
        files["npz"] = arrays.getvalue()
    return files


def _arrays(stream: io.BytesIO) -> dict[str, NDArray[Any]]:
    with np.load(stream, allow_pickle=False) as loaded:
        return {name: loaded[name] for name in loaded.files}
