"""The small sizes at which the kit builds components, and the inputs it gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.contract.toy_face import drawn_face, drawn_landmarks
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

_CLIP_SIZE, _CLIP_FPS = 96, 25
_SAID = (("_", 0, 8), ("p", 8, 10), ("A", 10, 15), ("m", 15, 17), ("aI", 17, 24))
"""Symbol, first frame and the frame after the last of the sounds of a talking clip."""

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


def talking_clip(name: str = "clip", frames: int = 24, seed: int = 0) -> Clip:
    """A clip of a drawn face [T, 96, 96, 3] that moves, blinks and opens its mouth on vowels.

    Phonemes are in espeak's notation: silence, then p, m and open vowels; the sound is noise, and
    nothing in the silence.
    """
    rng = np.random.default_rng(seed)
    phonemes = tuple(
        Phoneme(symbol, start / _CLIP_FPS, stop / _CLIP_FPS)
        for symbol, start, stop in _SAID
        if start < frames
    )
    vowels = [(start, stop) for symbol, start, stop in _SAID if symbol[0] in "Aa"]
    blink, phase = int(rng.integers(frames)), float(rng.uniform(0, 6))
    pictures, landmarks = [], []
    for t in range(frames):
        speaking = any(start <= t < stop for start, stop in vowels)
        shift = 0.03 * float(np.sin(phase + 0.2 * t))
        opened = float(rng.uniform(0.5, 1.0)) if speaking else 0.0
        face = drawn_face(_CLIP_SIZE, shift=shift, opened=opened, closed=float(t == blink))
        points = drawn_landmarks(_CLIP_SIZE, shift=shift, opened=opened, turned=shift / 3)
        landmarks.append(points)
        noise = rng.integers(-4, 5, face.shape)
        pictures.append(np.clip(face + noise, 0, 255).astype(np.uint8))
    waveform = rng.uniform(-0.5, 0.5, frames * 640).astype(np.float32)
    for symbol, start, stop in _SAID:
        if symbol == "_":
            waveform[start * 640 : stop * 640] = 0
    return Clip(
        name=name,
        identity="somebody",
        frames=np.stack(pictures),
        waveform=waveform,
        phonemes=phonemes,
        landmarks=np.stack(landmarks),
    )


def noise_clip(frames: int = 12, seed: int = 0) -> Clip:
    """A clip of noise [T, 96, 96, 3], in which there is nothing to be seen and nothing known."""
    rng = np.random.default_rng(seed)
    return Clip(
        name="noise",
        identity="nobody",
        frames=rng.integers(0, 256, (frames, _CLIP_SIZE, _CLIP_SIZE, 3), dtype=np.uint8),
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
