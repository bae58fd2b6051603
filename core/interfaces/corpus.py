"""Corpus: talking clips, by split."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.contract import Contract

__all__ = ["Corpus", "Performance", "Performing", "Stored"]


class Corpus(Contract, interface=True):
    """Clips to train on and to measure with.

    **Maps** ``(split, index) -> Clip``. A clip is a function of the configuration, the split and
    the index alone: the same in every process and on every machine, whatever was asked before.
    That is what lets many workers share a corpus without talking to each other.

    **Splits** are ``train``, ``val`` and ``test`` unless the corpus says otherwise. No identity,
    and no sentence where it is known, stands in two of them.

    **Alignment.** Frames and audio of a clip cover exactly the same time (see
    :class:`~styletalker.core.clip.Clip`).

    **State.** None that can be seen; a corpus may be copied to another process by ``pickle``.

    **Raises** InputError for a split or index that does not exist, and says which exist.
    """

    def __init__(self, config: Any) -> None:
        """Build it from an instance of its configuration class; must be fast (no rendering)."""
        self.config = config

    @property
    @abstractmethod
    def resolution(self) -> int:
        """Height and width of the frames in pixels."""

    @property
    @abstractmethod
    def fps(self) -> int:
        """Frames per second."""

    @property
    @abstractmethod
    def sample_rate(self) -> int:
        """Audio samples per second, in Hz."""

    @property
    @abstractmethod
    def splits(self) -> tuple[str, ...]:
        """Names of the splits."""

    @abstractmethod
    def count(self, split: str) -> int:
        """Number of clips in *split*."""

    @abstractmethod
    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* (from 0) of *split*."""

    def check_split(self, split: str) -> None:
        """Raise InputError, naming those there are, if *split* does not exist."""
        if split not in self.splits:
            raise InputError(compose("no such split", given=split, name=split, choices=self.splits))

    def check_index(self, split: str, index: int) -> None:
        """Raise InputError if *split* has no clip *index*."""
        last = self.count(split) - 1
        if not 0 <= index <= last:
            problem = f"no such clip in {split}"
            raise InputError(compose(problem, expected=f"0 to {last}", given=index))


@attrs.frozen(kw_only=True, eq=False)
class Performance:
    """A clip of which no picture was made: what is heard, and how the face moves to it."""

    name: str
    """Name of the clip."""
    identity: str
    """Who performs."""
    waveform: NDArray[np.float32]
    """[S], mono, in [-1, 1]; S = T * sample_rate / fps exactly."""
    parameters: NDArray[np.float32]
    """Animation parameters [T, P]."""
    phonemes: tuple[Phoneme, ...] = ()
    """What sounds when, if known."""


@runtime_checkable
class Performing(Protocol):
    """What a corpus offers besides if it knows how faces move before it renders them.

    A thousand times cheaper than pictures: what a renderer's animation parameters are learnt from.
    """

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the P animation parameters."""
        ...

    def performed(self, split: str, index: int) -> Performance:
        """Clip *index* (from 0) of *split*, without its frames."""
        ...


@runtime_checkable
class Stored(Protocol):
    """What a corpus offers besides if several clips lie in one file.

    Whoever reads a whole split in a random order then reads clips of one file close together: the
    file is opened, or fetched, once.
    """

    def groups(self, split: str) -> Sequence[range]:
        """The clips of each file: all indices of *split*, in order.

        Raises:
            InputError: the split does not exist.
        """
        ...
