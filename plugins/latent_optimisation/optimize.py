"""The inverter ``optimize``."""

from __future__ import annotations

import attrs
import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.plugins.common.identity import IdentityNetwork
from styletalker.plugins.latent_optimisation.config import OptimizeConfig
from styletalker.plugins.latent_optimisation.likeness import Distance, Likeness, read_identity
from styletalker.plugins.latent_optimisation.search import Found, frozen_copy, search
from torch import Tensor

__all__ = ["Optimize"]

_TOGETHER = 8
"""Frames of a video whose codes are searched at a time."""


class Optimize(Inverter):
    """Latent optimisation: seconds to minutes per image, no training.

    The given generator is not touched, not even its gradients. Searches repeat themselves: what
    is drawn depends on the option ``seed`` alone.
    """

    config: OptimizeConfig
    trainable = False

    def __init__(self, config: OptimizeConfig, *, resolution: int, num_ws: int, w_dim: int) -> None:
        """Build it for a generator of these sizes; reads the identity network, if there is one."""
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        # Its networks are no submodules: they are not this inverter's weights.
        self.likeness = Likeness(config, identity=read_identity(config.identity_weights))

    def use(
        self, *, perceptual: Distance | None = None, identity: IdentityNetwork | None = None
    ) -> None:
        """Give networks for the loss; what is None stays as it is.

        Args:
            perceptual: images and targets in [-1, 1] -> a distance each, such as LPIPS.
            identity: the network of the identity loss.
        """
        self.likeness = Likeness(
            self.config,
            perceptual=perceptual or self.likeness.perceptual,
            identity=identity or self.likeness.identity,
        )

    def invert(
        self, images: Tensor, generator: Generator, *, start: Tensor | None = None
    ) -> Inversion:
        """Codes of images, and the generator to use with them.

        Args:
            images: [B, 3, H, W] in [-1, 1]; B is 1 if noise maps are searched.
            generator: the generator the codes are for; never modified.
            start: codes [B, L, D] to begin with, such as an encoder's; None for the mean code.
        """
        found, working = self.search(images, generator, start=start)
        ws = found.ws.to(images.dtype)
        if not found.maps:
            return Inversion(ws=ws, generator=generator)
        return Inversion(ws=ws, generator=_as(working, generator))

    def search(
        self, images: Tensor, generator: Generator, *, start: Tensor | None = None
    ) -> tuple[Found, Generator]:
        """What ``invert`` finds, with its losses, and the frozen copy it was found with."""
        size = self.resolution
        check_shape("images", images, "B 3 H W", H=size, W=size)
        if self.config.noise_maps == "searched" and len(images) != 1:
            fix = "Give one image, or choose noise_maps: fixed."
            raise InputError(
                compose(
                    "noise maps belong to one image", expected="B = 1", given=len(images), fix=fix
                )
            )
        with torch.inference_mode(mode=False), torch.enable_grad():
            working = frozen_copy(generator)
            begin = self._start(images, working, start)
            targets = images.detach().clone().to(begin.dtype)
            found = search(targets, working, self.config, self.likeness, begin)
        return found, working

    def track(self, frames: Tensor, portrait: Inversion) -> Tensor:
        """Codes [B, T, L, D] of videos [B, T, 3, H, W] under the portraits' generator.

        Each frame's search starts at its portrait's code. Noise maps stay the portrait's.
        """
        count = frames.shape[1]
        images, start = frames.flatten(0, 1), portrait.ws.repeat_interleave(count, 0)
        tracker = self._tracker()
        parts = []
        for begin in range(0, len(images), _TOGETHER):
            end = begin + _TOGETHER
            found, _ = tracker.search(images[begin:end], portrait.generator, start=start[begin:end])
            parts.append(found.ws.to(frames.dtype))
        return torch.cat(parts).reshape(*frames.shape[:2], self.num_ws, self.w_dim)

    def _tracker(self) -> Optimize:
        """What searches codes of frames: this inverter, in W+, with noise maps as they are."""
        given = {f.name: getattr(self.config, f.name) for f in attrs.fields(OptimizeConfig)}
        changed = {"space": "wplus", "noise_maps": "fixed", "identity_weights": None}
        config = OptimizeConfig(**{**given, **changed})
        sizes = {"resolution": self.resolution, "num_ws": self.num_ws, "w_dim": self.w_dim}
        tracker = Optimize(config, **sizes)
        tracker.use(perceptual=self.likeness.perceptual, identity=self.likeness.identity)
        return tracker

    def _start(self, images: Tensor, generator: Generator, start: Tensor | None) -> Tensor:
        mean = generator.mean_ws().detach().clone()
        check_shape("the generator's mean_ws()", mean, "L D", L=self.num_ws, D=self.w_dim)
        if start is None:
            return mean.expand(len(images), -1, -1)
        check_shape("start", start, "B L D", B=len(images), L=self.num_ws, D=self.w_dim)
        return start.detach().clone().to(mean)


def _as(working: Generator, given: Generator) -> Generator:
    """The copy in the mode of the given generator, requiring the same gradients."""
    for mine, theirs in zip(working.parameters(), given.parameters(), strict=True):
        mine.requires_grad_(theirs.requires_grad)
    return working.train(given.training)
