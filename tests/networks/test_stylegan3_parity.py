"""``stylegan3`` against numbers of the public implementation, with seeded artificial weights.

The weights go through a file in the public layout. Two cases lie in ``reference``, the others
need STYLETALKER_PARITY.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from styletalker.core.registry import Registry
from styletalker.core.weights_file.load import load_public
from styletalker.plugins.stylegan3.generator import StyleGAN3
from styletalker.plugins.stylegan3.public import options_of
from support.public_files import network_tree, write_network_pickle
from support.stylegan_cases import Case
from torch import Tensor

_CASES = ["sg3t_g32_small", "sg3r_g32_small", "sg3t_g256_slim", "sg3r_g256_slim"]
_TRANSFORM = torch.tensor([[0.8, -0.6, 0.1], [0.6, 0.8, -0.05], [0.0, 0.0, 1.0]])
_BUFFERS = ("w_avg", "transform", "freqs", "phases", "magnitude_ema", "up_filter", "down_filter")


@torch.no_grad()
@pytest.mark.parametrize("name", _CASES)
def test_gives_the_public_numbers(name: str, tmp_path: Path) -> None:
    """All outputs of a case: codes, images, W+, truncation, cutoff, a moved image plane."""
    case = Case(name)
    tensors, constructor = case.tensors(), case.facts["constructor"]
    path = tmp_path / f"{name}.pkl"
    write_network_pickle(path, {"G_ema": network_tree(tensors, "Generator", constructor, _BUFFERS)})
    generator, fitting = load_public(path, Registry.installed(), role="generator")
    assert isinstance(generator, StyleGAN3)
    assert fitting.family.name == "stylegan3-nvidia"
    read_off = options_of(tensors)
    assert read_off == {name: getattr(generator.config, name) for name in read_off}
    generator.eval()
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
    case.compare(given)
