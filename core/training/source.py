"""Where batches come from, and fetching the next one while the present one is used."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Mapping
from typing import Protocol, Self

import torch
from styletalker.core.errors import InputError, compose
from torch import Tensor

__all__ = ["Prefetch", "Source"]


class Source(Protocol):
    """Batches as a pure function of the step, so that resuming needs no state.

    Choose clips with ``numpy.random.default_rng([seed, step])`` for the whole batch and take the
    asked rows: then any number of processes sees the same batch. It is called from one background
    thread at a time. To train on several devices it must be possible to pickle it.
    """

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step* (from 0).

        Returns:
            CPU tensors by name, float32, int64 or uint8; the first axis counts ``len(rows)`` items.
        """
        ...


class Prefetch:
    """Fetches the next batch in a background thread; a context manager."""

    def __init__(self, source: Source, rows: range, *, steps: range, device: torch.device) -> None:
        """Fetch *rows* of each of *steps*, in order, onto *device*."""
        self._source, self._rows, self._steps = source, rows, steps
        self._device = device
        self._pool = concurrent.futures.ThreadPoolExecutor(1, "prefetch")
        self._next: concurrent.futures.Future[dict[str, Tensor]] | None = None
        self._fetch(steps.start)

    def __enter__(self) -> Self:
        """The fetcher itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the thread to end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def batch(self, step: int) -> dict[str, Tensor]:
        """The batch of the next step, on the device.

        Raises:
            InputError: the source gave something else than tensors of ``len(rows)`` items.
            Exception: whatever the source raised.
        """
        assert self._next is not None, "steps are asked in order"
        found = self._next.result()
        self._fetch(step + 1)
        return {name: tensor.to(self._device, non_blocking=True) for name, tensor in found.items()}

    def _fetch(self, step: int) -> None:
        inside = step in self._steps
        self._next = self._pool.submit(self._checked, step) if inside else None

    def _checked(self, step: int) -> dict[str, Tensor]:
        found = dict(self._source.batch(step, self._rows))
        for name, tensor in found.items():
            if (
                not isinstance(tensor, Tensor)
                or tensor.dim() == 0
                or len(tensor) != len(self._rows)
            ):
                shape = tuple(tensor.shape) if isinstance(tensor, Tensor) else type(tensor).__name__
                problem = f"the source's batch of step {step}: {name} is wrong"
                expected = f"a tensor of {len(self._rows)} items"
                raise InputError(compose(problem, expected=expected, given=shape))
            if self._device.type == "cuda":
                found[name] = tensor.pin_memory()
        return found
