"""How unlike two images are: pixels, and whatever networks are given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.read import read_weights_file
from styletalker.plugins.common.identity import IdentityNetwork, identity_network_of
from styletalker.plugins.latent_optimisation.config import OptimizeConfig
from torch import Tensor

__all__ = ["Distance", "Likeness", "read_identity"]

Distance = Callable[[Tensor, Tensor], Tensor]
"""Images and targets [B, 3, H, W] in [-1, 1] -> a distance for each [B], such as LPIPS."""


class Likeness:
    """The loss of a search or a tuning: a weighted sum of what there is."""

    def __init__(
        self,
        config: OptimizeConfig,
        *,
        perceptual: Distance | None = None,
        identity: IdentityNetwork | None = None,
    ) -> None:
        """Make it of the weights in *config* and of the networks that are given."""
        self.config, self.perceptual, self.identity = config, perceptual, identity

    def __call__(self, images: Tensor, targets: Tensor) -> Tensor:
        """How unlike each image [B, 3, H, W] is its target: [B], 0 for the same image."""
        config = self.config
        total = config.pixel * (images - targets).square().mean((1, 2, 3))
        if self.perceptual is not None and config.perceptual:
            total = total + config.perceptual * self.perceptual(images, targets).reshape(-1)
        if self.identity is not None and config.identity:
            network = self.identity.to(images.device)
            with torch.no_grad():
                wanted = network(targets)
            total = total + config.identity * (1 - (network(images) * wanted).sum(1))
        return total


def read_identity(path: Path | None) -> IdentityNetwork | None:
    """The network of public ArcFace weights in a file; None without a file.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is unsafe or damaged, or holds something else.
    """
    if path is None:
        return None
    file = read_weights_file(path)
    try:
        return identity_network_of(file.tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{file.path}: {error}") from error
