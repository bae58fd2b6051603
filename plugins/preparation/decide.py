"""From the records of all inputs to what stands where in the corpus; the same for the same records.

Copies are found and the best one stays, faces become people, and people go to splits. A sound that
is heard in the clips of several people keeps them in one split: nobody, and nothing that is said,
stands in two.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs
import numpy as np
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.duplicates import Match, Prints, matches_of
from styletalker.plugins.preparation.people import Unions, people_of
from styletalker.plugins.preparation.records import ClipRecord, Record
from styletalker.plugins.preparation.split import SPLITS, split_groups

__all__ = ["Decision", "Placed", "decide"]

_COPY = 0.5
"""A clip of which this part is in a better one is a copy of it."""
_NAME = 40
"""Characters of a file's name in that of a clip."""


@attrs.frozen(kw_only=True, eq=False)
class Placed:
    """A clip, and what was decided about it."""

    name: str
    """In the corpus."""
    source: str
    """Name of the input."""
    key: str
    """Of the input's record and part."""
    clip: ClipRecord
    identity: str
    split: str
    """Where it goes; empty for a copy that is left out."""
    copy_of: str = ""
    """Name of the better copy."""


@attrs.frozen(kw_only=True, eq=False)
class Decision:
    """What a corpus is made of."""

    clips: tuple[Placed, ...]
    """In the order of the inputs."""
    same_files: Mapping[str, str]
    """Input -> the earlier one with the same content."""

    def kept(self, split: str) -> list[Placed]:
        """The clips of a split in the order of its shards: inputs mixed, each one's together."""
        own = [one for one in self.clips if one.split == split]
        return sorted(own, key=lambda one: (_mixed(one.key), one.clip.index))

    @property
    def splits(self) -> tuple[str, ...]:
        """Those with clips."""
        return tuple(split for split in SPLITS if any(one.split == split for one in self.clips))

    @property
    def checksum(self) -> str:
        """Of everything that was decided."""
        lines = [
            f"{one.key} {one.clip.index} {one.name} {one.identity} {one.split}"
            for one in self.clips
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def decide(inputs: Sequence[tuple[str, str, Record]], config: PrepareConfig) -> Decision:
    """Decide about all clips.

    Args:
        inputs: (name, key, record), sorted by name.
        config: thresholds and shares.
    """
    same_files: dict[str, str] = {}
    first: dict[str, str] = {}
    clips: list[Placed] = []
    for name, key, record in inputs:
        if key in first:
            same_files[name] = first[key]
            continue
        first[key] = name
        clips += [_placed(name, key, clip) for clip in record.clips]
    prints = [Prints.of(one.key, one.clip.sound_print, one.clip.picture_print) for one in clips]
    matches = matches_of(prints)
    copies = _copies(clips, matches) if config.duplicates == "drop" else {}
    identities = _identities(clips, config)
    splits = _splits(clips, identities, matches, copies, config)
    return Decision(
        clips=tuple(
            attrs.evolve(
                one,
                identity=identities[k],
                split="" if k in copies else splits[k],
                copy_of=clips[copies[k]].name if k in copies else "",
            )
            for k, one in enumerate(clips)
        ),
        same_files=same_files,
    )


def _placed(source: str, key: str, clip: ClipRecord) -> Placed:
    """A clip with its name: readable, unique, and without a dot, which archives use otherwise."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePosixPath(source).stem).strip("-")[:_NAME]
    name = f"{stem or 'clip'}-{key[:10]}-{clip.index:04d}"
    return Placed(name=name, source=source, key=key, clip=clip, identity="", split="")


def _copies(clips: Sequence[Placed], matches: Sequence[Match]) -> dict[int, int]:
    """Clip -> the better copy that stays."""
    near: dict[int, list[int]] = {}
    for match in matches:
        if match.seen and match.shared >= _COPY:
            near.setdefault(match.first, []).append(match.second)
            near.setdefault(match.second, []).append(match.first)
    best_first = sorted(near, key=lambda k: (-clips[k].clip.quality, -clips[k].clip.frames, k))
    copies: dict[int, int] = {}
    for rank, k in enumerate(best_first):
        better = [m for m in best_first[:rank] if m in near[k] and m not in copies]
        if better:
            copies[k] = better[0]
    return copies


def _identities(clips: Sequence[Placed], config: PrepareConfig) -> list[str]:
    """Who is seen in each clip: as a list says, else as the option ``identities`` does."""
    tracks: dict[tuple[str, str], list[int]] = {}
    for k, one in enumerate(clips):
        if one.clip.identity is None and config.identities == "faces":
            tracks.setdefault((one.key, one.clip.track), []).append(k)
    means = [
        np.average(
            [clips[k].clip.embedding for k in own],
            axis=0,
            weights=[clips[k].clip.frames for k in own],
        )
        for own in tracks.values()
    ]
    lengths = [float(sum(clips[k].clip.frames for k in own)) for own in tracks.values()]
    people = people_of(means, lengths, config.same_person)
    found = [_said(one, config.identities) for one in clips]
    for own, person in zip(tracks.values(), people, strict=True):
        for k in own:
            found[k] = f"person-{person:05d}"
    return found


def _said(one: Placed, choice: str) -> str:
    if one.clip.identity is not None:
        return one.clip.identity
    path = PurePosixPath(one.source)
    return path.parts[0] if choice == "folders" and len(path.parts) > 1 else path.stem


def _splits(
    clips: Sequence[Placed],
    identities: Sequence[str],
    matches: Sequence[Match],
    copies: Mapping[int, int],
    config: PrepareConfig,
) -> list[str]:
    """The split of each clip: people whose clips share a sound go together."""
    numbers = {name: number for number, name in enumerate(sorted(set(identities)))}
    unions = Unions(len(numbers))
    for match in matches:
        unions.join(numbers[identities[match.first]], numbers[identities[match.second]])
    groups = [unions.root(numbers[identity]) for identity in identities]
    names: dict[int, str] = {}
    seconds: dict[str, float] = {}
    for k, (group, one) in enumerate(zip(groups, clips, strict=True)):
        name = names.setdefault(group, f"{one.key} {one.clip.index}")
        seconds[name] = seconds.get(name, 0.0) + (0.0 if k in copies else one.clip.seconds)
    chosen = split_groups(seconds, val_share=config.val_share, test_share=config.test_share)
    return [chosen[names[group]] for group in groups]


def _mixed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
