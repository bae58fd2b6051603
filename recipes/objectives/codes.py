"""Style codes of all frames of a corpus, computed once: a talker is trained on codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from styletalker.core.checkpoint import load_checkpoint, save_checkpoint
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.core.training.frames import FrameCache, to_unit
from torch import Tensor

__all__ = ["CodeCache"]

_AT_ONCE = 50
"""Frames per call of the inverter."""


class CodeCache:
    """For each clip: some of its frames as portraits, their codes, and the codes of all frames.

    Which frames are portraits is drawn from the seed; the first is always frame 0.
    """

    def __init__(
        self,
        places: NDArray[np.int64],
        ws_ref: NDArray[np.float32],
        ws: NDArray[np.float32],
        lengths: tuple[int, ...],
        path: Path | None = None,
    ) -> None:
        """Use :meth:`build`; *path* is the file that holds the same."""
        self._lengths, self._path = lengths, path
        self.places = places
        """Frame numbers [clips, portraits]."""
        self.ws_ref = ws_ref
        """Codes of the portraits [clips, portraits, L, D]."""
        self.ws = ws
        """Codes of all frames of all clips under each portrait [portraits, frames, L, D]."""
        self._starts = np.concatenate([[0], np.cumsum(lengths)])

    def __reduce__(self) -> tuple[object, ...]:
        """Processes of a training map the file: gigabytes of codes are not sent to each."""
        if self._path is None:
            return CodeCache, (self.places, self.ws_ref, self.ws, self._lengths)
        return _mapped, (self._path, self._lengths)

    @property
    def clips(self) -> int:
        """Number of clips."""
        return len(self.places)

    @property
    def portraits(self) -> int:
        """Portraits per clip."""
        return int(self.places.shape[1])

    def of(self, clip: int, portrait: int) -> NDArray[np.float32]:
        """Codes [T, L, D] of a clip's frames under one of its portraits."""
        return self.ws[portrait, self._starts[clip] : self._starts[clip + 1]]

    @classmethod
    @torch.no_grad()
    def build(
        cls,
        cache: FrameCache,
        generator: Generator,
        inverter: Inverter,
        *,
        clips: int,
        portraits: int,
        seed: int,
        path: Path,
        device: str = "cpu",
        progress: Callable[[int], object] = int,
    ) -> CodeCache:
        """Invert everything, or read *path* if that was done before.

        Args:
            cache: the frames.
            generator: for the inverter.
            inverter: for the generator; its mode is left as it is.
            clips: how many clips, from the first; there must be so many.
            portraits: how many frames of each clip serve as portraits.
            seed: for the choice of portraits.
            path: where to keep the codes (``.safetensors``).
            device: where to compute; both networks are on the CPU again afterwards.
            progress: called with the number of clips done.
        """
        if path.exists() and path.with_suffix(".json").exists():
            tensors = load_checkpoint(path).tensors
            progress(clips)
            return cls._of(tensors, cache, path)
        for network in (generator, inverter):
            network.to(device)
        rng = np.random.default_rng(seed)
        places = np.zeros((clips, portraits), np.int64)
        refs: list[Tensor] = []
        codes: list[list[Tensor]] = [[] for _ in range(portraits)]
        for clip, length in enumerate(cache.lengths[:clips]):
            places[clip, 1:] = rng.integers(length, size=portraits - 1)
            frames = to_unit(torch.from_numpy(np.array(cache.frames(clip))).to(device))
            inversion = inverter.invert(frames[places[clip]], generator)
            refs.append(inversion.ws.cpu())
            first = Inversion(ws=inversion.ws[:1], generator=inversion.generator)
            parts = [inverter.track(part[None], first)[0] for part in torch.split(frames, _AT_ONCE)]
            tracked = torch.cat(parts)[None]
            for k in range(portraits):
                one = Inversion(ws=inversion.ws[k : k + 1], generator=inversion.generator)
                codes[k].append(inverter.rebase(tracked, one)[0].cpu())
            progress(1)
        for network in (generator, inverter):
            network.to("cpu")
        tensors = {
            "places": torch.from_numpy(places),
            "ws_ref": torch.stack(refs),
            "ws": torch.stack([torch.cat(one) for one in codes]),
        }
        save_checkpoint(path, tensors)
        return cls._of(tensors, cache, path)

    @classmethod
    def _of(cls, tensors: Mapping[str, Tensor], cache: FrameCache, path: Path) -> CodeCache:
        """From the tensors that are kept."""
        arrays = (tensors[name].numpy() for name in ("places", "ws_ref", "ws"))
        places, ws_ref, ws = arrays
        return cls(places, ws_ref, ws, cache.lengths[: len(places)], path)


def _mapped(path: Path, lengths: tuple[int, ...]) -> CodeCache:
    """The codes that another process wrote and checked."""
    with safe_open(path, framework="pt") as file:  # maps; "np" would copy
        places, ws_ref, ws = (file.get_tensor(name).numpy() for name in ("places", "ws_ref", "ws"))
    return CodeCache(places, ws_ref, ws, lengths, path)
