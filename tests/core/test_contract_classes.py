"""A class that breaks its role's contract fails when it is defined, and is told what to add."""

from __future__ import annotations

from typing import Any

import pytest
from styletalker.core.errors import ContractError
from styletalker.core.interfaces.generator import Generator, NoiseMode
from styletalker.core.interfaces.prior import Prior, SampledMotion
from styletalker.core.interfaces.stage import Stage
from torch import Tensor


def test_missing_attributes_and_methods() -> None:
    with pytest.raises(ContractError) as caught:

        class Bare(Generator):
            resolution = 32
            z_dim = 8

            def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
                return z

            def mean_ws(self) -> Tensor:
                raise NotImplementedError

    name = "test_missing_attributes_and_methods.<locals>.Bare is not a complete Generator: "
    assert str(caught.value).split(name)[1] == (
        "the attribute 'num_ws' is missing; add `num_ws: int = ...` to the class, or a property "
        "of that name; "
        "the attribute 'w_dim' is missing; add `w_dim: int = ...` to the class, or a property of "
        "that name; "
        "the method synthesis() is missing; add "
        "`def synthesis(self, ws: Tensor, *, noise: NoiseMode = const) -> Tensor`"
    )


class Complete(Generator):
    resolution = z_dim = num_ws = w_dim = 1

    def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
        return z

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        return ws

    def mean_ws(self) -> Tensor:
        raise NotImplementedError


def test_a_complete_class_is_accepted_and_may_add_defaults() -> None:
    class More(Complete):
        def __init__(self, config: Any, extra: int = 1) -> None:
            super().__init__(config)

        def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const", fast: bool = True) -> Tensor:
            return ws

    class Anything(Complete):
        def synthesis(self, ws: Tensor, **options: Any) -> Tensor:
            return ws

    assert More(None).config is None
    assert issubclass(Anything, Generator)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        (
            {"mapping": lambda self, z: z},
            "mapping() must accept 'truncation'; write "
            "`def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor`",
        ),
        (
            {"mapping": lambda self, codes, *, truncation=1.0: codes},
            "mapping() must accept 'z'; write "
            "`def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor`; "
            "mapping() has an argument 'codes' that the role does not give it; "
            "remove it or give it a default",
        ),
        (
            {"mapping": lambda self, *, z, truncation=1.0: z},
            "mapping() must accept 'z' by position; write "
            "`def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor`",
        ),
        (
            {"mapping": lambda self, z, label, *, truncation=1.0: z},
            "mapping() has an argument 'label' that the role does not give it; "
            "remove it or give it a default",
        ),
        (
            {"resolution": lambda self: 32},
            "'resolution' must be an attribute or a property of type int, not a method",
        ),
        ({"mean_ws": 3}, "'mean_ws' must be a method; write `def mean_ws(self) -> Tensor`"),
        (
            {"__init__": lambda self: None},
            "__init__() must accept 'config'; write `def __init__(self, config: Any) -> None`",
        ),
        (
            {"__init__": lambda self, config, size: None},
            "__init__() has an argument 'size' that the role does not give it; "
            "remove it or give it a default",
        ),
    ],
)
def test_wrong_signatures(members: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractError) as caught:
        type("Wrong", (Complete,), members)
    assert str(caught.value).endswith(f"Wrong is not a complete Generator: {problem}")


def test_swapped_arguments() -> None:
    with pytest.raises(ContractError, match=r"log_prob\(\) takes its arguments in another order"):

        class Swapped(Prior):
            def log_prob(self, audio: Tensor, motion: Tensor, ws_ref: Tensor) -> Tensor:  # type: ignore[override]
                return audio

            def sample(
                self,
                audio: Tensor,
                ws_ref: Tensor,
                noise: Tensor,
                *,
                temperature: float = 1.0,
                state: Any = None,
            ) -> SampledMotion:
                raise NotImplementedError


def test_an_intermediate_base_may_be_incomplete_but_its_child_may_not() -> None:
    class Base(Stage, abstract=True):
        inputs = ("note",)

    with pytest.raises(ContractError, match=r"Child is not a complete Stage: the method run\(\)"):

        class Child(Base):
            pass

    class Whole(Base):
        def run(self, context: Any) -> None:
            pass

    assert Whole(None).inputs == ("note",)


def test_a_contract_error_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        type("Empty", (Stage,), {})
