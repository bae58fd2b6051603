"""Which videos a folder holds, whom each shows, and in which split that person is."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

from styletalker.core.errors import InputError, compose
from styletalker.plugins.videos.config import VideosConfig

__all__ = ["SPLITS", "SUFFIXES", "clip_names", "identity_of", "split_people", "videos_in"]

SPLITS = ("train", "val", "test")
"""Splits, and the names of folders that say to which a video belongs."""
SUFFIXES = frozenset(
    (
        *(".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"),
        *(".mpg", ".mts", ".mxf", ".ogv", ".ts", ".webm", ".wmv"),
    )
)
"""What files are taken for videos by their names."""
_DIGITS = 16


def videos_in(folder: Path) -> list[str]:
    """Paths of all videos below *folder*, with ``/``, sorted.

    Raises:
        InputError: there is no such folder, it is a file, or it holds no video.
    """
    if not folder.is_dir():
        problem = "is a file" if folder.exists() else "no such folder"
        raise InputError(compose(problem, where=str(folder), fix="Give a folder of videos."))
    found, others = [], 0
    for place, folders, files in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if name.startswith("."):
                continue
            if Path(name).suffix.lower() in SUFFIXES:
                found.append((Path(place) / name).relative_to(folder).as_posix())
            else:
                others += 1
    if not found:
        given = f"{others} files of other kinds" if others else "nothing"
        expected = f"files that end in {', '.join(sorted(SUFFIXES))}"
        problem = f"{folder}: holds no video"
        raise InputError(compose(problem, expected=expected, given=given))
    return sorted(found)


def identity_of(name: str, config: VideosConfig) -> str:
    """Who is seen in the video *name*.

    Raises:
        InputError: the name does not say it.
    """
    path = PurePosixPath(name)
    stem = str(path.with_suffix(""))
    if config.identity_pattern:
        match = re.search(config.identity_pattern, stem)
        if match is None or not match[1]:
            problem = f"{config.folder / name}: identity_pattern finds nobody in its name"
            raise InputError(compose(problem, given=config.identity_pattern))
        return match[1]
    if config.identity == "one":
        return config.folder.absolute().name
    if config.identity == "file":
        return _below_split(PurePosixPath(stem))
    parent = _below_split(path.parent)
    if parent in ("", "."):
        problem = f"{config.folder / name}: lies in no person's folder"
        fix = "Move it to one, or set identity: file."
        raise InputError(compose(problem, fix=fix))
    return parent


def split_people(
    people: Mapping[str, str], config: VideosConfig, *, usable: Iterable[str]
) -> dict[str, str]:
    """The split of each usable video: that of its folder, or by its person.

    Args:
        people: video -> who is seen; of all videos, so that an unusable one changes no split.
        config: the options.
        usable: the videos that are used.

    Raises:
        InputError: some videos lie in a split's folder and others do not, or a person is in two.
    """
    said = {name: top for name in people if (top := PurePosixPath(name).parts[0]) in SPLITS}
    said = {name: top for name, top in said.items() if name != top}
    if not said:
        places = _by_hash(sorted(set(people.values())), config)
        return {name: places[people[name]] for name in usable}
    stray = next((name for name in people if name not in said), None)
    if stray is not None:
        problem = f"{config.folder / stray}: lies beside the folders {_listed(set(said.values()))}"
        raise InputError(compose(problem, fix="Move it into one of them, or rename the folders."))
    _refuse_leaks(said, people, config)
    return {name: said[name] for name in usable}


def clip_names(names: Sequence[str]) -> list[str]:
    """A name for each video's clips, without what has a meaning in archives and shells."""
    plain = [re.sub(r"[^\w-]", "-", str(PurePosixPath(name).with_suffix(""))) for name in names]
    times = Counter(one.lower() for one in plain)
    return [
        one if times[one.lower()] == 1 else f"{one}-{sha256(name.encode()).hexdigest()[:6]}"
        for one, name in zip(plain, names, strict=True)
    ]


def _by_hash(people: Sequence[str], config: VideosConfig) -> dict[str, str]:
    """The split of each person: what it is does not depend on who else there is.

    Unless a split that is wanted would be empty: it then gets the next person.
    """
    drawn = {one: _number(f"{config.split_seed}/{one}") for one in people}
    shares = {"test": config.test_share, "val": config.val_share}
    found = dict.fromkeys(people, "train")
    low = 0.0
    for split, share in shares.items():
        for one in people:
            if low <= drawn[one] < low + share:
                found[one] = split
        low += share
    for split, share in shares.items():
        left = sorted((one for one in people if found[one] == "train"), key=drawn.__getitem__)
        if share and split not in found.values() and len(left) > 1:
            found[left[0]] = split
    if people and "train" not in found.values():
        found[max(people, key=drawn.__getitem__)] = "train"
    return found


def _refuse_leaks(said: Mapping[str, str], people: Mapping[str, str], config: VideosConfig) -> None:
    first: dict[str, str] = {}
    for name, split in said.items():
        other = first.setdefault(people[name], name)
        if said[other] != split:
            problem = f"{config.folder}: {people[name]!r} is in two splits: {other} and {name}"
            fix = "Rename one if they are two people, else move one."
            raise InputError(compose(problem, fix=fix))


def _number(text: str) -> float:
    """A number in [0, 1) that belongs to *text*."""
    return int(sha256(text.encode()).hexdigest()[:_DIGITS], 16) / float(16**_DIGITS)


def _below_split(path: PurePosixPath) -> str:
    """A path without the folder of its split."""
    parts = path.parts[1:] if path.parts and path.parts[0] in SPLITS else path.parts
    return "/".join(parts) or str(path)


def _listed(names: set[str]) -> str:
    return ", ".join(name for name in SPLITS if name in names)


def _unreadable(error: OSError) -> None:
    raise InputError(f"{error.filename}: cannot be read: {error.strerror}") from error
