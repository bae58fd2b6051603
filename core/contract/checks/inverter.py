"""Checks of inverters."""

from __future__ import annotations

import torch
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import drawn, images
from styletalker.core.contract.expect import expect_input_error
from styletalker.core.contract.toys import ToyGenerator
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion
from torch import Tensor


def check_shapes(case: Case) -> None:
    """Images [B, 3, H, W] -> codes [B, L, D] and a generator that takes them."""
    generator, pictures = _given(case)
    inversion = case.build().eval().invert(pictures, generator)
    assert isinstance(inversion, Inversion), "invert() must return an Inversion"
    shape = tuple(inversion.ws.shape)
    assert shape == (1, generator.num_ws, generator.w_dim), f"ws has the shape {shape}"
    assert isinstance(inversion.generator, Generator), "the inversion's generator is none"
    with torch.no_grad():
        image = inversion.generator.synthesis(inversion.ws)
    assert image.shape == pictures.shape, "the generator does not take the codes"


def check_given_generator_is_untouched(case: Case) -> None:
    """Neither the weights nor the mode of the given generator change; it is not kept."""
    inverter = case.build().eval()
    generator, pictures = _given(case)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    saved, drawn_before = set(inverter.state_dict()), _drawn(generator)
    inverter.invert(pictures, generator)
    for name, value in generator.state_dict().items():
        assert torch.equal(value, before[name]), f"invert() changes the generator's {name}"
    assert torch.equal(_drawn(generator), drawn_before), "invert() changes what the generator draws"
    assert not generator.training, "invert() leaves the generator in training mode"
    assert set(inverter.state_dict()) == saved, "invert() keeps the generator as a submodule"
    kept = any(one is generator for one in inverter.modules())
    assert not kept, "invert() keeps the generator as a submodule"


def check_wrong_shapes(case: Case) -> None:
    """An image of another size is refused with an InputError."""
    inverter = case.build().eval()
    generator, _ = _given(case)
    wrong = images(1, resolution=generator.resolution + 1)
    expect_input_error(lambda: inverter.invert(wrong, generator), "images")


def check_foreign_generators_are_refused(case: Case) -> None:
    """An inverter with a partner says so when it is given another generator."""
    if case.partner() is not None:
        inverter = case.build().eval()
        name = str(getattr(case.cls, "partner", ""))
        expect_input_error(lambda: inverter.invert(images(1), ToyGenerator()), name)


def _given(case: Case) -> tuple[Generator, Tensor]:
    """The generator an inverter is used with, and one image [1, 3, H, W]."""
    partner = case.partner()
    if partner is None:
        return ToyGenerator().eval(), images(1)
    return partner.eval(), drawn(partner, 1)


@torch.no_grad()
def _drawn(generator: Generator) -> Tensor:
    return generator.synthesis(generator.mean_ws()[None])
