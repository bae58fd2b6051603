"""The synthesis network: Fourier features, alias-free layers, and no skips (arXiv 2106.12423)."""

from __future__ import annotations

from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.fourier import FourierInput
from styletalker.plugins.stylegan3.layers import AliasFreeLayer
from styletalker.plugins.stylegan3.schedule import layer_name, plans_of
from torch import Tensor, nn

__all__ = ["SynthesisNetwork"]


class SynthesisNetwork(nn.Module):
    """Row 0 of a code goes to the Fourier features, each further one to a layer."""

    def __init__(self, config: StyleGAN3Config) -> None:
        """Make the network of *config*."""
        super().__init__()
        plans = plans_of(config)
        self.output_scale = config.output_scale
        self.input = FourierInput(plans[0].before, w_dim=config.w_dim)
        self.layer_names = [layer_name(index, plan) for index, plan in enumerate(plans)]
        for name, plan in zip(self.layer_names, plans, strict=True):
            self.add_module(name, AliasFreeLayer(config, plan))

    @property
    def num_ws(self) -> int:
        """Layers L of a code: one for the input, one for each layer, one for ToRGB."""
        return len(self.layer_names) + 1

    def forward(self, ws: Tensor) -> Tensor:
        """Codes [B, L, D] -> images [B, 3, H, W]."""
        features: Tensor = self.input(ws[:, 0])
        for index, name in enumerate(self.layer_names):
            features = self.get_submodule(name)(features, ws[:, index + 1])
        return features.to(self.input.weight.dtype).contiguous() * self.output_scale
