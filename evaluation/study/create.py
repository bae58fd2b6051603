"""Making a study out of folders of videos."""

from __future__ import annotations

import hashlib
import itertools
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, StyletalkerError, compose
from styletalker.core.files import atomic_path
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.source import opened, tracks
from styletalker.core.media.video import write_video
from styletalker.evaluation.harness.folders import SUFFIXES
from styletalker.evaluation.study.plan import MEDIA, Item, Kind, Study, save_study

__all__ = ["Made", "create_study"]

_FPS = 25
_RATE = 48000
_PLAYABLE = {("h264", "yuv420p"), ("vp9", "yuv420p"), ("vp8", "yuv420p"), ("av1", "yuv420p")}
"""Codecs and pixel formats that browsers show."""
_SOUNDS = {"aac", "mp3", "opus", "vorbis"}
_CONTAINERS = {".mp4", ".webm", ".m4v"}


@attrs.frozen(kw_only=True)
class Made:
    """A new study, and what is not in it."""

    study: Study
    left_out: tuple[str, ...]
    """Clips that are not in it, with the reason."""


def create_study(
    folder: Path,
    methods: Mapping[str, Path],
    *,
    kind: Kind,
    title: str,
    questions: Sequence[str],
    per_person: int,
    checks: int,
    seed: int = 0,
    progress: Callable[[], object] = int,
) -> Made:
    """Copy videos into *folder* under names that tell nothing, and write ``study.json``.

    Videos that browsers do not play are encoded again; the others are copied bit by bit. Only clips
    that every method has are used, so that each method is asked about the same ones.

    Args:
        folder: where to; it must not hold a study yet.
        methods: name -> folder of videos, paired by their stems.
        kind: how people are asked.
        title: shown on the pages.
        questions: asked about every video or pair.
        per_person: videos or pairs for one person; fewer if there are not so many.
        checks: attention checks for one person: a video whose picture stands still.
        seed: of names and order.
        progress: called after each video.

    Raises:
        InputError: the folder holds a study, or there are too few methods or common clips.
        RunError: something cannot be written.
    """
    if (folder / "study.json").exists():
        fix = "Choose another folder, or delete this one with its answers."
        raise InputError(compose("already holds a study", where=str(folder), fix=fix))
    least = 2 if kind == "pairwise" else 1
    if len(methods) < least:
        fix = "Give --generated NAME=FOLDER for each."
        expected = f"{least} at least"
        raise InputError(compose("too few methods", expected=expected, given=len(methods), fix=fix))
    videos, left_out = _common({name: _videos(path) for name, path in methods.items()})
    items, broken = _copied(folder / MEDIA, videos, seed, progress)
    left_out += broken
    names = tuple(methods)
    clips = sorted({one.clip for one in items})
    if not clips:
        problem = "there is no clip of which every method has a video that can be played"
        raise InputError(compose(problem, fix="; ".join(left_out[:3])))
    spoiled = _spoiled(folder / MEDIA, items, clips, names[0], min(checks, len(clips)), seed)
    pairs = len(list(itertools.combinations(names, 2))) if kind == "pairwise" else len(names)
    study = Study(
        kind=kind,
        title=title,
        questions=tuple(questions),
        methods=names,
        items=(*items, *spoiled),
        per_person=min(per_person, pairs * len(clips)),
        checks=len(spoiled),
        seed=seed,
    )
    save_study(folder, study)
    return Made(study=study, left_out=tuple(left_out))


def _videos(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(compose("no such folder", where=str(folder)))
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    found = {path.stem: path for path in files if path.suffix.lower() in SUFFIXES}
    if not found:
        expected = f"files ending in {', '.join(SUFFIXES)}"
        raise InputError(compose("holds no video", where=str(folder), expected=expected))
    return found


def _common(found: Mapping[str, dict[str, Path]]) -> tuple[dict[str, dict[str, Path]], list[str]]:
    """Clip -> method -> file, of the clips that all methods have; and which are left out."""
    stems = sorted(set().union(*found.values()))
    chosen, left_out = {}, []
    for stem in stems:
        lacking = [method for method, videos in found.items() if stem not in videos]
        if lacking:
            left_out.append(f"{stem}: {', '.join(lacking)} has no video of this name")
        else:
            chosen[stem] = {method: videos[stem] for method, videos in found.items()}
    return chosen, left_out


def _copied(
    media: Path, videos: Mapping[str, dict[str, Path]], seed: int, progress: Callable[[], object]
) -> tuple[list[Item], list[str]]:
    items: list[Item] = []
    broken = []
    for clip, files in videos.items():
        made = []
        try:
            for method, path in files.items():
                name = _secret(seed, clip, method)
                file = _playable(path, media, name)
                made.append(Item(id=name, method=method, clip=clip, file=file))
                progress()
        except StyletalkerError as error:
            broken.append(f"{clip}: {error}")
            continue
        items += made
    return items, broken


def _secret(*parts: object) -> str:
    """A name that tells nothing to those who see it."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def _playable(path: Path, media: Path, name: str) -> str:
    """Copy a video, or encode it again if browsers cannot show it; its new name."""
    movie = MovieFile.open(path)
    _ = movie.facts  # read to its end: a video that is cut short is told now
    if _is_playable(path):
        file = name + path.suffix.lower()
        with atomic_path(media / file) as temporary:
            shutil.copyfile(path, temporary)
        return file
    _encode(movie, movie.frames(fps=_FPS), media / f"{name}.mp4")
    return f"{name}.mp4"


def _is_playable(path: Path) -> bool:
    if path.suffix.lower() not in _CONTAINERS:
        return False
    with opened(path) as container:
        seen = [(s.codec_context.name, s.codec_context.pix_fmt) for s in tracks(container, "video")]
        heard = [s.codec_context.name for s in tracks(container, "audio")]
    names = {"libdav1d": "av1"}
    return all((names.get(c, c), p) in _PLAYABLE for c, p in seen) and set(heard) <= _SOUNDS


def _encode(movie: MovieFile, frames: Iterator[NDArray[np.uint8]], path: Path) -> None:
    audio = movie.audio()
    sound = None if audio is None else audio.read(sample_rate=_RATE)
    even = (frame[: len(frame) // 2 * 2, : frame.shape[1] // 2 * 2] for frame in frames)
    write_video(path, even, fps=_FPS, waveform=sound, sample_rate=_RATE)


def _spoiled(
    media: Path, items: Sequence[Item], clips: Sequence[str], method: str, count: int, seed: int
) -> list[Item]:
    """Copies of some videos whose picture stands still: nobody who watches prefers them."""
    chosen = random.Random(seed).sample(list(clips), count)  # noqa: S311 - no secret
    found = {(one.clip, one.method): one for one in items}
    spoiled = []
    for clip in chosen:
        name = _secret(seed, clip, method, "spoiled")
        movie = MovieFile.open(media / found[clip, method].file)
        _encode(movie, _still(movie), media / f"{name}.mp4")
        spoiled.append(Item(id=name, method=method, clip=clip, file=f"{name}.mp4", spoiled=True))
    return spoiled


def _still(movie: MovieFile) -> Iterator[NDArray[np.uint8]]:
    """The first frame, as often as there are frames."""
    first: NDArray[np.uint8] | None = None
    for frame in movie.frames(fps=_FPS):
        first = frame if first is None else first
        yield first
