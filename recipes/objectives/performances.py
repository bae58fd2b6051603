"""Performances of a corpus: speech and animation parameters, kept in two arrays on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.files import atomic_path, read_json, write_json
from styletalker.core.interfaces.corpus import Corpus, Performing

__all__ = ["PerformanceCache"]

_FACTS, _SOUND, _PARAMETERS = "performances.json", "waveform.raw", "parameters.raw"
_FULL_SCALE = 32767.0


class PerformanceCache:
    """Performances of one split, mapped into memory; read-only.

    ::

        FOLDER/
            performances.json   names, lengths, parameter names, rates; written last
            waveform.raw        int16 [all samples]
            parameters.raw      float32 [all frames, P]
    """

    def __init__(self, folder: Path) -> None:
        """Open what :meth:`build` wrote.

        Raises:
            RunError: there is nothing whole in *folder*.
        """
        if not (folder / _FACTS).is_file():
            raise RunError(compose("no performances", where=str(folder)))
        facts: Any = read_json(folder / _FACTS)
        self.folder = folder
        self.fps: int = facts["fps"]
        """Frames per second."""
        self.sample_rate: int = facts["sample_rate"]
        """Samples per second."""
        self.parameter_names: tuple[str, ...] = tuple(facts["parameter_names"])
        """Names of the P parameters."""
        self.names: tuple[str, ...] = tuple(facts["names"])
        """Names of the clips."""
        self.lengths: tuple[int, ...] = tuple(facts["lengths"])
        """Frames T of each clip."""
        self._starts = np.concatenate([[0], np.cumsum(self.lengths)])
        frames, wide = int(self._starts[-1]), len(self.parameter_names)
        self._sound = np.memmap(folder / _SOUND, np.int16, "r", shape=(frames * self.hop,))
        self._parameters = np.memmap(folder / _PARAMETERS, np.float32, "r", shape=(frames, wide))

    @property
    def clips(self) -> int:
        """Number of clips."""
        return len(self.lengths)

    @property
    def hop(self) -> int:
        """Samples per frame."""
        return self.sample_rate // self.fps

    def parameters(self, clip: int, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Animation parameters [T, P] of frames *start* to *stop* of a clip."""
        first, last = self._span(clip, start, stop)
        return np.array(self._parameters[first:last])

    def waveform(self, clip: int, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """The sound [S] of frames *start* to *stop* of a clip, in [-1, 1]."""
        first, last = self._span(clip, start, stop)
        return self._sound[first * self.hop : last * self.hop].astype(np.float32) / _FULL_SCALE

    def _span(self, clip: int, start: int, stop: int | None) -> tuple[int, int]:
        length = self.lengths[clip]
        base = int(self._starts[clip])
        return base + start, base + (length if stop is None else min(stop, length))

    @classmethod
    def build(
        cls,
        folder: Path,
        corpus: Corpus,
        split: str,
        *,
        progress: Callable[[int], object] = int,
    ) -> PerformanceCache:
        """Let everybody of a split perform once, or open *folder* if that was done.

        Args:
            folder: its own folder; made if there is none.
            corpus: one that is :class:`~styletalker.core.interfaces.corpus.Performing`.
            split: one of its splits.
            progress: called with the number of clips that are newly there.

        Raises:
            InputError: the corpus does not know how faces move before it renders them, there is no
                such split, or the split is empty.
        """
        if not isinstance(corpus, Performing):
            problem = "this corpus has no performances without pictures"
            raise InputError(compose(problem, given=type(corpus).__name__))
        corpus.check_split(split)
        if (folder / _FACTS).is_file():
            found = cls(folder)
            progress(found.clips)
            return found
        if not corpus.count(split):
            raise InputError(compose("the split is empty", given=split))
        folder.mkdir(parents=True, exist_ok=True)
        names, lengths = [], []
        with (
            atomic_path(folder / _SOUND) as sound,
            atomic_path(folder / _PARAMETERS) as track,
            sound.open("wb") as samples,
            track.open("wb") as frames,
        ):
            for index in range(corpus.count(split)):
                one = corpus.performed(split, index)
                steps = np.clip(np.round(one.waveform * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE)
                samples.write(steps.astype(np.int16).tobytes())
                frames.write(one.parameters.astype(np.float32).tobytes())
                names.append(one.name)
                lengths.append(len(one.parameters))
                progress(1)
        facts = {
            "fps": corpus.fps,
            "sample_rate": corpus.sample_rate,
            "parameter_names": list(corpus.parameter_names),
            "names": names,
            "lengths": lengths,
        }
        write_json(folder / _FACTS, facts)
        return cls(folder)
