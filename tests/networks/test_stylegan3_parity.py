"""``stylegan3`` against numbers of the public implementation, with seeded artificial weights."""

from __future__ import annotations

import pytest
import torch
from styletalker.plugins.stylegan3.public import generator_of, options_of
from support.public_cases import Case, needs_cases
from torch import Tensor

_CASES = ["sg3t_g32_small", "sg3r_g32_small", "sg3t_g256_slim", "sg3r_g256_slim"]
_TRANSFORM = torch.tensor([[0.8, -0.6, 0.1], [0.6, 0.8, -0.05], [0.0, 0.0, 1.0]])


@needs_cases
@torch.no_grad()
@pytest.mark.parametrize("name", _CASES)
def test_gives_the_public_numbers(name: str) -> None:
    """All outputs of a case: codes, images, W+, truncation, cutoff, a moved image plane."""
    case = Case(name)
    tensors = case.tensors()
    generator = generator_of(tensors, case.facts["constructor"])
    read_off = options_of(tensors)
    assert read_off == {name: getattr(generator.config, name) for name in read_off}
    z = case.input("z")
    ws, truncated = generator.mapping(z), generator.mapping(z, truncation=0.7)
    given: dict[str, Tensor] = {
        "ws_row0": ws[:, 0],
        "img": generator.synthesis(ws),
        "img_wplus": generator.synthesis(case.input("wplus")),
        "ws_psi0.7_row0": truncated[:, 0],
        "img_psi0.7": generator.synthesis(truncated),
        "img_psi0.5_cutoff4": generator.synthesis(generator.mapping(z, truncation=0.5, cutoff=4)),
    }
    generator.synthesis_network.input.transform.copy_(_TRANSFORM)
    given["img_user_transform"] = generator.synthesis(ws)
    case.compare_all(given)
