"""Affine couplings: transformations that are inverted exactly, with a determinant for free.

Real NVP (arXiv 1605.08803), section 3: some latents are kept, and say by how much the others are
shifted and scaled. Here the state of the recurrent network has a say as well.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["AffineCoupling", "Flow"]

_MOST = 2.0
"""Bound of |log scale| per coupling: four couplings still reach e^8, and no inverse overflows."""
_START = 0.01
"""Scale of the last layer's weights: a new flow is nearly the identity."""


class AffineCoupling(nn.Module):
    """Keeps the latents of one parity and shifts and scales those of the other."""

    kept: Tensor
    changed: Tensor
    order: Tensor

    def __init__(self, *, motion_dim: int, parity: int, context: int, channels: int) -> None:
        super().__init__()
        index = torch.arange(motion_dim)
        kept, changed = index[index % 2 != parity], index[index % 2 == parity]
        for name, value in (
            ("kept", kept),
            ("changed", changed),
            ("order", torch.cat([kept, changed]).argsort()),
        ):
            self.register_buffer(name, value, persistent=False)
        self.hidden = nn.Linear(len(kept) + context, channels)
        self.to_affine = nn.Linear(channels, 2 * len(changed))
        nn.init.normal_(self.to_affine.weight, std=_START)
        nn.init.zeros_(self.to_affine.bias)

    def forward(self, motion: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Motion [..., Z] -> values [..., Z] nearer to a Gaussian, and log |det| [...]."""
        kept, changed = motion[..., self.kept], motion[..., self.changed]
        shift, log_scale = self._affine(kept, context)
        values = (changed - shift) * (-log_scale).exp()
        return torch.cat([kept, values], -1)[..., self.order], -log_scale.sum(-1)

    def inverse(self, values: Tensor, context: Tensor) -> Tensor:
        """The motion [..., Z] that gives these values."""
        kept, changed = values[..., self.kept], values[..., self.changed]
        shift, log_scale = self._affine(kept, context)
        return torch.cat([kept, changed * log_scale.exp() + shift], -1)[..., self.order]

    def _affine(self, kept: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        hidden = nn.functional.silu(self.hidden(torch.cat([kept, context], -1)))
        raw: Tensor = self.to_affine(hidden).to(self.to_affine.weight.dtype)
        shift, log_scale = raw.chunk(2, -1)
        return shift, _MOST * torch.tanh(log_scale / _MOST)


class Flow(nn.Module):
    """Couplings of alternating parity, one after the other."""

    def __init__(self, *, motion_dim: int, context: int, couplings: int, channels: int) -> None:
        super().__init__()
        self.couplings = nn.ModuleList(
            AffineCoupling(motion_dim=motion_dim, parity=i % 2, context=context, channels=channels)
            for i in range(couplings)
        )

    def forward(self, motion: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """f(z) [..., Z] and log |det df/dz| [...], given a context [..., channels]."""
        log_det = motion.new_zeros(motion.shape[:-1])
        for coupling in self.couplings:
            motion, change = coupling(motion, context)
            log_det = log_det + change
        return motion, log_det

    def inverse(self, values: Tensor, context: Tensor) -> Tensor:
        """The motion z with f(z) = values."""
        for coupling in reversed(self.couplings):
            assert isinstance(coupling, AffineCoupling)
            values = coupling.inverse(values, context)
        return values
