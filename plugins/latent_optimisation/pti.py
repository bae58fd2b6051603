"""The inverter ``pti``: a code that is near, and a generator tuned to hit the portrait."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion
from styletalker.plugins.latent_optimisation.config import PTIConfig
from styletalker.plugins.latent_optimisation.optimize import Optimize
from styletalker.plugins.latent_optimisation.search import frozen_copy
from torch import Tensor

__all__ = ["PTI"]


class PTI(Optimize):
    """Pivotal tuning (arXiv 2106.05744): codes keep their meaning, the portrait is exact.

    The pivot is searched as ``optimize`` does. Then a copy of the generator is trained to show
    the portrait there, and to show what it showed before elsewhere. ``track`` searches codes of
    video frames under that copy. :mod:`styletalker.plugins.latent_optimisation.delta` stores the
    copy as what has changed.
    """

    config: PTIConfig

    def invert(
        self, images: Tensor, generator: Generator, *, start: Tensor | None = None
    ) -> Inversion:
        """The pivot of one image and a tuned copy of the generator.

        Args:
            images: [1, 3, H, W] in [-1, 1].
            generator: never modified.
            start: a code [1, L, D] to begin with, such as an encoder's; with ``steps: 0`` it is
                the pivot.

        Raises:
            InputError: a wrong shape, or more than one image.
        """
        if images.dim() == 4 and len(images) != 1:
            fix = "Invert portraits one by one."
            raise InputError(
                compose(
                    "images are tuned to one at a time",
                    expected="B = 1",
                    given=len(images),
                    fix=fix,
                )
            )
        found, before = self.search(images, generator, start=start)
        with torch.inference_mode(mode=False), torch.enable_grad():
            tuned = self._tuned(images.detach().clone(), found.ws, before)
        for mine, theirs in zip(tuned.parameters(), generator.parameters(), strict=True):
            mine.requires_grad_(theirs.requires_grad)
        return Inversion(ws=found.ws.to(images.dtype), generator=tuned.train(generator.training))

    def _tuned(self, images: Tensor, pivot: Tensor, before: Generator) -> Generator:
        config = self.config
        tuned = frozen_copy(before).requires_grad_()
        trained = list(tuned.parameters())
        optimiser = torch.optim.Adam(trained, lr=config.tuning_rate, betas=(0.9, 0.999))
        elsewhere = self._elsewhere(pivot, before)
        images = images.to(pivot.dtype)
        for _ in range(config.tuning_steps):
            loss = self.likeness(tuned.synthesis(pivot, noise="const"), images).mean()
            if loss.item() < config.good_enough:
                break
            if config.locality:
                ws = next(elsewhere)
                with torch.no_grad():
                    wanted = before.synthesis(ws, noise="const")
                kept = self.likeness(tuned.synthesis(ws, noise="const"), wanted).mean()
                loss = loss + config.locality * kept
            gradients = torch.autograd.grad(loss, trained, allow_unused=True)
            for parameter, gradient in zip(trained, gradients, strict=True):
                parameter.grad = gradient  # None where the image does not depend on it
            optimiser.step()
        for parameter in trained:
            parameter.grad = None
        return tuned

    def _elsewhere(self, pivot: Tensor, before: Generator) -> Iterator[Tensor]:
        """Codes [1, L, D] at a fixed distance from the pivot, towards random codes."""
        drawing = torch.Generator().manual_seed(self.config.seed)
        while True:
            z = torch.randn(1, before.z_dim, generator=drawing).to(pivot)
            with torch.no_grad():
                away = before.mapping(z) - pivot
            length = away.norm(dim=2, keepdim=True).clamp_min(1e-8)
            yield pivot + away * (self.config.locality_distance / length)
