"""The corpus ``videos``: clips by split and index, cut from video files when asked for."""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, MediaError, compose
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.crop import to_size
from styletalker.core.media.movie import MovieFile
from styletalker.plugins.videos.config import VideosConfig
from styletalker.plugins.videos.layout import (
    SPLITS,
    clip_names,
    identity_of,
    split_people,
    videos_in,
)
from styletalker.plugins.videos.measure import FPS, Measured, default_index, measure_all

__all__ = ["Videos"]

_RATE = 16000
_HOP = _RATE // FPS
_FULL_SCALE = 32767.0
_SOUND_KEPT = 32_000_000
"""Samples of decoded sound that are kept, as 16 bits: 64 MB, half an hour. The clips of a video
are mostly asked for one after the other, and each time all of its sound would be decoded."""
_SHOWN = 3
"""Unusable videos that a message names."""


@attrs.frozen(kw_only=True)
class _Piece:
    """One clip: frames *start* to *stop* of a video, at 25 per second."""

    video: str
    start: int
    stop: int
    name: str
    identity: str


class Videos(Corpus):
    """Cuts the videos of a folder into clips; nothing is written but the index of lengths.

    Time zero of a file counts for its pictures and its sound, whatever their tracks say; pictures
    of any rate, also a varying one, become 25 per second, each the nearest in time. A clip in the
    middle of a video is sought, so its video is not decoded from the start.

    **Raises** InputError for a folder without videos, or with videos that cannot be used (without
    sound, damaged, too short), which it names; MediaError for a video that cannot be decoded.
    """

    config: VideosConfig
    fps = FPS
    sample_rate = _RATE

    def __init__(self, config: VideosConfig) -> None:
        """List the folder, and measure what the index does not know."""
        super().__init__(config)
        names = videos_in(config.folder)
        index = config.index or default_index(config.folder)
        usable = _usable(measure_all(config.folder, names, index), config)
        people = {name: identity_of(name, config) for name in names}
        places = split_people(people, config, usable=[one.name for one in usable])
        labels = dict(zip(names, clip_names(names), strict=True))
        self._pieces: dict[str, list[_Piece]] = {split: [] for split in SPLITS}
        for one in usable:
            pieces = _pieces(one, people[one.name], labels[one.name], config)
            self._pieces[places[one.name]] += pieces
        self._pieces = {split: pieces for split, pieces in self._pieces.items() if pieces}
        self._sounds: OrderedDict[str, NDArray[np.int16]] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the sound that is kept: a copy decodes its own."""
        return {**self.__dict__, "_sounds": OrderedDict()}

    @property
    def resolution(self) -> int:
        """Height and width of the frames in pixels."""
        return self.config.resolution

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits in which there is somebody."""
        return tuple(self._pieces)

    def count(self, split: str) -> int:
        """Number of clips in *split*."""
        self.check_split(split)
        return len(self._pieces[split])

    def groups(self, split: str) -> Sequence[range]:
        """The clips of each video."""
        self.check_split(split)
        found, first = [], 0
        for _, pieces in itertools.groupby(self._pieces[split], key=lambda piece: piece.video):
            stop = first + len(list(pieces))
            found.append(range(first, stop))
            first = stop
        return found

    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* of *split*; its facts say from which video and where it is.

        Raises:
            InputError: there is none.
            MediaError: the video cannot be decoded, or is not as long as it was.
        """
        self.check_index(split, index)
        piece = self._pieces[split][index]
        return Clip(
            name=piece.name,
            identity=piece.identity,
            frames=self._seen(piece),
            waveform=self._heard(piece),
            fps=FPS,
            sample_rate=_RATE,
            facts={"video": piece.video, "start_s": piece.start / FPS},
        )

    def _seen(self, piece: _Piece) -> NDArray[np.uint8]:
        path, size = self.config.folder / piece.video, self.config.resolution
        frames = MovieFile.open(path).frames(fps=FPS, first=piece.start)
        wanted = piece.stop - piece.start
        found = [to_size(frame, size) for frame in itertools.islice(frames, wanted)]
        if len(found) < wanted:
            reached = (piece.start + len(found)) / FPS
            problem = f"{path}: ends after {reached:g} s, it was longer when it was measured"
            raise MediaError(compose(problem, fix="Was it replaced? Start again."))
        return np.stack(found)

    def _heard(self, piece: _Piece) -> NDArray[np.float32]:
        """The sound of a clip; silence where the track ends before the pictures."""
        first, last = piece.start * _HOP, piece.stop * _HOP
        steps = self._sound(piece.video)[first:last]
        return np.pad(steps, (0, last - first - len(steps))).astype(np.float32) / _FULL_SCALE

    def _sound(self, video: str) -> NDArray[np.int16]:
        """All sound of a video, from what is kept or decoded."""
        kept = self._sounds
        if video not in kept:
            file = AudioFile.open(self.config.folder / video)
            blocks = file.blocks(sample_rate=_RATE)
            kept[video] = np.concatenate(
                [np.round(block * _FULL_SCALE).astype(np.int16) for block in blocks]
            )
            while len(kept) > 1 and sum(map(len, kept.values())) > _SOUND_KEPT:
                kept.popitem(last=False)
        kept.move_to_end(video)
        return kept[video]


def _usable(measured: Sequence[Measured], config: VideosConfig) -> list[Measured]:
    """The videos that can be cut into clips; raises InputError if one cannot, or none."""
    least = math.ceil(config.least_seconds * FPS - 1e-9)
    faults = {}
    for one in measured:
        short = f"lasts {one.frames / FPS:g} s, less than least_seconds {config.least_seconds:g}"
        if fault := one.fault or (short if one.frames < least else ""):
            faults[one.name] = fault
    usable = [one for one in measured if one.name not in faults]
    if usable and (not faults or config.unusable == "skip"):
        return usable
    shown = "; ".join(f"{name}: {faults[name]}" for name in list(faults)[:_SHOWN])
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    problem = f"{config.folder}: {len(faults)} of {len(measured)} videos cannot be used: {shown}"
    fix = "Remove them, or set unusable: skip." if usable else None
    raise InputError(compose(problem + more, fix=fix))


def _pieces(one: Measured, identity: str, label: str, config: VideosConfig) -> list[_Piece]:
    """As few clips as *seconds* allows, of lengths that differ by a frame at most."""
    longest = max(1, int(config.seconds * FPS + 1e-9))
    count = math.ceil(one.frames / longest)
    bounds = [one.frames * k // count for k in range(count + 1)]
    return [
        _Piece(video=one.name, start=start, stop=stop, name=f"{label}-{k:04d}", identity=identity)
        for k, (start, stop) in enumerate(itertools.pairwise(bounds))
    ]
