"""Checks of metrics."""

from __future__ import annotations

import math
import typing

from styletalker.core.contract.case import Case
from styletalker.core.contract.sizes import noise_clip, talking_clip
from styletalker.core.errors import CheckpointError, StyletalkerError
from styletalker.core.interfaces.metric import Direction

_FRAMES = 24
_SHA256 = 64
"""Hexadecimal digits."""


def check_declarations(case: Case) -> None:
    """Title, unit and direction are given."""
    metric = case.build()
    assert metric.title.strip(), "the title is empty"
    assert metric.unit.strip(), "the unit is empty; write '1' where there is none"
    known = typing.get_args(Direction)
    assert metric.direction in known, f"direction must be one of {known}"


def check_says_what_is_missing(case: Case) -> None:
    """A metric without its weights says so beforehand, and raises CheckpointError when asked."""
    metric = case.build()
    reason = metric.unavailable()
    assert isinstance(reason, str), "unavailable() must give a text"
    if not reason:
        digests = metric.weights()
        wrong = [name for name, digest in digests.items() if len(digest) != _SHA256]
        assert not wrong, f"weights() must give SHA-256 in hexadecimal: {wrong}"
        return
    reference = talking_clip("truth", seed=5) if metric.uses_reference else None
    try:
        metric.measure(talking_clip(seed=0), reference)
    except CheckpointError as error:
        assert str(error).strip(), "the error says nothing"  # noqa: PT017
    else:
        raise AssertionError(f"measures although it says: {reason}")


def check_measures_and_summarises(case: Case) -> None:
    """Clips give measurements, measurements give a number, in any order the same."""
    metric = case.build()
    if metric.unavailable():
        return  # looked at above
    frames = max(_FRAMES, metric.least_frames)
    reference = talking_clip("truth", frames, seed=5) if metric.uses_reference else None
    measured = [metric.measure(talking_clip(frames=frames, seed=k), reference) for k in range(3)]
    value = metric.summarise(measured)
    assert math.isfinite(value), f"three clips give {value}"
    again = metric.summarise(measured[::-1])
    assert math.isclose(value, again, rel_tol=1e-6, abs_tol=1e-9), (
        f"the order of clips changes the value from {value} to {again}"
    )
    repeated = metric.measure(talking_clip(frames=frames, seed=0), reference)
    assert set(repeated) == set(measured[0]), "measuring a clip twice gives other names"


def check_noise_is_measured_or_refused(case: Case) -> None:
    """Clips of noise, without a face or phonemes, give finite numbers or a StyletalkerError."""
    metric = case.build()
    reference = noise_clip(seed=5) if metric.uses_reference else None
    try:
        value = metric.summarise(
            [metric.measure(noise_clip(seed=seed), reference) for seed in (0, 1)]
        )
    except StyletalkerError as error:
        assert str(error).strip(), "the error says nothing"  # noqa: PT017
    else:
        assert math.isfinite(value), f"clips of noise give {value}: raise InputError instead"
