"""Who is in a picture, as a vector: the ArcFace network, and the identity loss made of it.

ArcFace (arXiv 1801.07698) with an IR-SE50; the loss is pSp's (arXiv 2008.00951, section 3.2).
The public weights (``model_ir_se50.pth``) were trained on faces under terms that exclude
commercial use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.common.ir_se50 import BLOCKS_50, FaceBackbone
from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "IdentityNetwork",
    "identity_loss",
    "identity_network_of",
    "identity_options_of",
    "load_state",
]

_ALIGNED = 256
"""Pixels a side of the aligned picture the crop below belongs to."""
_CROP = (slice(35, 223), slice(32, 220))
"""The face in a picture that is aligned as FFHQ's, rows and columns."""
_DROPPED = 0.6


class IdentityNetwork(FaceBackbone):
    """Embeddings of unit length: two pictures of one person have a cosine near 1.

    Build it at its public size by default. Tensors have the public names.
    """

    def __init__(
        self,
        *,
        pixels: int = 112,
        width: int = 64,
        blocks: Sequence[int] = BLOCKS_50,
        dim: int = 512,
        affine: bool = True,
    ) -> None:
        """Make one.

        Args:
            pixels: height and width of a face, a multiple of 16; 112 or 224 in public weights.
            width: channels of the first stage.
            blocks: units per stage.
            dim: channels E of an embedding.
            affine: whether the last normalisation has a weight and a bias.
        """
        super().__init__(width=width, blocks=blocks)
        self.pixels = pixels
        last = 8 * width
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(last),
            nn.Dropout(_DROPPED),
            nn.Flatten(),
            nn.Linear(last * (pixels // 16) ** 2, dim),
            nn.BatchNorm1d(dim, affine=affine),
        )

    def embed(self, faces: Tensor) -> Tensor:
        """Embeddings [B, E] of cropped faces [B, 3, pixels, pixels] in [-1, 1], RGB."""
        check_shape("faces", faces, "B 3 H W", H=self.pixels, W=self.pixels)
        return functional.normalize(self.output_layer(self.stages(faces)[-1]))

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings [B, E] of aligned pictures [B, 3, H, H] in [-1, 1], RGB.

        They are brought to 256 pixels, cropped to the face, and brought to the network's size;
        each time by averaging areas.
        """
        size = check_shape("images", images, "B 3 H W")
        if size["H"] != size["W"]:
            expected = "square images"
            raise InputError(
                compose("images are not aligned faces", expected=expected, given=(*images.shape,))
            )
        if size["H"] != _ALIGNED:
            images = functional.adaptive_avg_pool2d(images, _ALIGNED)
        faces = images[:, :, _CROP[0], _CROP[1]]
        return self.embed(functional.adaptive_avg_pool2d(faces, self.pixels))


def identity_loss(network: IdentityNetwork, images: Tensor, targets: Tensor) -> Tensor:
    """One minus the cosine between images and targets [B, 3, H, H], averaged; a scalar.

    Gradients go to the images alone. Call ``network.eval().requires_grad_(False)`` before.
    """
    with torch.no_grad():
        wanted = network(targets)
    cosines: Tensor = (network(images) * wanted).sum(1)
    return 1 - cosines.mean()


def identity_network_of(tensors: Mapping[str, Tensor]) -> IdentityNetwork:
    """The network of public weights (a flat state dict), in evaluation mode, without gradients.

    Raises:
        CheckpointError: these are not the weights of such a network.
    """
    network = IdentityNetwork(**identity_options_of(tensors))
    load_state(network, tensors)
    return network.eval().requires_grad_(requires_grad=False)


def identity_options_of(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Arguments of :class:`IdentityNetwork` under which public weights fit; no tensor is read.

    Raises:
        CheckpointError: these are not the weights of such a network.
    """
    shapes = Tensors.of(tensors).shapes
    blocks, width = _stages_of(shapes)
    dim, flat = shapes.get("output_layer.3.weight", (0, 0))
    side = round((flat / (8 * width)) ** 0.5) if width else 0
    if not side or flat != 8 * width * side**2:
        raise CheckpointError("these are not the weights of an ArcFace network with an IR-SE50")
    return {
        "pixels": 16 * side,
        "width": width,
        "blocks": blocks,
        "dim": dim,
        "affine": "output_layer.4.weight" in shapes,
    }


def load_state(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Load public tensors into a module of the same names; counters of batches may be absent.

    Raises:
        CheckpointError: names or shapes differ; the message names the first ones.
    """
    own, shapes = module.state_dict(), Tensors.of(tensors).shapes
    free = {name for name in own if name.endswith("num_batches_tracked")}
    problems = [f"{name} is missing" for name in own if name not in shapes and name not in free]
    problems += [f"{name} is not known" for name in shapes if name not in own]
    problems += [
        f"{name} has the shape {shapes[name]} instead of {tuple(value.shape)}"
        for name, value in own.items()
        if name in shapes and shapes[name] != tuple(value.shape)
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        label = type(module).__name__
        raise CheckpointError(f"not the weights of this {label}: {'; '.join(problems[:3])}{more}")
    with torch.no_grad():
        for name in shapes:  # one at a time: tensors of a mapped file are read here and let go of
            own[name].copy_(tensors[name])


def _stages_of(shapes: Mapping[str, tuple[int, ...]]) -> tuple[tuple[int, ...], int]:
    """Units per stage and the width of the first: a stage begins where the channels change."""
    found = (re.fullmatch(r"body\.\d+\.res_layer\.3\.weight", name) for name in shapes)
    widths = [shapes[match[0]][0] for match in found if match]
    return tuple(widths.count(width) for width in sorted(set(widths))), min(widths, default=0)
