"""Checks of every component that is a network."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from styletalker.core.checkpoint import (
    load_checkpoint,
    load_component,
    load_into,
    save_checkpoint,
)
from styletalker.core.config.structure import Structurer
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import exercise
from styletalker.core.weights import BUILTIN, describe_kind, is_kind, pretrained_path, read_facts
from torch import Tensor


def check_output_is_finite(case: Case) -> None:
    """No NaN and no infinity in any output, in float32."""
    for name, value in _outputs(case, case.build()).items():
        assert value.dtype is torch.float32, f"{name} is {value.dtype}, not float32"
        assert value.isfinite().all(), f"{name} holds values that are not finite"


def check_same_seed_same_component(case: Case) -> None:
    """The weights depend on the seed alone."""
    first, second = case.build(seed=3), case.build(seed=3)
    for (name, one), other in zip(
        first.state_dict().items(), second.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other), f"{name} differs between two builds with one seed"
    _same(_outputs(case, first), _outputs(case, second), "two builds with one seed")


def check_output_depends_on_input_alone(case: Case) -> None:
    """The same call gives the same output, whatever was called before."""
    component = case.build()
    _same(_outputs(case, component), _outputs(case, component), "two calls with one input")


def check_batch_items_are_independent(case: Case) -> None:
    """What comes out for one item does not depend on the others in its batch."""
    component = case.build()
    alone, together = _outputs(case, component, batch=1), _outputs(case, component, batch=3)
    for name, value in alone.items():
        if name != "loss":
            close = torch.allclose(value[0], together[name][0], atol=1e-4, rtol=1e-4)
            assert close, f"{name} of an item depends on the rest of its batch"


def check_gradients_reach_every_parameter(case: Case) -> None:
    """Every parameter that requires a gradient gets one that is finite and not all zero."""
    component = case.build().train()
    trained = {n: p for n, p in component.named_parameters() if p.requires_grad}
    if not trained or not getattr(component, "trainable", True):
        return
    outputs = exercise(case.role, component, partner=case.partner())
    total = sum((value * _weights(value)).sum() for value in outputs.values())
    assert isinstance(total, Tensor)
    total.backward()  # type: ignore[no-untyped-call]
    for name, parameter in trained.items():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert parameter.grad.isfinite().all(), f"the gradient of {name} is not finite"
        assert parameter.grad.any(), f"the gradient of {name} is zero everywhere"


def check_saves_and_loads(case: Case) -> None:
    """Saved weights, loaded into an instance with other weights, give the same outputs."""
    component, other = case.build(seed=1), case.build(seed=2)
    if not component.state_dict():
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        save_checkpoint(path, component.state_dict(), role=case.role)
        load_into(other, load_checkpoint(path))
    _same(_outputs(case, component), _outputs(case, other), "saving and loading")


def check_brings_its_weights(case: Case) -> None:
    """Weights on offer are there, are this component's, and load into it; all are finite."""
    component = case.offer.component
    for name in component.pretrained:
        path = pretrained_path(component, name)
        facts = read_facts(path)
        assert is_kind(facts, case.role, component.name), (
            f"{name}: {path.name} is for {describe_kind(facts)}"
        )
        value = {"type": case.offer.qualified, "weights": f"{BUILTIN}{name}"}
        _, faults = Structurer(case.registry).choose(case.role, value)
        assert not faults, f"{name}: " + "; ".join(fault.line() for fault in faults)
        load_component(path, case.registry)  # refuses what does not fit or is not finite


def _outputs(case: Case, component: Any, batch: int = 2) -> Mapping[str, Tensor]:
    with torch.no_grad():
        return exercise(case.role, component.eval(), batch, case.partner())


def _same(one: Mapping[str, Tensor], other: Mapping[str, Tensor], between: str) -> None:
    for name, value in one.items():
        assert torch.equal(value, other[name]), f"{name} differs between {between}"


def _weights(value: Tensor) -> Tensor:
    """Fixed weights, so that outputs that sum to a constant still have a gradient."""
    return torch.linspace(0.5, 1.5, value.numel()).reshape(value.shape)
