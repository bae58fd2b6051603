"""Streaming equals the whole: cutting a recording into pieces changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import torch
from torch import Tensor

__all__ = ["assert_constant_memory", "assert_streams", "pieces"]

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


def assert_constant_memory(
    step: Callable[[slice, Any], tuple[Tensor, Any]], length: int, size: int
) -> None:
    """Assert that the state after one long piece is no larger than after a piece of *size*.

    A state that grows, or that holds a view of the whole piece, would not last for an hour.
    """
    short = _bytes_alive(step(slice(0, size), None)[1])
    long = _bytes_alive(step(slice(0, length), None)[1])
    assert long <= short, (
        f"the state after {length} steps keeps {long:,} bytes alive, after {size} only {short:,}: "
        "clone what you keep of a piece, and keep no more than the next one needs"
    )


def _bytes_alive(state: Any) -> int:
    """Bytes of all storages that a state keeps from being freed."""
    storages = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
        for tensor in _tensors_in(state)
    }
    return sum(storages.values())


def _tensors_in(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors_in(item)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _tensors_in(getattr(value, field.name))
    elif hasattr(value, "__dict__"):
        yield from _tensors_in(vars(value))
