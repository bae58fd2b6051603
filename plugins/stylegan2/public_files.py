"""The public files of StyleGAN2, and what is known of them; imports nothing heavy."""

from __future__ import annotations

from styletalker.core.public_files import PublicFile
from styletalker.core.weights_file.family import WeightsFamily

__all__ = ["FAMILIES"]

_NVIDIA = "https://catalog.ngc.nvidia.com/orgs/nvidia/teams/research/models/stylegan2"
_STYLEGAN3 = "https://catalog.ngc.nvidia.com/orgs/nvidia/teams/research/models/stylegan3"
_ROSINALITY = "https://github.com/rosinality/stylegan2-pytorch"
_NVIDIA_LICENCE = "NVIDIA Source Code License: research and evaluation, no commercial use"
_PORTED = "MIT for the port; weights converted from NVIDIA's keep its terms: no commercial use"
_FACES = "RGB in -1 to 1; FFHQ weights show faces aligned as FFHQ aligns them"


def _nvidia(name: str, purpose: str) -> PublicFile:
    return PublicFile(name=name, purpose=purpose, licence=_NVIDIA_LICENCE, source=_NVIDIA)


_PICKLES = (
    *(
        _nvidia(f"stylegan2-ffhq-{n}x{n}.pkl", f"faces (FFHQ), {n} px, StyleGAN2")
        for n in (1024, 512, 256)
    ),
    *(
        _nvidia(f"stylegan2-ffhqu-{n}x{n}.pkl", f"faces, unaligned (FFHQ-U), {n} px, StyleGAN2")
        for n in (1024, 256)
    ),
    _nvidia("stylegan2-celebahq-256x256.pkl", "faces (CelebA-HQ), 256 px, StyleGAN2"),
    *(
        _nvidia(f"stylegan2-{kind}-512x512.pkl", f"{what}, 512 px, StyleGAN2")
        for kind, what in (
            ("afhqcat", "cats (AFHQ)"),
            ("afhqdog", "dogs (AFHQ)"),
            ("afhqwild", "wild animals (AFHQ)"),
            ("afhqv2", "animals (AFHQ v2)"),
            ("brecahad", "tissue (BreCaHAD)"),
        )
    ),
    _nvidia("stylegan2-lsundog-256x256.pkl", "dogs (LSUN), 256 px, StyleGAN2"),
    _nvidia("stylegan2-cifar10-32x32.pkl", "CIFAR-10 with labels, 32 px, StyleGAN2"),
)
_PORTS = (
    PublicFile(
        name="stylegan2-ffhq-config-f.pt",
        purpose="faces (FFHQ), 1024 px: the decoder of pSp, e4e and ReStyle",
        licence=_PORTED,
        source="https://github.com/eladrich/pixel2style2pixel",
    ),
    *(
        PublicFile(
            name=f"stylegan2-{kind}-config-f.pt",
            purpose=f"{what}: the decoder of e4e and ReStyle",
            licence=_PORTED,
            source="https://github.com/omertov/encoder4editing",
        )
        for kind, what in (
            ("car", "cars (LSUN), 512 px"),
            ("church", "churches (LSUN), 256 px"),
            ("horse", "horses (LSUN), 256 px"),
        )
    ),
    PublicFile(
        name="550000.pt",
        purpose="faces (FFHQ), 256 px, as rosinality trained it, with its discriminator",
        licence="MIT for the repository; the weights' terms are not stated",
        source=_ROSINALITY,
    ),
    PublicFile(
        name="afhqwild.pt",
        purpose="wild animals (AFHQ), 512 px: the decoder of ReStyle",
        licence=_PORTED,
        source="https://github.com/yuval-alaluf/restyle-encoder",
    ),
    PublicFile(
        name="ffhq_cartoon_blended.pt",
        purpose="faces blended with cartoons, 1024 px",
        licence=_PORTED,
        source="https://github.com/yuval-alaluf/restyle-encoder",
    ),
)


def _family(name: str, summary: str, function: str, licence: str, **more: object) -> WeightsFamily:
    return WeightsFamily(
        name=name,
        summary=summary,
        recognise=f"styletalker.plugins.stylegan2.families:{function}",
        licence=licence,
        preprocessing=_FACES,
        **more,  # type: ignore[arg-type]
    )


FAMILIES = (
    _family(
        "stylegan2-nvidia",
        "a StyleGAN2 generator as NVIDIA's repositories publish it",
        "nvidia_generator",
        _NVIDIA_LICENCE,
        role="generator",
        component="stylegan2",
        files=_PICKLES,
    ),
    _family(
        "stylegan2-rosinality",
        "a StyleGAN2 generator as rosinality's port writes it",
        "rosinality_generator",
        _PORTED,
        role="generator",
        component="stylegan2",
        write="styletalker.plugins.stylegan2.families:write_rosinality",
        files=_PORTS,
    ),
    _family(
        "stylegan2-nvidia-discriminator",
        "a StyleGAN2 discriminator as NVIDIA's repositories publish it",
        "nvidia_discriminator",
        _NVIDIA_LICENCE,
    ),
    _family(
        "stylegan2-rosinality-discriminator",
        "a StyleGAN2 discriminator as rosinality's port writes it",
        "rosinality_discriminator",
        _PORTED,
    ),
)
"""What the plug-in can read."""
