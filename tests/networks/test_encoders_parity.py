"""Encoders of the pSp family and ArcFace against numbers of the public implementations.

The weights go through files in the public layouts. Two cases lie in ``reference``, the others need
STYLETALKER_PARITY.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.core.interfaces.generator import Generator
from styletalker.core.registry import Registry
from styletalker.core.weights_file.load import load_public
from styletalker.plugins.style_encoders.base import EncoderInverter, resized
from styletalker.plugins.style_encoders.families import load_identity
from styletalker.plugins.style_encoders.restyle import ReStyle
from support.public_files import write_torch
from support.stylegan_cases import Case


def _opened(path: Path, role: str) -> Any:
    component, _ = load_public(path, Registry.installed(), role=role)
    return component.eval()


@torch.no_grad()
def test_identity_network(tmp_path: Path) -> None:
    """Embeddings of a cropped face, and of an aligned picture as the identity loss takes it."""
    case = Case("irse50_arcface_112")
    network = load_identity(write_torch(tmp_path / "model_ir_se50.pth", case.tensors()))
    given = {"feat112": network.embed(case.input("img112"))}
    given["feat_from_256"] = network(case.input("img"))
    case.compare(given)


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "opts"),
    [
        ("e4e_single_w_encoder", {"encoder_type": "SingleStyleCodeEncoder", "stylegan_size": 16}),
        ("psp_gradual_n8", {"encoder_type": "GradualStyleEncoder", "n_styles": 8}),
        (
            "psp_last_layer_wplus_n6",
            {"encoder_type": "BackboneEncoderUsingLastLayerIntoWPlus", "n_styles": 6},
        ),
    ],
)
def test_encoders_alone(name: str, opts: dict[str, Any], tmp_path: Path) -> None:
    """Codes of an encoder, without a mean code."""
    case = Case(name)
    state = {f"encoder.{inner}": value for inner, value in case.tensors().items()}
    path = write_torch(tmp_path / "encoder.pt", {"state_dict": state, "opts": opts})
    inverter = _opened(path, "inverter")
    assert isinstance(inverter, EncoderInverter)
    case.compare({"codes": inverter.encode(case.input("img"))})


def _both(case: Case, path: Path, **opts: Any) -> tuple[EncoderInverter, Generator]:
    """Inverter and generator of one file."""
    content = {"state_dict": case.tensors(), "latent_avg": case.input("latent_avg"), "opts": opts}
    write_torch(path, content)
    return _opened(path, "inverter"), _opened(path, "generator")


@torch.no_grad()
def test_e4e_with_its_generator(tmp_path: Path) -> None:
    """Codes and images of a whole public file."""
    case = Case("e4e_full_s32")
    opts = {"encoder_type": "Encoder4Editing", "stylegan_size": 32, "start_from_latent_avg": True}
    inverter, generator = _both(case, tmp_path / "e4e.pt", **opts)
    codes = inverter.encode(case.input("img"), generator)
    image = generator.synthesis(codes)
    case.compare({"codes": codes, "image": image, "image_facepool256": resized(image, 256)})


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
    opts = {"encoder_type": kind, "output_size": 16}
    inverter, generator = _both(case, tmp_path / "restyle.pt", **opts)
    assert isinstance(inverter, ReStyle)
    given = {"avg_image": inverter.average_image(generator)[0]}
    for step, found in zip(range(2), inverter.refine(case.input("img"), generator), strict=False):
        given |= {f"codes_iter{step}": found.ws, f"image_iter{step}": found.images}
    case.compare(given)
