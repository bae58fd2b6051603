"""Corpus: talking clips, by split."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.contract import Contract

__all__ = ["Corpus"]


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
