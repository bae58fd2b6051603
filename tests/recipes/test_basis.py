"""Coordinates of motion found from codes: one channel each, and whatever is left."""

from __future__ import annotations

import pytest
import torch
from styletalker.core.errors import InputError
from styletalker.recipes.objectives.basis import coordinates_of
from styletalker.recipes.objectives.likelihood import Seen
from torch import Tensor


def _seen(motion: Tensor, codes: Tensor | None) -> Seen:
    frames = len(motion)
    return Seen(
        mean=motion,
        log_std=torch.full_like(motion, -5.0),
        audio=torch.zeros(frames, 3),
        ws_ref=torch.zeros(1, 6),
        ws=None if codes is None else codes[:, None],
    )


def test_each_coordinate_is_a_channel() -> None:
    """Motion that mixes three channels, one of them twice, beside lips, a constant and noise."""
    generator = torch.Generator().manual_seed(0)
    sources = torch.randn(4000, 3, generator=generator) * torch.tensor([2.0, 0.1, 1.0])
    mix = torch.randn(5, 4, generator=generator)
    own = torch.randn(4000, 1, generator=generator)  # of the motion alone
    motion = torch.cat([sources, own], -1) @ mix.T[:4, :4]
    lips = torch.randn(4000, 1, generator=generator)
    codes = torch.cat([lips, sources, sources[:, 1:2], torch.full((4000, 1), 7.0)], -1)
    half = [_seen(motion[:2000], codes[:2000]), _seen(motion[2000:], codes[2000:])]
    found_now = coordinates_of(half)
    basis = found_now.basis
    assert basis.shape == (4, 4)
    assert torch.linalg.cond(basis) < 1e3
    coordinates = (motion - motion.mean(0)) @ basis.T
    reach = found_now.reach / 1.5
    beyond = (motion @ basis.T < reach[0]) | (motion @ basis.T > reach[1])
    assert torch.allclose(beyond.float().mean(0), torch.full((4,), 0.004), atol=0.0015)
    assert torch.allclose(coordinates.std(0), torch.ones(4), atol=0.02)
    found = torch.corrcoef(torch.cat([coordinates, sources], -1).T)[:4, 4:].abs()
    assert (found.amax(0) > 0.999).all(), "each channel is a coordinate"
    assert (found.amax(1) > 0.999).sum() == 3


def test_without_codes_there_is_no_basis() -> None:
    with pytest.raises(InputError, match="a basis needs codes"):
        coordinates_of([_seen(torch.randn(10, 4), None)])
