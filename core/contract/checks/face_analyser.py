"""Checks of face analysers."""

from __future__ import annotations

import functools

import numpy as np
from styletalker.core.contract.case import Case
from styletalker.core.contract.expect import expect_input_error
from styletalker.core.errors import CheckpointError


def check_nobody_is_found_on_a_wall(case: Case) -> None:
    """An image without a face gives an empty tuple, at any aspect ratio."""
    analyser = case.build()
    for shape in ((96, 96, 3), (40, 160, 3)):
        try:
            faces = analyser.analyse(np.full(shape, 128, np.uint8), embed=True)
        except CheckpointError as error:  # its public weights are not on this machine
            assert str(error).strip(), "the error says nothing"  # noqa: PT017
            return
        assert faces == (), f"a grey image of shape {shape} gives {faces!r}"


def check_embedding_dim(case: Case) -> None:
    """The size of an identity vector is declared."""
    size = case.build().embedding_dim
    assert isinstance(size, int), "embedding_dim must be a whole number"
    assert size >= 0, "embedding_dim must not be negative"


def check_wrong_images(case: Case) -> None:
    """Greyscale, float and empty arrays are refused."""
    analyser = case.build()
    for wrong in (
        np.zeros((32, 32), np.uint8),
        np.zeros((32, 32, 3), np.float32),
        np.zeros((0, 32, 3), np.uint8),
    ):
        expect_input_error(functools.partial(analyser.analyse, wrong), "image")
