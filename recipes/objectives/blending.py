"""How much of what was learnt is kept: as much as helps on clips that were held back.

Fine-tuning on little data gains on what it sees and may lose on everything else. Weights between
the old and the new ones are networks too, mostly better than both (WiSE-FT, arXiv 2109.01903).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence

import attrs
import torch
from torch import nn

__all__ = ["SHARES", "Blend", "best_blend"]

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the change that are tried."""

Modules = Mapping[str, nn.Module]


@attrs.frozen(kw_only=True, eq=False)
class Blend:
    """What was kept."""

    modules: Modules
    """The networks, by name."""
    share: float
    """Part of the change that was kept, 0 to 1."""
    errors: Mapping[float, float]
    """Share -> error on the clips held back."""

    def said(self, what: str) -> str:
        """In words; *what* is the error's name."""
        before, kept = self.errors[0.0], self.errors[self.share]
        if not self.share:
            return f"nothing of what was learnt helps on clips held back: {what} stays {before:.4f}"
        return (
            f"{self.share:.0%} of what was learnt is kept: {what} on clips held back {kept:.4f}, "
            f"before {before:.4f}"
        )


@torch.no_grad()
def best_blend(
    before: Modules,
    after: Modules,
    error: Callable[[Modules], float],
    *,
    shares: Sequence[float] = SHARES,
) -> Blend:
    """The networks between *before* and *after* that err least; of equals the nearer to *before*.

    Args:
        before: networks by name, as they were.
        after: the same after training; both stay as they are.
        error: measures networks on clips that were not trained on; lower is better. What is not
            finite counts as infinite.
        shares: parts of the change to try, rising; 0 is tried in any case.
    """
    errors: dict[float, float] = {}
    kept: tuple[float, Modules] = (0.0, before)
    for share in sorted({0.0, *shares}):
        candidate = {name: _between(before[name], after[name], share) for name in after}
        found = error(candidate)
        errors[share] = found if math.isfinite(found) else math.inf
        if share == 0.0 or errors[share] < errors[kept[0]]:
            kept = (share, candidate)
    return Blend(modules=kept[1], share=kept[0], errors=errors)


def _between(before: nn.Module, after: nn.Module, share: float) -> nn.Module:
    """A copy whose weights lie *share* of the way from *before* to *after*."""
    found = copy.deepcopy(after)
    old = before.state_dict()
    for name, tensor in found.state_dict().items():
        if tensor.is_floating_point():
            start = old[name].to(tensor)
            tensor.copy_(start + share * (tensor - start) if share < 1 else tensor)
    return found
