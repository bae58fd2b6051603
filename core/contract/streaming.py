"""Streaming equals the whole: cutting a recording into pieces changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

__all__ = ["assert_streams", "pieces"]

_TOLERANCE = 1e-4
"""Matrix products of other sizes round differently; what is wrong differs by far more."""


def pieces(length: int, size: int) -> Iterator[slice]:
    """Slices of *size* that cover *length*."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def assert_streams(
    what: str,
    whole: Tensor,
    step: Callable[[slice, Any], tuple[Tensor, Any]],
    length: int,
    sizes: tuple[int, ...],
) -> None:
    """Assert that stepping through in pieces gives *whole*, for each of *sizes*.

    Args:
        what: what messages call the output.
        whole: the output of one call, [B, T, ...].
        step: (slice of the input, state) -> (output of that piece, next state).
        length: length of the input.
        sizes: sizes of pieces to try.
    """
    for size in sizes:
        state, parts = None, []
        for piece in pieces(length, size):
            part, state = step(piece, state)
            parts.append(part)
        streamed = torch.cat(parts, 1)
        assert streamed.shape == whole.shape, (
            f"{what} in pieces of {size} has the shape {tuple(streamed.shape)}, "
            f"the whole {tuple(whole.shape)}"
        )
        apart = (streamed - whole).abs().amax().item()
        assert apart <= _TOLERANCE, f"{what} in pieces of {size} is {apart:g} off the whole"
