"""One use of everything a neural component offers, by role: named output tensors.

The checks that hold for every network (finite, deterministic, gradients, saving, independence of
the batch) run over these outputs. Inputs are the same at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from styletalker.core.contract.sizes import (
    AUDIO_DIM,
    MOTION_DIM,
    NUM_WS,
    RESOLUTION,
    W_DIM,
    speech,
)
from styletalker.core.contract.toys import ToyGenerator
from styletalker.core.interfaces.audio_encoder import AudioEncoder
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inverter
from styletalker.core.interfaces.motion_vae import MotionVAE
from styletalker.core.interfaces.prior import Prior
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from torch import Tensor

__all__ = ["FRAMES", "drawn", "exercise", "images", "motion_inputs", "noise", "video_and_speech"]

FRAMES = 7
"""T: odd, so that halves of a clip differ in length."""


def exercise(
    role: str, component: Any, batch: int = 2, partner: Generator | None = None
) -> Mapping[str, Tensor]:
    """What *component* gives for the kit's inputs; entries [B, ...], except ``loss``.

    *partner* is the generator that an inverter needs, if it does not take any.
    """
    if isinstance(component, Inverter):
        return _inverter(component, batch, partner)
    return _EXERCISES[role](component, batch)


def noise(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal values, the same at every call; a larger batch begins with the smaller."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randn(shape[1:], generator=generator) for _ in range(shape[0])])


def images(batch: int, *, resolution: int = RESOLUTION) -> Tensor:
    """Images [B, 3, H, W] in [-1, 1]."""
    return torch.tanh(noise(batch, 3, resolution, resolution, seed=1))


@torch.no_grad()
def drawn(generator: Generator, batch: int) -> Tensor:
    """Images [B, 3, H, W] that *generator* draws: its mean, then others near it."""
    codes = generator.mapping(noise(batch, generator.z_dim), truncation=0.5)
    codes[:1] = generator.mean_ws()
    return generator.synthesis(codes).clamp(-1, 1)


def motion_inputs(batch: int, frames: int = FRAMES) -> dict[str, Tensor]:
    """Motion [B, T, Z], audio [B, T, A] and the portrait's code [B, L, D]."""
    return {
        "motion": noise(batch, frames, MOTION_DIM, seed=2),
        "audio": noise(batch, frames, AUDIO_DIM, seed=3),
        "ws_ref": noise(batch, NUM_WS, W_DIM, seed=4),
    }


def video_and_speech(component: SyncDiscriminator, batch: int) -> tuple[Tensor, Tensor]:
    """Frames [B, T, 3, H, W] and the waveform [B, S] beneath, four windows long."""
    frames = component.window_frames + 3
    video = torch.tanh(noise(batch, frames, 3, RESOLUTION, RESOLUTION, seed=5))
    return video, speech(batch, frames * component.sample_rate // component.fps)


def _generator(component: Generator, batch: int) -> Mapping[str, Tensor]:
    ws = component.mapping(noise(batch, component.z_dim))
    return {"ws": ws, "image": component.synthesis(ws)}


def _inverter(
    component: Inverter, batch: int, partner: Generator | None = None
) -> Mapping[str, Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = partner or ToyGenerator()
    pictures = images(batch) if partner is None else drawn(partner, batch)
    ws = [component.invert(picture[None], generator).ws for picture in pictures]
    return {"ws": torch.cat(ws)}


def _audio_encoder(component: AudioEncoder, batch: int) -> Mapping[str, Tensor]:
    waveform = speech(batch, FRAMES * component.sample_rate // component.fps)
    return {"audio": component(waveform)}


def _sync_discriminator(component: SyncDiscriminator, batch: int) -> Mapping[str, Tensor]:
    frames, waveform = video_and_speech(component, batch)
    return {
        "video": component.embed_video(frames),
        "audio": component.embed_audio(waveform),
        "loss": component.loss(frames, waveform),
    }


def _motion_vae(component: MotionVAE, batch: int) -> Mapping[str, Tensor]:
    inputs = motion_inputs(batch)
    frames = torch.tanh(noise(batch, FRAMES, 3, RESOLUTION, RESOLUTION, seed=5))
    posterior = component.encode(frames, noise(batch, FRAMES, NUM_WS, W_DIM, seed=6))
    motion = noise(batch, FRAMES, component.motion_dim, seed=2)
    decoded = component.decode(motion, inputs["audio"], inputs["ws_ref"])
    return {"mean": posterior.mean, "log_std": posterior.log_std, "ws": decoded.ws}


def _prior(component: Prior, batch: int) -> Mapping[str, Tensor]:
    inputs = motion_inputs(batch)
    density = component.log_prob(inputs["motion"], inputs["audio"], inputs["ws_ref"])
    drawn = component.sample(inputs["audio"], inputs["ws_ref"], inputs["motion"])
    return {"log_prob": density, "sample": drawn.motion}


_EXERCISES: Mapping[str, Callable[[Any, int], Mapping[str, Tensor]]] = {
    "generator": _generator,
    "inverter": _inverter,
    "audio_encoder": _audio_encoder,
    "sync_discriminator": _sync_discriminator,
    "motion_vae": _motion_vae,
    "prior": _prior,
}
