"""The public files of StyleGAN3, and what is known of them; imports nothing heavy."""

from __future__ import annotations

from styletalker.core.public_files import PublicFile
from styletalker.core.weights_file.family import WeightsFamily

__all__ = ["FAMILIES"]

_SOURCE = "https://catalog.ngc.nvidia.com/orgs/nvidia/teams/research/models/stylegan3"
_LICENCE = "NVIDIA Source Code License: research and evaluation, no commercial use"
_KINDS = {"t": "translation-equivariant", "r": "translation- and rotation-equivariant"}
_SUBJECTS = (
    ("ffhq", 1024, "faces (FFHQ)"),
    ("ffhqu", 1024, "faces, unaligned (FFHQ-U)"),
    ("ffhqu", 256, "faces, unaligned (FFHQ-U)"),
    ("metfaces", 1024, "faces in paintings (MetFaces)"),
    ("metfacesu", 1024, "faces in paintings, unaligned (MetFaces-U)"),
    ("afhqv2", 512, "animals (AFHQ v2)"),
)

FAMILIES = (
    WeightsFamily(
        name="stylegan3-nvidia",
        summary="a StyleGAN3 generator as NVIDIA's repository publishes it",
        recognise="styletalker.plugins.stylegan3.families:nvidia_generator",
        licence=_LICENCE,
        preprocessing="RGB in -1 to 1; FFHQ weights show faces aligned as FFHQ aligns them",
        role="generator",
        component="stylegan3",
        files=tuple(
            PublicFile(
                name=f"stylegan3-{kind}-{subject}-{size}x{size}.pkl",
                purpose=f"{what}, {size} px, StyleGAN3-{kind.upper()}: {words}",
                licence=_LICENCE,
                source=_SOURCE,
            )
            for kind, words in _KINDS.items()
            for subject, size, what in _SUBJECTS
        ),
    ),
)
"""What the plug-in can read."""
