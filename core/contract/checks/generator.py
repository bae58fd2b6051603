"""Checks of generators."""

from __future__ import annotations

import torch
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import noise
from styletalker.core.contract.expect import expect_input_error

_MOST = 5.0
"""An untrained generator may overshoot [-1, 1]; half of its pixels beyond this is another range
(0 to 255, say)."""


@torch.no_grad()
def check_shapes(case: Case) -> None:
    """Z [B, G] -> ws [B, L, D] -> image [B, 3, H, W]; the mean code is [L, D]."""
    generator = case.build().eval()
    ws = generator.mapping(noise(2, generator.z_dim))
    assert ws.shape == (2, generator.num_ws, generator.w_dim), f"ws has the shape {ws.shape}"
    image, size = generator.synthesis(ws), generator.resolution
    assert image.shape == (2, 3, size, size), f"the image has the shape {tuple(image.shape)}"
    assert image.abs().median() <= _MOST, "images must be in [-1, 1]"
    mean = generator.mean_ws()
    assert mean.shape == ws.shape[1:], f"mean_ws() has the shape {tuple(mean.shape)}"


@torch.no_grad()
def check_truncation(case: Case) -> None:
    """Truncation 0 gives the mean code, and 1/2 lies half-way."""
    generator = case.build().eval()
    z, mean = noise(2, generator.z_dim), generator.mean_ws()
    full = generator.mapping(z, truncation=1.0)
    for amount in (0.0, 0.5):
        wanted, given = mean + amount * (full - mean), generator.mapping(z, truncation=amount)
        close = torch.allclose(given, wanted, atol=1e-4)
        assert close, f"mapping(z, truncation={amount}) does not lie that far from mean_ws()"


@torch.no_grad()
def check_noise_modes(case: Case) -> None:
    """Every noise mode is accepted, and all but ``random`` repeat themselves."""
    generator = case.build().eval()
    ws = generator.mapping(noise(1, generator.z_dim))
    generator.synthesis(ws, noise="random")
    for mode in ("const", "none"):
        first, second = generator.synthesis(ws, noise=mode), generator.synthesis(ws, noise=mode)
        assert torch.equal(first, second), f"synthesis(noise={mode!r}) differs between calls"


def check_wrong_shapes(case: Case) -> None:
    """A wrong input is refused with an InputError that names it."""
    generator = case.build().eval()
    expect_input_error(lambda: generator.mapping(noise(2, generator.z_dim + 1)), "z")
    wrong = noise(2, generator.num_ws + 1, generator.w_dim)
    expect_input_error(lambda: generator.synthesis(wrong), "ws")


def check_gradients_reach_the_codes(case: Case) -> None:
    """Images have gradients with respect to their codes, or the class says they have none."""
    generator = case.build().eval()
    ws = generator.mapping(noise(1, generator.z_dim)).detach().requires_grad_()
    image = generator.synthesis(ws)
    if not generator.differentiable:
        assert not image.requires_grad, "images have a graph, but differentiable is False"
        return
    image.square().sum().backward()
    assert ws.grad is not None, "no gradient reaches the codes"
    assert ws.grad.isfinite().all(), "the gradient of the codes is not finite"
    assert ws.grad.any(), "the gradient of the codes is zero everywhere"
