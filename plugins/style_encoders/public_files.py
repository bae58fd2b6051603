"""The public files of pSp, e4e, ReStyle and ArcFace, and what is known of them."""

from __future__ import annotations

from styletalker.core.public_files import PublicFile
from styletalker.core.weights_file.family import WeightsFamily

__all__ = ["FAMILIES"]

_PSP = "https://github.com/eladrich/pixel2style2pixel"
_E4E = "https://github.com/omertov/encoder4editing"
_RESTYLE = "https://github.com/yuval-alaluf/restyle-encoder"
_ARCFACE = "https://github.com/TreB1eN/InsightFace_Pytorch"
_LICENCE = (
    "MIT for the repository; trained with ArcFace's weights and on data not for commercial use"
)
_FACE_LICENCE = "MIT for the repository; trained on MS-Celeb-1M: research only"
_ALIGNED = "RGB in -1 to 1, 256 px, aligned as FFHQ aligns faces"


def _file(name: str, purpose: str, source: str, licence: str = _LICENCE) -> PublicFile:
    return PublicFile(name=name, purpose=purpose, licence=licence, source=source)


def _family(name: str, summary: str, function: str, **more: object) -> WeightsFamily:
    given: dict[str, object] = {"licence": _LICENCE, "preprocessing": _ALIGNED, **more}
    return WeightsFamily(
        name=name,
        summary=summary,
        recognise=f"styletalker.plugins.style_encoders.families:{function}",
        **given,  # type: ignore[arg-type]
    )


FAMILIES = (
    _family(
        "psp-encoder",
        "an encoder of pSp with its generator",
        "psp",
        role="inverter",
        component="psp_ir_se50",
        files=(
            _file("psp_ffhq_encode.pt", "faces -> codes of StyleGAN2 at 1024 px", _PSP),
            _file("psp_ffhq_frontalization.pt", "faces -> codes of frontal faces, 1024 px", _PSP),
            _file("psp_ffhq_toonify.pt", "faces -> codes of cartoons, 1024 px", _PSP),
            _file("psp_celebs_super_resolution.pt", "small faces -> codes, 1024 px", _PSP),
        ),
    ),
    _family(
        "e4e-encoder",
        "an encoder of e4e with its generator",
        "e4e",
        role="inverter",
        component="e4e",
        files=(
            _file("e4e_ffhq_encode.pt", "faces -> editable codes of StyleGAN2, 1024 px", _E4E),
            _file("e4e_cars_encode.pt", "cars -> editable codes of StyleGAN2, 512 px", _E4E),
            _file("e4e_horse_encode.pt", "horses -> editable codes of StyleGAN2, 256 px", _E4E),
            _file("e4e_church_encode.pt", "churches -> editable codes of StyleGAN2, 256 px", _E4E),
        ),
    ),
    _family(
        "restyle-encoder",
        "an encoder of ReStyle with its generator",
        "restyle",
        role="inverter",
        component="restyle",
        files=(
            _file("restyle_psp_ffhq_encode.pt", "faces -> codes, refined, 1024 px", _RESTYLE),
            _file("restyle_psp_toonify.pt", "faces -> codes of cartoons, refined", _RESTYLE),
            _file("restyle_e4e_ffhq_encode.pt", "faces -> editable codes, refined", _RESTYLE),
        ),
    ),
    _family(
        "ir-se50-arcface",
        "an ArcFace network with an IR-SE50: who is in a picture",
        "identity",
        licence=_FACE_LICENCE,
        preprocessing="RGB in -1 to 1, faces of 112 px, cropped tightly",
        files=(
            _file(
                "model_ir_se50.pth",
                "identity loss; the start of the encoders' backbone",
                _ARCFACE,
                _FACE_LICENCE,
            ),
        ),
    ),
)
"""What the plug-in can read."""
