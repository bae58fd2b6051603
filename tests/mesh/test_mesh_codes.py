"""Codes of ``mesh``: what each channel means, and that nothing leaves its range."""

from __future__ import annotations

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.plugins.mesh.codes import CODES, OWN_MOUTH, portrait_code, to_codes, to_parameters
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS


def test_channels_are_the_puppets_parameters_and_the_own_mouth() -> None:
    assert CODES[:-1] == tuple(parameter.name for parameter in PARAMETERS)
    assert CODES[OWN_MOUTH] == "own_mouth"


def test_codes_and_parameters_are_inverse() -> None:
    rng = np.random.default_rng(0)
    low = np.array([parameter.low for parameter in PARAMETERS])
    high = np.array([parameter.high for parameter in PARAMETERS])
    parameters = rng.uniform(low, high, (5, len(PARAMETERS)))
    back, own_mouth = to_parameters(to_codes(parameters, own_mouth=0.25))
    assert np.allclose(back, parameters, atol=1e-5)
    assert np.allclose(own_mouth, 0.25)


def test_ten_degrees_are_one_unit() -> None:
    parameters = np.zeros(len(PARAMETERS))
    parameters[INDEX["yaw"]], parameters[INDEX["jaw"]], parameters[INDEX["tx"]] = 10.0, 0.5, 2.0
    code = to_codes(parameters)
    assert [code[INDEX[name]] for name in ("yaw", "jaw", "tx")] == [1.0, 0.5, 2.0]


def test_values_out_of_range_are_clipped_and_nan_is_rest() -> None:
    code = np.full(24, 100.0)
    code[INDEX["yaw"]] = np.nan
    parameters, own_mouth = to_parameters(code)
    assert parameters[INDEX["jaw"]] == 1.0
    assert parameters[INDEX["yaw"]] == 0.0
    assert own_mouth == 1.0


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(InputError, match=r"codes of mesh .*24"):
        to_parameters(np.zeros((3, 23)))
    with pytest.raises(InputError, match=r"parameters of mesh .*23"):
        to_codes(np.zeros((3, 24)))


def test_the_portraits_code_changes_nothing() -> None:
    parameters, own_mouth = to_parameters(portrait_code())
    assert not parameters.any()
    assert own_mouth == 1.0
