"""Wav2Lip's generator and its judge of picture quality (arXiv 2008.10010).

They are no parts of a talker here, but a method to compare with. Names of parameters are those of
``wav2lip.pth``, ``wav2lip_gan.pth`` and ``visual_quality_disc.pth``.
"""

from __future__ import annotations

from pathlib import Path

import torch
from styletalker.core.checks import check_shape
from styletalker.plugins.common.torch_file import load_state, state_of
from styletalker.plugins.wav2lip_expert.network import ConvBlock, audio_layers, residual
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["QualityNetwork", "Wav2LipNetwork", "load_quality", "load_wav2lip"]

_KEY = "state_dict"
"""The entry of the public files that holds the weights."""
_LOWER = 48
"""The first row of the lower half of a face of 96 px."""
_SLOPE = 0.01

_SEEN = (16, 32, 64, 128, 256, 512, 512)
"""Channels after each stage that looks at the face."""
_DRAWN = (512, 512, 512, 384, 256, 128, 64)
"""Channels after each stage that draws."""
_SHORTCUTS = (2, 3, 2, 2, 1)
"""Blocks with shortcuts in the stages that halve the face's size."""


class Wav2LipNetwork(nn.Module):
    """Draws a face that says something: a U-Net with the sound in its middle."""

    def __init__(self, divisor: int = 1) -> None:
        """Random weights; *divisor* narrows all layers."""
        super().__init__()
        seen, drawn = ([max(1, c // divisor) for c in part] for part in (_SEEN, _DRAWN))
        stages = [nn.Sequential(ConvBlock(6, seen[0], 7, 1, 3))]
        for k, count in enumerate(_SHORTCUTS):
            first = ConvBlock(seen[k], seen[k + 1], 3, 2, 1)
            stages.append(nn.Sequential(first, *residual(seen[k + 1], count)))
        last = (ConvBlock(seen[5], seen[6], 3, 1, 0), ConvBlock(seen[6], seen[6], 1, 1, 0))
        self.face_encoder_blocks = nn.ModuleList([*stages, nn.Sequential(*last)])
        self.audio_encoder = audio_layers(divisor, last=1)
        inner = _Doubling(drawn[0] + seen[6], drawn[1], 1, 0)
        stages = [
            nn.Sequential(ConvBlock(drawn[0], drawn[0], 1, 1, 0)),
            nn.Sequential(inner, *residual(drawn[1], 1)),
        ]
        for k in range(2, len(drawn)):
            first_drawn = _Doubling(drawn[k - 1] + seen[7 - k], drawn[k], 2, 1)
            stages.append(nn.Sequential(first_drawn, *residual(drawn[k], 2)))
        self.face_decoder_blocks = nn.ModuleList(stages)
        width = max(1, 32 // divisor)
        self.output_block = nn.Sequential(
            ConvBlock(drawn[6] + seen[0], width, 3, 1, 1), nn.Conv2d(width, 3, 1), nn.Sigmoid()
        )

    def forward(self, mel: Tensor, faces: Tensor) -> Tensor:
        """Faces [N, 3, 96, 96], BGR from 0 to 1.

        Args:
            mel: columns [N, 1, 80, 16] of the frame's sound, from -4 to 4.
            faces: [N, 6, 96, 96], BGR from 0 to 1: the frame with its lower half black, and another
                frame of the same person.

        Raises:
            InputError: they have other shapes.
        """
        check_shape("faces", faces, "B 6 96 96")
        check_shape("mel", mel, "B 1 80 16", B=len(faces))
        seen = []
        for block in self.face_encoder_blocks:
            faces = block(faces)
            seen.append(faces)
        x = self.audio_encoder(mel)
        for block in self.face_decoder_blocks:
            x = torch.cat([block(x), seen.pop()], 1)
        drawn: Tensor = self.output_block(x)
        return drawn


class QualityNetwork(nn.Module):
    """How real the lower halves of faces look: 0 to 1."""

    def __init__(self) -> None:
        """Random weights."""
        super().__init__()
        self.face_encoder_blocks = nn.ModuleList(
            [
                nn.Sequential(_Plain(3, 32, 7, 1, 3)),
                nn.Sequential(_Plain(32, 64, 5, (1, 2), 2), _Plain(64, 64, 5, 1, 2)),
                nn.Sequential(_Plain(64, 128, 5, 2, 2), _Plain(128, 128, 5, 1, 2)),
                nn.Sequential(_Plain(128, 256, 5, 2, 2), _Plain(256, 256, 5, 1, 2)),
                nn.Sequential(_Plain(256, 512, 3, 2, 1), _Plain(512, 512, 3, 1, 1)),
                nn.Sequential(_Plain(512, 512, 3, 2, 1), _Plain(512, 512, 3, 1, 1)),
                nn.Sequential(_Plain(512, 512, 3, 1, 0), _Plain(512, 512, 1, 1, 0)),
            ]
        )
        self.binary_pred = nn.Sequential(nn.Conv2d(512, 1, 1), nn.Sigmoid())

    def forward(self, faces: Tensor) -> Tensor:
        """Probabilities [T * B, 1] of faces [B, 3, T, 96, 96], BGR from 0 to 1.

        In the public order: those of all items' first frames come first.

        Raises:
            InputError: they have another shape.
        """
        check_shape("faces", faces, "B 3 T 96 96")
        x = faces[..., _LOWER:, :].permute(2, 0, 1, 3, 4).flatten(0, 1)
        for block in self.face_encoder_blocks:
            x = block(x)
        real: Tensor = self.binary_pred(x)
        return real.flatten(1)


def load_wav2lip(path: Path) -> Wav2LipNetwork:
    """The generator in ``wav2lip.pth`` or ``wav2lip_gan.pth``, in evaluation mode.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is damaged, unsafe or of another network.
    """
    network = Wav2LipNetwork()
    load_state(network, state_of(path, _KEY), path)
    return network.eval()


def load_quality(path: Path) -> QualityNetwork:
    """The judge in ``visual_quality_disc.pth``, in evaluation mode.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is damaged, unsafe or of another network.
    """
    network = QualityNetwork()
    load_state(network, state_of(path, _KEY), path)
    return network.eval()


class _Doubling(nn.Module):
    """Transposed convolution, batch normalisation, ReLU; with a *stride* of 2 it doubles."""

    def __init__(self, inputs: int, outputs: int, stride: int, padding: int) -> None:
        super().__init__()
        layer = nn.ConvTranspose2d(inputs, outputs, 3, stride, padding, output_padding=stride - 1)
        self.conv_block = nn.Sequential(layer, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv_block(x))


class _Plain(nn.Module):
    """Convolution and leaky ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int | tuple[int, int], padding: int
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, padding))

    def forward(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(self.conv_block(x), _SLOPE)
