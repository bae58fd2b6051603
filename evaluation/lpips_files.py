"""Which files hold the weights of LPIPS; importing this imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from styletalker.core.public_files import PublicFile

__all__ = ["BACKBONES", "HEADS"]

_TORCHVISION = "https://download.pytorch.org/models"
_LPIPS = "https://github.com/richzhang/PerceptualSimilarity/tree/master/lpips/weights/v0.1"
_IMAGENET = "BSD-3-Clause; trained on ImageNet, whose pictures are for research"

BACKBONES: Mapping[str, PublicFile] = MappingProxyType(
    {
        "alex": PublicFile(
            name="alexnet-owt-7be5be79.pth",
            purpose="AlexNet as torchvision publishes it, of which LPIPS is made,",
            licence=_IMAGENET,
            source=f"{_TORCHVISION}/alexnet-owt-7be5be79.pth",
        ),
        "vgg": PublicFile(
            name="vgg16-397923af.pth",
            purpose="VGG-16 as torchvision publishes it, of which LPIPS (VGG) is made,",
            licence=_IMAGENET,
            source=f"{_TORCHVISION}/vgg16-397923af.pth",
        ),
    }
)
"""The networks whose features are compared; 244 and 553 MB."""

HEADS: Mapping[str, PublicFile] = MappingProxyType(
    {
        name: PublicFile(
            name=f"{name}.pth",
            purpose=f"what LPIPS weighs the channels of {network} with, version 0.1,",
            licence="BSD-2-Clause",
            source=_LPIPS,
        )
        for name, network in (("alex", "AlexNet"), ("vgg", "VGG-16"))
    }
)
"""The linear layers on top; some kilobytes."""
