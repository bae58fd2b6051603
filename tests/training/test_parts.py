"""The engine's parts: draws, learning rates, watches."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from styletalker.core.training.config import OptimizerConfig
from styletalker.core.training.draws import Draws, seed_of
from styletalker.core.training.optimizer import learning_rate, make_optimizer
from styletalker.core.training.watch import ChanceWatch, DivergenceWatch, Means
from support.training import configured
from torch import nn


def test_draws_do_not_depend_on_the_number_of_processes() -> None:
    whole = Draws(1, 5)
    parts = [Draws(1, 5, rank=rank, world=3) for rank in range(3)]
    forms: list[Callable[[Draws, int], torch.Tensor]] = [
        lambda draws, items: draws.normal(items, 4),
        lambda draws, items: draws.uniform(items * 2),
        lambda draws, items: draws.integers(9, items, 2, 2),
    ]
    for draw in forms:
        assert torch.equal(draw(whole, 6), torch.cat([draw(part, 2) for part in parts]))
    shared = whole.uniform(3, shared=True)
    assert all(torch.equal(part.uniform(3, shared=True), shared) for part in parts)


def test_draws_depend_on_seed_step_and_order() -> None:
    draws = Draws(1, 5)
    first, second = draws.normal(4), draws.normal(4)
    assert torch.equal(Draws(1, 5).normal(4), first)
    for other in (second, Draws(1, 6).normal(4), Draws(2, 5).normal(4)):
        assert not torch.equal(other, first)
    assert seed_of(1, 23) != seed_of(12, 3)


def test_draws_are_what_they_are_called() -> None:
    draws = Draws(0, 0)
    normal, uniform, whole = draws.normal(20000), draws.uniform(20000), draws.integers(5, 20000)
    assert normal.mean().item() == pytest.approx(0.0, abs=0.03)
    assert normal.std().item() == pytest.approx(1.0, abs=0.03)
    assert 0.0 <= uniform.min().item() < uniform.max().item() < 1.0
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.02)
    assert set(whole.tolist()) == {0, 1, 2, 3, 4}


def test_the_learning_rate_rises_and_falls() -> None:
    config = OptimizerConfig(learning_rate=1.0, warmup_steps=10)
    rates = [learning_rate(config, step, 110) for step in range(110)]
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert rates[10] == max(rates) == 1.0
    assert rates[60] == pytest.approx(0.5)
    assert 0.0 < rates[-1] < 0.001
    constant = OptimizerConfig(learning_rate=1.0, warmup_steps=0, schedule="constant")
    assert {learning_rate(constant, step, 9) for step in range(9)} == {1.0}


def test_only_matrices_decay() -> None:
    parameters = dict(nn.Linear(2, 2).named_parameters())
    config = OptimizerConfig(learning_rate=0.1, weight_decay=0.3, beta1=0.5)
    optimizer = make_optimizer(parameters, config, fused=True)
    decays = {id(one): g["weight_decay"] for g in optimizer.param_groups for one in g["params"]}
    assert decays == {id(parameters["weight"]): 0.3, id(parameters["bias"]): 0.0}
    assert optimizer.defaults["betas"] == (0.5, 0.99)


def test_the_batch_is_shared_evenly() -> None:
    assert configured(batch=12, devices=3).local_batch == 4
    with pytest.raises(ValueError, match="batch 8 must be a multiple of devices 3"):
        configured(devices=3)
    with pytest.raises(ValueError, match="must be 1 to 1024"):
        configured(devices=0)


def test_means_count_what_is_there() -> None:
    means = Means()
    means.add({"a": 1.0})
    means.add({"a": 2.0, "b": 5.0})
    again = Means()
    again.restore(means.state())
    assert again.take() == means.take() == {"a": 1.5, "b": 5.0}
    assert means.take() == {}


def rise(losses: list[float]) -> int | None:
    """The step at which a divergence is seen; the watch is saved and restored on the way."""
    watch = DivergenceWatch()
    for step, loss in enumerate(losses):
        if watch.see(loss):
            return step
        state = watch.state()
        watch = DivergenceWatch()
        watch.restore(state)
    return None


def test_divergence_is_seen() -> None:
    assert rise([1.0] * 100 + [100.0] * 300) == 100 + 10 + 199
    assert rise([1.0] * 100 + [19.0] * 300) is None
    assert rise([1.0] * 100 + [100.0] * 100 + [1.0] * 400) is None
    assert rise([1.0] * 30 + [1e-4] * 1000 + [0.5] * 1000) is None  # not worse than at the start
    assert rise([-1.0] * 100 + [15.0] * 300) is None  # a log-density
    assert rise([-1.0] * 100 + [100.0] * 300) is not None


def test_a_loss_at_chance_is_said_once() -> None:
    chance = math.log(16)
    watch = ChanceWatch(chance, 1000)
    assert watch.see(240, "sync", {"sync": chance}) is None
    sentence = watch.see(250, "sync", {"sync": chance * 0.985})
    assert sentence is not None
    assert sentence.startswith(
        "the sync loss stands at chance (2.773, as good as guessing among 16): "
    )
    assert "Audio and video of the corpus may be out of step" in sentence
    assert watch.see(260, "sync", {"sync": chance}) is None
    found = [watch.at_chance]
    watch.see(270, "sync", {"sync": chance * 0.97})
    assert [*found, watch.at_chance] == [True, False]
    assert ChanceWatch(None, 1000).see(999, "sync", {"sync": chance}) is None
    assert ChanceWatch(chance, 100).see(199, "sync", {"sync": chance}) is None
