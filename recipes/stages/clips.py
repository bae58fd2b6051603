"""Clips for a stage: from the cache an earlier stage wrote, else from the recipe's corpus."""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.run.context import StageContext
from styletalker.core.training.frames import FrameCache

__all__ = ["ClipSource", "Talk", "open_clips"]


@attrs.frozen(kw_only=True, eq=False)
class Talk:
    """What is seen and heard in a clip."""

    name: str
    identity: str
    frames: NDArray[np.uint8]
    """[T, H, W, 3]."""
    waveform: NDArray[np.float32]
    """[S]."""


class ClipSource(Protocol):
    """The clips of one split."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def fps(self) -> int:
        """Frames per second."""

    @property
    def sample_rate(self) -> int:
        """Samples per second."""

    def talk(self, index: int) -> Talk:
        """Clip *index*, from 0."""


@attrs.frozen
class _Cached:
    """Clips of a frame cache."""

    cache: FrameCache

    @property
    def count(self) -> int:
        return self.cache.clips

    @property
    def fps(self) -> int:
        return self.cache.fps

    @property
    def sample_rate(self) -> int:
        return self.cache.sample_rate

    def talk(self, index: int) -> Talk:
        return Talk(
            name=self.cache.names[index],
            identity=self.cache.identities[index],
            frames=self.cache.frames(index),
            waveform=self.cache.waveform(index),
        )


@attrs.define
class _Made:
    """Clips of a corpus; the last two are kept, since several videos are made of each."""

    corpus: Corpus
    split: str
    _kept: dict[int, Talk] = attrs.field(factory=dict, init=False)

    @property
    def count(self) -> int:
        return self.corpus.count(self.split)

    @property
    def fps(self) -> int:
        return self.corpus.fps

    @property
    def sample_rate(self) -> int:
        return self.corpus.sample_rate

    def talk(self, index: int) -> Talk:
        if index not in self._kept:
            clip = self.corpus.clip(self.split, index)
            for old in list(self._kept)[:-1]:
                del self._kept[old]
            self._kept[index] = Talk(
                name=clip.name, identity=clip.identity, frames=clip.frames, waveform=clip.waveform
            )
        return self._kept[index]


def open_clips(context: StageContext, split: str) -> ClipSource:
    """The clips of a split: of the artifact ``frames`` if it holds that split, else rendered.

    Raises:
        ConfigError: the recipe has no corpus.
        InputError: there is no such split.
    """
    if "frames" in context.inputs:
        folder = context.inputs["frames"] / split
        if (folder / "cache.json").is_file():
            return _Cached(FrameCache.open(folder))
    corpus = context.corpus()
    corpus.check_split(split)
    return _Made(corpus, split)
