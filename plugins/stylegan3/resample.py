"""Up, activate, down: a pointwise nonlinearity that makes no aliases (arXiv 2106.12423, 3.1).

The definition inserts zeros, pads, filters, activates, filters and drops samples. Most of that
work is on zeros or is thrown away. Here the finer grid is never put together: it is kept as
``up * up`` grids of the coarse size, its phases. A phase of the upper filter is a short
convolution of the input; the lower filter sums short convolutions of the phases. Convolutions
are per channel and along one axis; padding is an argument of theirs.
"""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Activation", "filtered"]

_ROWS, _COLUMNS = 2, 3
"""Axes of [B, C, H, W]."""


@attrs.frozen(kw_only=True)
class Activation:
    """What happens at each sample of the finer grid: a leaky ReLU, a gain and a clamp."""

    slope: float
    gain: float
    clamp: float | None

    def __call__(self, features: Tensor) -> Tensor:
        """Features after it; the given ones may be overwritten. The gain is already in them."""
        features = functional.leaky_relu_(features, self.slope)
        if self.clamp is None:
            return features
        if features.requires_grad:  # what the leaky ReLU needs for its gradient must stay
            return features.clamp(-self.clamp, self.clamp)
        return features.clamp_(-self.clamp, self.clamp)


@attrs.frozen(kw_only=True)
class _Reading:
    """A short correlation along one axis: which taps, from which sample on, how many results."""

    taps: slice
    start: int
    count: int


def filtered(
    features: Tensor,
    upper: Tensor | None,
    lower: Tensor | None,
    activation: Activation,
    *,
    up: int,
    down: int,
    padding: tuple[int, int],
    size: int,
) -> Tensor:
    """Features [B, C, H, H] -> [B, C, size, size], activated on a grid *up* times finer.

    Args:
        features: samples of the input.
        upper: low-pass filter [K] of sum 1 for the finer grid; None does not filter.
        lower: the same for the output, [K], or [K, K] if it is not separable.
        activation: what is done on the finer grid.
        up: samples of the finer grid per sample of the input, a multiple of *down*.
        down: samples of the finer grid per sample of the output.
        padding: zeros before and after the finer grid on both axes; negative numbers cut.
        size: height and width of the output.
    """
    one = torch.ones(1, dtype=features.dtype, device=features.device)
    first = (one if upper is None else upper).flip(0) * up
    last = one if lower is None else lower
    rising = _rising(up, len(first), padding[0], features.shape[_ROWS] * up + sum(padding))
    falling = [
        [_falling(up, down, len(last), phase, turn, size) for phase in range(up)]
        for turn in range(up // down)
    ]
    grids: list[list[Tensor | None]] = [[None] * len(falling) for _ in falling]
    for p in range(up):
        row = _along(features, _ROWS, first * activation.gain, rising[p])
        columns = [activation(_along(row, _COLUMNS, first, reading)) for reading in rising]
        for i, turns in enumerate(falling):
            for j, others in enumerate(falling):
                part = _lowered(columns, last, turns[p], others)
                found = grids[i][j]
                grids[i][j] = part if found is None else found.add_(part)
    return _woven(grids, size)


def _lowered(
    columns: list[Tensor], last: Tensor, row: _Reading, readings: list[_Reading]
) -> Tensor:
    """What the phases of one row give to one phase of the output."""
    total: Tensor | None = None
    for phase, reading in zip(columns, readings, strict=True):
        if last.dim() == 1:
            part = _along(phase, _COLUMNS, last.flip(0), reading)
        else:
            part = _over(phase, last.flip(0, 1), row, reading)
        total = part if total is None else total.add_(part)
    assert total is not None  # there is at least one phase
    return _along(total, _ROWS, last.flip(0), row) if last.dim() == 1 else total


def _rising(up: int, taps: int, low: int, length: int) -> list[_Reading]:
    """How each phase of the finer grid reads the input.

    Sample t of the grid sums tap k times padded sample t + k, which is input sample
    (t + k - low) / up where that is whole, and zero elsewhere.
    """
    count = math.ceil((length - taps + 1) / up)
    readings = []
    for phase in range(up):
        tap = (low - phase) % up
        start = (phase + tap - low) // up
        readings.append(_Reading(taps=slice(tap, None, up), start=start, count=count))
    return readings


def _falling(up: int, down: int, taps: int, phase: int, turn: int, size: int) -> _Reading:
    """How one phase of the output (every ``up / down``-th sample from *turn*) reads the grid's.

    Output sample n sums tap k times grid sample n * down + k. With n = turn + b * up / down, that
    is sample b + e of the phase where k = up * e + phase - down * turn.
    """
    start = math.ceil((down * turn - phase) / up)
    tap = up * start + phase - down * turn
    return _Reading(
        taps=slice(tap, taps, up), start=start, count=math.ceil(size / (up // down))
    )


def _along(features: Tensor, axis: int, taps: Tensor, reading: _Reading) -> Tensor:
    """Correlate every channel along one axis; beyond the features there are zeros."""
    shape = (1, 1, -1, 1) if axis == _ROWS else (1, 1, 1, -1)
    kernel = taps[reading.taps].reshape(shape)
    low, high = _missing(features.shape[axis], kernel.shape[axis], reading)
    beside = (0, 0)
    return _convolved(features, kernel, *((low, high), beside)[:: 1 if axis == _ROWS else -1])


def _over(features: Tensor, taps: Tensor, row: _Reading, column: _Reading) -> Tensor:
    """Correlate every channel along both axes with a filter that is not separable."""
    kernel = taps[row.taps, column.taps][None, None]
    rows = _missing(features.shape[_ROWS], kernel.shape[_ROWS], row)
    return _convolved(
        features, kernel, rows, _missing(features.shape[_COLUMNS], kernel.shape[_COLUMNS], column)
    )


def _missing(length: int, taps: int, reading: _Reading) -> tuple[int, int]:
    """How many samples are missing before and behind; negative where some are not read."""
    return -reading.start, reading.start + reading.count + taps - 1 - length


def _convolved(
    features: Tensor, kernel: Tensor, rows: tuple[int, int], columns: tuple[int, int]
) -> Tensor:
    channels = features.shape[1]
    if rows[0] != rows[1] or columns[0] != columns[1] or min(*rows, *columns) < 0:
        features = functional.pad(features, [*columns, *rows])  # negative numbers cut
        rows = columns = (0, 0)
    weight = kernel.to(features.dtype).expand(channels, -1, -1, -1)
    return functional.conv2d(
        features, weight, padding=(rows[0], columns[0]), groups=channels
    )


def _woven(grids: list[list[Tensor | None]], size: int) -> Tensor:
    """The output of its phases: sample n is number n // m of phase n mod m on each axis."""
    if len(grids) == 1:
        assert grids[0][0] is not None
        return grids[0][0]
    rows = [torch.stack([one for one in row if one is not None], 4).flatten(3) for row in grids]
    return torch.stack(rows, 3).flatten(2, 3)[..., :size, :size]
