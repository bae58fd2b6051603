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
    start, rising = _rising((one if upper is None else upper) * up, up, padding[0])
    lower = one if lower is None else lower
    places = _places(len(lower), up, down).to(lower.device)
    # Samples of each phase that the output reads.
    count = math.ceil(size * down / up) + places.shape[2] - 1
    missing = (-start, start + count + rising.shape[1] - 1 - features.shape[2])
    around = missing[0] if missing[0] == missing[1] >= 0 else 0
    if missing != (around, around):
        features = functional.pad(features, [*missing, *missing])  # negative numbers cut
    found: list[list[Tensor]] = []
    for p in range(up):
        row = _along(features, rising[p, :, None] * activation.gain, (around, 0))
        phases = [activation(_along(row, kernel[None], (0, around))) for kernel in rising]
        found.append(
            _lowered_rows(phases, lower, places)
            if lower.dim() == 1
            else _lowered_planes(phases, lower, places, p)
        )
    if lower.dim() == 1:
        grids = [
            [_total([_along(found[p][j], taps[p][:, None]) for p in range(up)]) for j in turns]
            for taps, turns in ((_taken(lower, turn), range(len(places))) for turn in places)
        ]
    else:
        parts = range(len(places) ** 2)
        sums = [_total([rows[k] for rows in found]) for k in parts]
        grids = [sums[k : k + len(places)] for k in parts[:: len(places)]]
    return _woven(grids, size)


def _rising(upper: Tensor, up: int, low: int) -> tuple[int, Tensor]:
    """How the phases of the finer grid read the input: from which sample on, and taps [up, T].

    Sample t of the grid sums tap k times padded sample t + k, which is input sample
    (t + k - low) / up where that is whole, and zero elsewhere. The filter is turned round, as a
    convolution is a correlation with the reversed taps.
    """
    first = [(low - phase) % up for phase in range(up)]  # the first tap on an input sample
    starts = [(phase + tap - low) // up for phase, tap in enumerate(first)]
    begin, taps = min(starts), upper.flip(0)
    chosen = [taps[tap::up] for tap in first]
    length = max(start - begin + len(one) for start, one in zip(starts, chosen, strict=True))
    rows = [
        functional.pad(one, (start - begin, length - (start - begin) - len(one)))
        for start, one in zip(starts, chosen, strict=True)
    ]
    return begin, torch.stack(rows)


def _places(taps: int, up: int, down: int) -> Tensor:
    """Which tap of the lower filter meets sample e of a phase: [turns, up, E]; -1 for none.

    Output sample n sums tap k times grid sample n * down + k. With n = turn + b * up / down, that
    is sample b + e of the phase where k = up * e + phase - down * turn.
    """
    turns = up // down
    length = (taps - 1 + down * (turns - 1)) // up + 1
    turn, phase = torch.arange(turns)[:, None, None], torch.arange(up)[:, None]
    place = up * torch.arange(length) + phase - down * turn
    return torch.where((place >= 0) & (place < taps), place, -1)


def _taken(lower: Tensor, places: Tensor) -> Tensor:
    """The taps at *places* of the reversed filter along its first axis; zeros where none is."""
    nothing = torch.zeros_like(lower[:1])
    return torch.cat([lower.flip(0), nothing])[places]


def _lowered_rows(phases: list[Tensor], lower: Tensor, places: Tensor) -> list[Tensor]:
    """The phases of one row of the grid, filtered along rows: one for each turn of the columns."""
    return [
        _total([_along(phase, kernel[None]) for phase, kernel in zip(phases, taps, strict=True)])
        for taps in (_taken(lower, turn) for turn in places)
    ]


def _lowered_planes(phases: list[Tensor], lower: Tensor, places: Tensor, p: int) -> list[Tensor]:
    """What row *p* of phases gives to each turn of rows and columns, by a filter [K, K]."""
    found = []
    for turn in places:
        taps = _taken(lower, turn[p])  # [E, K]
        for other in places:
            kernels = _taken(taps.T, other).transpose(1, 2)  # [up, E, E], rows first
            parts = [_along(phase, k) for phase, k in zip(phases, kernels, strict=True)]
            found.append(_total(parts))
    return found


def _along(features: Tensor, kernel: Tensor, padding: tuple[int, int] = (0, 0)) -> Tensor:
    """Correlate every channel with one kernel [h, w]."""
    channels = features.shape[1]
    weight = kernel.to(features.dtype).expand(channels, 1, -1, -1)
    return functional.conv2d(features, weight, padding=padding, groups=channels)


def _total(parts: list[Tensor]) -> Tensor:
    """The sum of tensors that nobody else needs."""
    total = parts[0]
    for part in parts[1:]:
        total = total.add_(part)
    return total


def _woven(grids: list[list[Tensor]], size: int) -> Tensor:
    """The output of its phases: sample n is number n // m of phase n mod m on each axis."""
    if len(grids) == 1:
        return grids[0][0][..., :size, :size]
    rows = [torch.stack(row, 4).flatten(3) for row in grids]
    return torch.stack(rows, 3).flatten(2, 3)[..., :size, :size]
