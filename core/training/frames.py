"""A split of a corpus decoded once, so that training reads it at the speed of memory.

::

    FOLDER/
        cache.json       what is cached, and that it is whole
        clips.jsonl      one line per clip: name, identity, length, phonemes
        frames.raw       uint8 [all frames, H, W, 3]
        waveform.raw     float32 [all samples]
        landmarks.raw    float32 [frames, K, 2], of clips that have them
        visible.raw      bool [frames, K]
        parameters.raw   float32 [frames, P]

While it is built, data is appended first and a clip's line after it. A killed build goes on after
the last whole line; ``cache.json`` is written at the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Phoneme
from styletalker.core.errors import InputError, compose
from styletalker.core.files import read_json
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.training.framewriter import ARRAYS, read_lines, write_cache

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FrameCache", "to_bytes", "to_unit"]


def to_unit(frames: Tensor) -> Tensor:
    """Frames as networks see them: uint8 [..., H, W, 3] -> float32 [..., 3, H, W] in [-1, 1]."""
    import torch

    turned = frames.movedim(-1, -3).to(torch.float32, memory_format=torch.contiguous_format)
    return turned.mul_(1.0 / 127.5).sub_(1.0)


def to_bytes(images: Tensor) -> Tensor:
    """The inverse: [..., 3, H, W] in [-1, 1] (clamped) -> uint8 [..., H, W, 3], rounded."""
    import torch

    scaled = images.detach().float().add(1.0).mul_(127.5).round_().clamp_(0.0, 255.0)
    return scaled.to(torch.uint8).movedim(-3, -1)


class FrameCache:
    """Clips on disk as arrays that are mapped into memory; read-only.

    Processes that are forked or spawned share the mapped pages: a cache is pickled as the path of
    its folder. What :meth:`frames` and the like return are views of the files: copy them (as
    ``numpy.stack`` does) before giving them to torch.
    """

    def __init__(self, folder: Path) -> None:
        """Use :meth:`open` or :meth:`build`."""
        facts = _facts(folder)
        self.folder = folder
        self.fps: int = facts["fps"]
        """Frames per second."""
        self.sample_rate: int = facts["sample_rate"]
        """Samples per second."""
        self.resolution: int = facts["resolution"]
        """Height and width of the frames in pixels."""
        self.split: str = facts["split"]
        """The split of the corpus."""
        self.parameter_names: tuple[str, ...] = tuple(facts["parameter_names"])
        """Names of the P animation parameters; empty if there are none."""
        self._lines = read_lines(folder)[: facts["clips"]]
        self.names = tuple(line["name"] for line in self._lines)
        """Names of the clips."""
        self.identities = tuple(line["identity"] for line in self._lines)
        """Who is seen in each clip."""
        self.lengths = tuple(int(line["frames"]) for line in self._lines)
        """Frames T of each clip."""
        self._starts = {name: self._starts_of(name) for name in ARRAYS}
        self._arrays = {name: self._mapped(name, shape) for name, shape in facts["shapes"].items()}

    @classmethod
    def build(
        cls,
        folder: Path,
        corpus: Corpus,
        split: str,
        *,
        clips: int | None = None,
        frames: int | None = None,
        progress: Callable[[int], object] = int,
    ) -> FrameCache:
        """Decode a split into *folder*, or what is missing of it, and open it.

        One clip is in memory at a time. A folder that holds the cache of something else is
        replaced.

        Args:
            folder: its own folder; made if there is none.
            corpus: where the clips come from.
            split: one of its splits.
            clips: how many, from the first; None or more than there are for all.
            frames: cut clips to so many frames; None for whole clips.
            progress: called with the number of clips that are newly there.

        Raises:
            InputError: the split does not exist, or clips are of different kinds.
            RunError: the folder is in use, or cannot be written.
        """
        write_cache(folder, corpus, split, clips=clips, frames=frames, progress=progress)
        return cls(folder)

    @classmethod
    def open(cls, folder: Path) -> FrameCache:
        """Open what :meth:`build` wrote.

        Raises:
            InputError: it is not there, not whole, or damaged.
        """
        return cls(folder)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the path alone."""
        return type(self).open, (self.folder,)

    @property
    def clips(self) -> int:
        """Number of clips."""
        return len(self._lines)

    def frames(self, clip: int, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames *start* to *stop* (excluded; the end by default) of a clip, [T, H, W, 3].

        Raises:
            InputError: there is no such clip, or it is shorter.
        """
        found = self._part("frames", clip, start, stop)
        assert found is not None
        return found

    def waveform(self, clip: int, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """The samples of exactly the frames *start* to *stop* of a clip, [S] in [-1, 1].

        Raises:
            InputError: there is no such clip, or it is shorter.
        """
        first, last = self._range(clip, start, stop)
        offset = int(self._starts["waveform"][clip])
        samples = [offset + frame * self.sample_rate // self.fps for frame in (first, last)]
        return self._arrays["waveform"][samples[0] : samples[1]]

    def landmarks(
        self, clip: int, start: int = 0, stop: int | None = None
    ) -> NDArray[np.float32] | None:
        """Landmarks in pixels, [T, K, 2], if known."""
        return self._part("landmarks", clip, start, stop)

    def visible(
        self, clip: int, start: int = 0, stop: int | None = None
    ) -> NDArray[np.bool_] | None:
        """Which landmarks are in view, [T, K], if known."""
        return self._part("visible", clip, start, stop)

    def parameters(
        self, clip: int, start: int = 0, stop: int | None = None
    ) -> NDArray[np.float32] | None:
        """Animation parameters, [T, P], if known."""
        return self._part("parameters", clip, start, stop)

    def phonemes(self, clip: int) -> tuple[Phoneme, ...]:
        """What sounds when, in seconds from the clip's start; empty if unknown."""
        self._range(clip, 0, None)
        return tuple(Phoneme(*one) for one in self._lines[clip]["phonemes"])

    def _part(self, name: str, clip: int, start: int, stop: int | None) -> NDArray[Any] | None:
        first, last = self._range(clip, start, stop)
        if name not in self._lines[clip]["has"]:
            return None
        offset = int(self._starts[name][clip])
        return self._arrays[name][offset + first : offset + last]

    def _range(self, clip: int, start: int, stop: int | None) -> tuple[int, int]:
        if not 0 <= clip < self.clips:
            problem = f"{self.folder}: no such clip"
            raise InputError(compose(problem, expected=f"0 to {self.clips - 1}", given=clip))
        length = self.lengths[clip]
        last = length if stop is None else stop
        if not 0 <= start <= last <= length:
            problem = f"{self.folder}: clip {clip} has no such frames"
            raise InputError(compose(problem, expected=f"0 to {length}", given=(start, stop)))
        return start, last

    def _starts_of(self, name: str) -> list[int]:
        """Where each clip begins in an array, and after the last where it ends."""
        lengths = [line["frames"] if name in line["has"] else 0 for line in self._lines]
        if name == "waveform":
            lengths = [length * self.sample_rate // self.fps for length in lengths]
        return [0, *itertools.accumulate(lengths)]

    def _mapped(self, name: str, shape: list[int]) -> NDArray[Any]:
        path = self.folder / f"{name}.raw"
        dtype = np.dtype(ARRAYS[name])
        whole = (self._starts[name][-1], *shape)
        size = path.stat().st_size if path.is_file() else -1
        if size != int(np.prod(whole)) * dtype.itemsize:
            raise InputError(f"{path}: is damaged; remove the folder, it is built again")
        if size == 0:
            return np.zeros(whole, dtype)
        return np.memmap(path, dtype, mode="r", shape=whole)


def _facts(folder: Path) -> Mapping[str, Any]:
    path = folder / "cache.json"
    if not path.is_file():
        raise InputError(f"{folder}: holds no frame cache, or one that is not finished")
    facts: Mapping[str, Any] = read_json(path)
    return facts
