"""The short way to convolve gives what ``conv2d`` gives."""

from __future__ import annotations

import pytest
import torch
from styletalker.plugins.common.winograd import conv3x3, pays, winograd3x3
from torch import Tensor
from torch.nn import functional


def _random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("height", "width", "padding"), [(8, 8, 1), (7, 10, 2), (6, 5, 0)])
def test_in_float64_it_is_exact(height: int, width: int, padding: int) -> None:
    """Any size, with tiles that reach over the edge; either order in memory."""
    features, weight = _random(2, 3, height, width).double(), _random(5, 3, 3, 3, seed=2).double()
    expected = functional.conv2d(features, weight, padding=padding)
    for given in (features, features.to(memory_format=torch.channels_last)):
        found = winograd3x3(given, weight, padding)
        assert found.shape == expected.shape
        assert torch.allclose(found, expected, atol=1e-12)


def test_rounding() -> None:
    """In float32 it is at most ten times as far from the truth as ``conv2d``."""
    features, weight = _random(1, 256, 20, 20), _random(96, 256, 3, 3, seed=2)
    truth = functional.conv2d(features.double(), weight.double(), padding=1)
    direct = functional.conv2d(features, weight, padding=1)
    assert pays(features, weight)
    short = conv3x3(features, weight, 1)
    assert not torch.equal(short, direct)
    errors = [(one - truth).square().mean().sqrt().item() for one in (direct, short)]
    print(f"root mean square errors {errors[0]:.2e} and {errors[1]:.2e}, of {truth.std():.3g}")
    assert errors[1] < 10 * errors[0]
    assert (short - truth).abs().max() < 1e-5 * truth.abs().max()


def test_where_it_is_used() -> None:
    """Not for few channels, other kernels, other types, or where something is trained."""
    features, weight = torch.zeros(1, 96, 16, 16), torch.zeros(96, 96, 3, 3)
    assert pays(features, weight)
    assert not pays(features[:, :8], weight[:, :8])
    assert not pays(features, weight[..., :1, :1])
    assert not pays(features[..., :8, :8], weight)
    assert not pays(features.double(), weight.double())
    assert not pays(features, weight.clone().requires_grad_())
    with torch.no_grad():
        assert pays(features, weight.clone().requires_grad_())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not pays(features, weight)
    few = torch.ones(1, 2, 4, 4)
    assert torch.equal(
        conv3x3(few, torch.ones(1, 2, 3, 3), 1),
        functional.conv2d(few, torch.ones(1, 2, 3, 3), padding=1),
    )
