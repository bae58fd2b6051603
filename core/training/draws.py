"""Random numbers of a training step that do not depend on how many processes share it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["Draws", "seed_of"]

_BITS = 63


def seed_of(*parts: int | str) -> int:
    """A seed of 63 bits from numbers and names; another for every other list of them."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> (64 - _BITS)


class Draws:
    """Draws of one step: functions of the seed, the step, the order of calls and the item alone.

    Numbers for the whole batch are drawn on the CPU and each process takes its own rows, so one
    process with 8 items draws what two with 4 items do, on any device. The first axis of a shape
    counts this process's items (or a multiple: an item's numbers then follow one another).

    Calls must come in the same order on every process: no branch on a drawn value before the next
    call, unless it was drawn with ``shared=True``.
    """

    def __init__(
        self,
        seed: int,
        step: int,
        *,
        rank: int = 0,
        world: int = 1,
        device: torch.device | str = "cpu",
    ) -> None:
        """Draws of *step* (from 0) for process *rank* of *world*; results are on *device*."""
        self.seed, self.step, self.rank, self.world = seed, step, rank, world
        self.device = torch.device(device)
        self._calls = 0

    def normal(self, *shape: int, shared: bool = False) -> Tensor:
        """Standard normal numbers, float32, of *shape*; *shared* gives every process the same."""
        return self._rows(shape, shared, lambda sizes, g: torch.randn(sizes, generator=g))

    def uniform(self, *shape: int, shared: bool = False) -> Tensor:
        """Numbers in [0, 1), float32, of *shape*; *shared* gives every process the same."""
        return self._rows(shape, shared, lambda sizes, g: torch.rand(sizes, generator=g))

    def integers(self, high: int, *shape: int, shared: bool = False) -> Tensor:
        """Whole numbers from 0 to *high* - 1, int64; *shared* gives every process the same."""
        return self._rows(shape, shared, lambda sizes, g: torch.randint(high, sizes, generator=g))

    def _rows(
        self,
        shape: tuple[int, ...],
        shared: bool,
        draw: Callable[[tuple[int, ...], torch.Generator], Tensor],
    ) -> Tensor:
        generator = torch.Generator().manual_seed(seed_of(self.seed, self.step, self._calls))
        self._calls += 1
        if shared or self.world == 1 or not shape:
            return draw(shape, generator).to(self.device)
        everything = draw((shape[0] * self.world, *shape[1:]), generator)
        return everything[self.rank * shape[0] : (self.rank + 1) * shape[0]].to(self.device)
