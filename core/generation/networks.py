"""The five networks of a talker, ready to speak: on one device, in evaluation mode."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.assembly import Components
from styletalker.core.errors import ConfigError, InputError, compose
from styletalker.core.interfaces.audio_encoder import AudioEncoder
from styletalker.core.interfaces.generator import Generator, Resizable
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.core.interfaces.motion_vae import MotionVAE
from styletalker.core.interfaces.prior import Prior
from styletalker.core.talker_folder import TALKER_ROLES
from styletalker.core.training.frames import to_unit
from torch import Tensor

__all__ = ["Networks", "device_named"]


@attrs.frozen(kw_only=True, eq=False)
class Networks:
    """What a talker is made of."""

    generator: Generator
    inverter: Inverter
    audio_encoder: AudioEncoder
    motion_vae: MotionVAE
    prior: Prior
    device: torch.device

    @classmethod
    def of(cls, components: Components, device: torch.device) -> Networks:
        """The networks of *components*, moved to *device* and set to evaluation mode.

        Raises:
            ConfigError: one is not there.
            CheckpointError: its weights cannot be loaded.
            PluginError: its plug-in cannot.
        """
        parts: dict[str, Any] = {role: components.get(role) for role in TALKER_ROLES}  # type: ignore[call-overload]
        for role, part in parts.items():
            part.eval().to(device)
            if role in ("generator", "inverter"):
                part.to(memory_format=torch.channels_last)
        encoder: AudioEncoder = parts["audio_encoder"]
        if encoder.sample_rate % encoder.fps:
            problem = f"{encoder.sample_rate} Hz are no whole number of samples per frame"
            raise ConfigError(f"the audio encoder: {problem} at {encoder.fps} frames per second")
        return cls(**parts, device=device)

    @property
    def hop(self) -> int:
        """Samples per frame."""
        return self.audio_encoder.sample_rate // self.audio_encoder.fps

    def unit(self, frames: NDArray[np.uint8]) -> Tensor:
        """Frames [N, R, R, 3] as the networks see them: [N, 3, R, R] in [-1, 1], on the device.

        Raises:
            InputError: they are not of the talker's resolution.
        """
        side = self.generator.resolution
        if frames.dtype != np.uint8 or frames.shape[1:] != (side, side, 3):
            expected = f"uint8 [{side}, {side}, 3]"
            given = f"{frames.dtype} {list(frames.shape[1:])}"
            raise InputError(compose("not a frame for this talker", expected=expected, given=given))
        images = to_unit(torch.from_numpy(np.array(frames)).to(self.device))
        return images.contiguous(memory_format=torch.channels_last)

    def at(self, resolution: int) -> Networks:
        """The same networks for frames of *resolution* pixels a side.

        Raises:
            InputError: the generator makes pictures of another size only.
        """
        if resolution == self.generator.resolution:
            return self
        if not isinstance(self.generator, Resizable):
            expected = f"{self.generator.resolution} pixels a side"
            raise InputError(
                compose("not a size of this talker", expected=expected, given=resolution)
            )
        return attrs.evolve(self, generator=self.generator.at(resolution))

    def invert(self, image: Tensor) -> Inversion:
        """The codes of a portrait [1, 3, R, R], and the generator that shows it."""
        with torch.set_grad_enabled(not self.inverter.trainable):  # latent optimisation needs them
            found = self.inverter.invert(image, self.generator)
        return attrs.evolve(found, ws=found.ws.detach())

    def track(self, frames: Tensor, portrait: Inversion) -> Tensor:
        """The codes [T, L, D] of frames [T, 3, R, R] of the person in *portrait*."""
        with torch.set_grad_enabled(not self.inverter.trainable):
            return self.inverter.track(frames[None], portrait)[0].detach()


def device_named(name: str) -> torch.device:
    """The device called *name*; ``auto`` is the first CUDA device, or the CPU if there is none.

    Raises:
        InputError: there is no such device here.
    """
    have = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        have.append("mps")
    if name == "auto":
        return torch.device(have[1] if len(have) > 1 and have[1] != "mps" else "cpu")
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in have:
        problem = "there is no such device"
        raise InputError(compose(problem, given=name, name=name, choices=["auto", *have]))
    return torch.device(wanted)
