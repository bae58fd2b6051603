"""Encoders of the pSp family and ArcFace against numbers of the public implementations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.plugins.common.identity import identity_network_of
from styletalker.plugins.style_encoders.base import resized
from styletalker.plugins.style_encoders.public import decoder_of, inverter_of
from styletalker.plugins.style_encoders.restyle import ReStyle
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.generator import StyleGAN2
from styletalker.plugins.stylegan2.public import from_public, options_of
from support.public_cases import Case, needs_cases
from torch import Tensor

pytestmark = needs_cases


def _through_a_file(value: Any, path: Path) -> Any:
    """What a safe loader gives of a file in the public layout."""
    torch.save(value, path)
    return torch.load(path, weights_only=True, mmap=True)


def _generator(state: dict[str, Tensor], mean: Tensor) -> StyleGAN2:
    tensors = decoder_of(state, mean)
    generator = StyleGAN2(StyleGAN2Config(**options_of(tensors), conv_clamp=None)).eval()
    generator.load_state_dict(from_public(tensors))
    return generator


@torch.no_grad()
def test_identity_network(tmp_path: Path) -> None:
    """Embeddings of a cropped face, and of an aligned picture as the identity loss takes it."""
    case = Case("irse50_arcface_112")
    network = identity_network_of(_through_a_file(case.tensors(), tmp_path / "model_ir_se50.pth"))
    given = {"feat112": network.embed(case.input("img112"))}
    given["feat_from_256"] = network(case.input("img"))
    case.compare_all(given)


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "opts"),
    [
        ("psp_gradual_n8", {"encoder_type": "GradualStyleEncoder"}),
        (
            "psp_last_layer_wplus_n6",
            {"encoder_type": "BackboneEncoderUsingLastLayerIntoWPlus", "n_styles": 6},
        ),
        (
            "e4e_single_w_encoder",
            {"encoder_type": "SingleStyleCodeEncoder", "stylegan_size": 16},
        ),
    ],
)
def test_encoders_alone(name: str, opts: dict[str, Any], tmp_path: Path) -> None:
    """Codes of an encoder, without a mean code."""
    case = Case(name)
    inverter = inverter_of(_through_a_file(case.tensors(), tmp_path / "encoder.pt"), opts=opts)
    case.compare_all({"codes": inverter.encode(case.input("img"))})


def _checkpoint(case: Case, path: Path, **opts: Any) -> dict[str, Any]:
    mean = case.input("latent_avg")
    content = {"state_dict": case.tensors(), "latent_avg": mean, "opts": opts}
    found: dict[str, Any] = _through_a_file(content, path)
    return found


@torch.no_grad()
def test_e4e_with_its_generator(tmp_path: Path) -> None:
    """Codes and images of a whole public file."""
    case = Case("e4e_full_s32")
    opts = {"encoder_type": "Encoder4Editing", "stylegan_size": 32, "start_from_latent_avg": True}
    file = _checkpoint(case, tmp_path / "e4e.pt", **opts)
    inverter = inverter_of(file["state_dict"], file["latent_avg"], file["opts"])
    generator = _generator(file["state_dict"], file["latent_avg"])
    codes = inverter.encode(case.input("img"), generator)
    image = generator.synthesis(codes)
    given = {"codes": codes, "image": image, "image_facepool256": resized(image, 256)}
    case.compare_all(given)


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("restyle_psp_backbone_s16", "BackboneEncoder"),
        ("restyle_e4e_progressive_s16", "ProgressiveBackboneEncoder"),
    ],
)
def test_restyle_with_its_generator(name: str, kind: str, tmp_path: Path) -> None:
    """Codes and images of two steps, and the average image they start with."""
    case = Case(name)
    file = _checkpoint(case, tmp_path / "restyle.pt", encoder_type=kind, output_size=16)
    inverter = inverter_of(file["state_dict"], file["latent_avg"], file["opts"])
    assert isinstance(inverter, ReStyle)
    generator = _generator(file["state_dict"], file["latent_avg"])
    given = {"avg_image": inverter.average_image(generator)[0]}
    for step, found in zip(range(2), inverter.refine(case.input("img"), generator), strict=False):
        given |= {f"codes_iter{step}": found.ws, f"image_iter{step}": found.images}
    case.compare_all(given)
