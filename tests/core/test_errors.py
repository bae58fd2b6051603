"""The one shape of all messages."""

from __future__ import annotations

import pytest
from styletalker.core import errors
from styletalker.core.errors import closest, compose


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "it broke"),
        ({"where": "a.yaml:1:2"}, "a.yaml:1:2: it broke"),
        ({"given": "x"}, "it broke: 'x'"),
        ({"expected": "a number", "given": "x"}, "it broke; expected a number, got 'x'"),
        (
            {"name": "genrator", "choices": ["generator", "prior"]},
            "it broke; did you mean 'generator'?",
        ),
        ({"name": "zzz", "choices": ["b", "a"]}, "it broke; there is a, b"),
        ({"name": "zzz"}, "it broke"),
        ({"fix": "Mend it."}, "it broke. Mend it."),
        (
            {"name": "a", "choices": ["aa"], "fix": "Mend it."},
            "it broke; did you mean 'aa'? Mend it.",
        ),
    ],
)
def test_compose(arguments: dict[str, object], message: str) -> None:
    assert compose("it broke", **arguments) == message  # type: ignore[arg-type]


def test_long_lists_of_choices_are_cut() -> None:
    message = compose("no such stage", name="?", choices=[f"stage{i:02d}" for i in range(15)])
    assert message.endswith("stage10, stage11 and 3 more")


def test_closest_ignores_case() -> None:
    assert closest("StyleGan2", ["stylegan2", "mesh"]) == "stylegan2"
    assert closest("mesh", []) is None


def test_every_error_has_its_own_exit_code() -> None:
    kinds = [
        errors.StyletalkerError,
        errors.InputError,
        errors.ConfigError,
        errors.PluginError,
        errors.RunError,
        errors.CheckpointError,
        errors.MediaError,
        errors.TrainingError,
    ]
    assert [kind.exit_code for kind in kinds] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert not any(issubclass(kind, KeyError) for kind in kinds)
