"""Identities: sampling, storing, and the errors unusable values raise."""

from __future__ import annotations

import ast
import inspect
import itertools
import json

import attrs
import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.plugins.puppet import identity as identity_module
from styletalker.plugins.puppet import palettes
from styletalker.plugins.puppet.identity import Identity, bounds


def sample(seed: int) -> Identity:
    return Identity.sample(np.random.default_rng(seed))


def test_same_generator_gives_the_same_identity_and_others_differ() -> None:
    assert sample(3) == sample(3)
    assert len({json.dumps(sample(k).to_dict()) for k in range(20)}) == 20


def test_an_identity_survives_json() -> None:
    for k in range(20):
        stored = json.loads(json.dumps(sample(k).to_dict()))
        assert Identity.from_dict(stored) == sample(k)


def test_fixed_fields_are_kept() -> None:
    made = Identity.sample(np.random.default_rng(0), hair="afro", melanin=0.25)
    assert (made.hair, made.melanin) == ("afro", 0.25)


def test_samples_stay_in_range_and_vary() -> None:
    made = [sample(k) for k in range(150)]
    for name, (low, high) in bounds().items():
        values = np.array([getattr(one, name) for one in made])
        assert low <= values.min() < values.max() <= high, name
    assert {one.hair for one in made} == set(palettes.HAIR)
    assert {one.headwear for one in made} == set(palettes.HEADWEAR)
    assert {one.clothes for one in made} == set(palettes.CLOTHES)
    children = [one for one in made if one.child > 0]
    assert 5 <= len(children) <= 30
    assert all(one.beard == "none" for one in children)
    assert sum(one.age > 0.75 for one in made) >= 10


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"melanin": 1.5}, "identity field melanin is not usable; expected a number from 0 to 1"),
        ({"age": float("nan")}, "identity field age is not usable"),
        ({"eye_size": "big"}, "identity field eye_size is not usable"),
        ({"jaw_width": True}, "identity field jaw_width is not usable"),
        ({"hair": "mohawk"}, "identity field hair has no such value: 'mohawk'"),
        ({"glasses": "rond"}, "did you mean 'round'?"),
        ({"clothes_rgb": [0.1, 0.2]}, "identity field clothes_rgb is not a colour"),
        ({"backdrop_rgb": [0.1, 0.2, 3.0]}, "identity field backdrop_rgb is not a colour"),
        ({"accent_rgb": "red"}, "identity field accent_rgb is not a colour"),
        ({"nose_lenght": 0.1}, "field: 'nose_lenght'; did you mean 'nose_length'?"),
    ],
)
def test_unusable_values_are_named(values: dict[str, object], text: str) -> None:
    with pytest.raises(InputError) as caught:
        Identity.from_dict(values)
    assert text in str(caught.value)


def test_fixing_an_unknown_field_is_an_error() -> None:
    with pytest.raises(InputError, match="no such identity field: 'hat'"):
        Identity.sample(np.random.default_rng(0), hat="none")


def test_every_field_has_a_docstring() -> None:
    tree = ast.parse(inspect.getsource(identity_module))
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Identity").body
    documented = set()
    for statement, following in itertools.pairwise(body):
        text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if isinstance(statement, ast.AnnAssign) and text:
            assert isinstance(statement.target, ast.Name)
            documented.add(statement.target.id)
    assert documented == {field.name for field in attrs.fields(Identity)}
