"""Configuration is strict, finds every fault at once, and survives a round trip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from styletalker.core.config.describe import describe
from styletalker.core.config.options import Chosen, above, within
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import ConfigError
from styletalker.core.registry import Registry
from support.parts import EveryKindConfig, FlowConfig, Mood, NoteConfig


def faults(registry: Registry, value: object, target: type = EveryKindConfig) -> list[str]:
    return [fault.line() for fault in Structurer(registry).check(value, target)[1]]


def test_values_are_structured(registry: Registry) -> None:
    given = {
        "count": 3,
        "rate": 2,
        "path": "a/b",
        "mode": 3,
        "mood": "lively",
        "sizes": [4],
        "pair": [2, "b"],
        "shares": {"sync": 1},
        "maybe": 1,
        "either": 7,
        "optimiser": {"rate": 0.5},
        "prior": "gaussian",
        "priors": [{"type": "flow", "layers": 2}],
    }
    config = Structurer(registry).structure(given, EveryKindConfig)
    assert (config.rate, type(config.rate)) == (2.0, float)
    assert config.path == Path("a/b")
    assert config.mood is Mood.LIVELY
    assert (config.sizes, config.pair, config.shares) == ((4,), (2, "b"), {"sync": 1.0})
    assert (config.maybe, config.either, config.optimiser.rate) == (1.0, 7, 0.5)
    assert config.priors == (
        Chosen(role="prior", type="flow", config=FlowConfig(hidden=64, layers=2)),
    )
    assert Structurer(registry).structure(Structurer(registry).plain(config), EveryKindConfig) == (
        config
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"count": 1.5}, "count: wrong type; expected a whole number, got 1.5"),
        ({"count": 2.0}, "count: wrong type; expected a whole number, got 2.0"),
        ({"count": "2"}, "count: wrong type; expected a whole number, got '2'"),
        ({"count": True}, "count: wrong type; expected a whole number, got True"),
        ({"count": None}, "count: wrong type; expected a whole number, got 'null'"),
        ({"count": 11}, "count: out of range; expected 1 to 10, got 11"),
        ({}, "count: is required and missing"),
        ({"count": 1, "rate": "fast"}, "rate: wrong type; expected a number, got 'fast'"),
        ({"count": 1, "rate": float("nan")}, "rate: wrong type; expected a number, got nan"),
        ({"count": 1, "on": "false"}, "on: wrong type; expected true or false, got 'false'"),
        ({"count": 1, "on": 0}, "on: wrong type; expected true or false, got 0"),
        ({"count": 1, "text": 3}, "text: wrong type; expected a text, got 3"),
        ({"count": 1, "path": 3}, "path: wrong type; expected a path, got 3"),
        (
            {"count": 1, "mode": "onee"},
            "mode: wrong value; expected one of 'one', 'two', 3, got 'onee'; did you mean 'one'?",
        ),
        ({"count": 1, "mode": 4}, "mode: wrong value; expected one of 'one', 'two', 3, got 4"),
        (
            {"count": 1, "mood": "livly"},
            "mood: wrong value; expected one of 'calm', 'lively', got 'livly'; "
            "did you mean 'lively'?",
        ),
        (
            {"count": 1, "sizes": "12"},
            "sizes: wrong type; expected a list of whole numbers, got '12'",
        ),
        ({"count": 1, "sizes": [1, "2"]}, "sizes.1: wrong type; expected a whole number, got '2'"),
        ({"count": 1, "pair": [1]}, "pair: wrong type; expected [whole number, text], got [1]"),
        (
            {"count": 1, "shares": [1]},
            "shares: wrong type; expected a mapping of names to number, got [1]",
        ),
        ({"count": 1, "shares": {"a": "b"}}, "shares.a: wrong type; expected a number, got 'b'"),
        ({"count": 1, "maybe": "x"}, "maybe: wrong type; expected a number, got 'x'"),
        (
            {"count": 1, "either": "atuo"},
            "either: wrong type; expected whole number or 'auto', got 'atuo'",
        ),
        ({"count": 1, "even": 3}, "even: must be even"),
        (
            {"count": 1, "optimiser": {"rate": 0}},
            "optimiser.rate: out of range; expected above 0.0 and at most 1.0, got 0",
        ),
        (
            {"count": 1, "optimiser": {"betas": [0.1, 0.2], "rates": 1}},
            "optimiser.rates: unknown key; did you mean 'rate'?",
        ),
        (
            {"count": 1, "optimiser": 3},
            "optimiser: wrong type; expected a mapping of options: rate, betas, got 3",
        ),
        (
            {"count": 1, "prior": {"type": "flwo"}},
            "prior.type: no such prior: 'flwo'; did you mean 'flow'?",
        ),
        (
            {"count": 1, "prior": {"hidden": 3}},
            "prior: needs a type:; the prior types are flow, gaussian",
        ),
        (
            {"count": 1, "prior": 3},
            "prior: wrong type; expected a prior: its name, or type: and options, got 3",
        ),
        (
            {"count": 1, "priors": [{"type": "flow", "hidden": 0}]},
            "priors.0.hidden: out of range; expected 1 to 4096, got 0",
        ),
    ],
)
def test_a_fault_has_its_exact_message(
    registry: Registry, given: dict[str, Any], message: str
) -> None:
    assert faults(registry, given) == [message]


def test_all_faults_are_found_at_once(registry: Registry) -> None:
    given = {"count": 0, "even": 1, "rat": 1, "optimiser": {"rate": 2, "betas": "x"}}
    assert sorted(faults(registry, given)) == [
        "count: out of range; expected 1 to 10, got 0",
        "even: must be even",
        "optimiser.betas: wrong type; expected [number, number], got 'x'",
        "optimiser.rate: out of range; expected above 0.0 and at most 1.0, got 2",
        "rat: unknown key; did you mean 'rate'?",
    ]


def test_structure_raises_all_of_them(registry: Registry) -> None:
    with pytest.raises(ConfigError) as caught:
        Structurer(registry).structure({"text": 1, "tex": 1}, NoteConfig)
    assert str(caught.value).splitlines() == [
        "text: wrong type; expected a text, got 1",
        "tex: unknown key; did you mean 'text'?",
    ]


def test_ranges_in_words() -> None:
    assert str(within(1, 4)) == "1 to 4"
    assert str(within(1)) == "at least 1"
    assert str(within(None, 4)) == "at most 4"
    assert str(above(0.0)) == "above 0.0"
    assert str(above(0, 1)) == "above 0 and at most 1"
    assert (0 in above(0), 0 in within(0), float("nan") in within(0)) == (False, True, False)


def test_describe_reads_docstrings_ranges_and_defaults() -> None:
    fields = {field.name: field for field in describe(EveryKindConfig)}
    assert fields["count"].required
    assert str(fields["count"].limits) == "1 to 10"
    assert fields["count"].doc == "A whole number that is required."
    assert fields["sizes"].default == (1, 2)
    assert fields["shares"].default == {}
    assert fields["priors"].type_text == "list of a prior (type and options)"
    assert fields["mode"].type_text == "'one' or 'two' or 3"
    assert fields["optimiser"].type_text == "Optimiser options"
    assert all(field.doc for field in fields.values())
