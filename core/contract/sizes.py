"""The small sizes at which the kit builds components, and the inputs it gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.roles import role_named

__all__ = ["AUDIO_DIM", "MOTION_DIM", "NUM_WS", "RESOLUTION", "W_DIM", "ToyConfig", "arguments_for"]

RESOLUTION = 32
"""Frames are this small; a discriminator or encoder must resize what it needs larger."""
NUM_WS = 8
"""L: the layers of a StyleGAN2 generator at 32 px."""
W_DIM = 16
"""D."""
AUDIO_DIM = 6
"""A."""
MOTION_DIM = 4
"""Z."""

_SIZES: Mapping[str, int] = {
    "resolution": RESOLUTION,
    "num_ws": NUM_WS,
    "w_dim": W_DIM,
    "audio_dim": AUDIO_DIM,
    "motion_dim": MOTION_DIM,
}


@attrs.frozen(kw_only=True)
class ToyConfig:
    """Options of the toy generator: it has none."""


def arguments_for(role: str) -> dict[str, int]:
    """The constructor arguments a role needs, at the kit's sizes."""
    return {keyword: _SIZES[keyword] for keyword in role_named(role).needs}


def talking_clip(name: str = "clip", frames: int = 12, seed: int = 0) -> Clip:
    """A clip of noise in the form of a talking head's: frames [T, 32, 32, 3] and speech."""
    rng = np.random.default_rng(seed)
    return Clip(
        name=name,
        identity="somebody",
        frames=rng.integers(0, 256, (frames, RESOLUTION, RESOLUTION, 3), dtype=np.uint8),
        waveform=rng.uniform(-0.5, 0.5, frames * 640).astype(np.float32),
    )


def speech(batch: int, samples: int, seed: int = 0) -> Any:
    """A waveform [B, S] with changing loudness; a larger batch begins with the smaller."""
    import torch

    generator = torch.Generator().manual_seed(seed)

    def one() -> Any:
        noise = torch.randn(samples, generator=generator)
        loudness = torch.rand(samples // 160 + 1, generator=generator)
        return (noise * loudness.repeat_interleave(160)[:samples] * 0.2).clamp(-1, 1)

    return torch.stack([one() for _ in range(batch)])
