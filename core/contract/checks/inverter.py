"""Checks of inverters."""

from __future__ import annotations

import torch
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import images
from styletalker.core.contract.expect import expect_input_error
from styletalker.core.contract.sizes import NUM_WS, RESOLUTION, W_DIM
from styletalker.core.contract.toys import ToyGenerator
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion


def check_shapes(case: Case) -> None:
    """Images [B, 3, H, W] -> codes [B, L, D] and a generator that takes them."""
    inversion = case.build().eval().invert(images(1), ToyGenerator())
    assert isinstance(inversion, Inversion), "invert() must return an Inversion"
    shape = tuple(inversion.ws.shape)
    assert shape == (1, NUM_WS, W_DIM), f"ws has the shape {shape}"
    assert isinstance(inversion.generator, Generator), "the inversion's generator is none"
    with torch.no_grad():
        image = inversion.generator.synthesis(inversion.ws)
    assert image.shape == (1, 3, RESOLUTION, RESOLUTION), "the generator does not take the codes"


def check_given_generator_is_untouched(case: Case) -> None:
    """Neither the weights nor the mode of the given generator change; it is not kept."""
    inverter, generator = case.build().eval(), ToyGenerator().eval()
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    saved = set(inverter.state_dict())
    inverter.invert(images(1), generator)
    for name, value in generator.state_dict().items():
        assert torch.equal(value, before[name]), f"invert() changes the generator's {name}"
    assert not generator.training, "invert() leaves the generator in training mode"
    assert set(inverter.state_dict()) == saved, "invert() keeps the generator as a submodule"


def check_wrong_shapes(case: Case) -> None:
    """An image of another size is refused with an InputError."""
    inverter, generator = case.build().eval(), ToyGenerator()
    wrong = images(1, resolution=RESOLUTION + 1)
    expect_input_error(lambda: inverter.invert(wrong, generator), "images")
