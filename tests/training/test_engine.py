"""The training loop on one process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision.amp import MixedPrecision
from styletalker.core.errors import InputError, TrainingError
from styletalker.core.training.config import OptimizerConfig
from styletalker.core.training.draws import Draws
from styletalker.core.training.engine import train
from styletalker.core.training.objective import Objective, Opponent
from styletalker.core.training.player import NotFinite, Player
from support.training import Forger, Judge, Noise, Regression, configured, lines_of, made_context
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler


def test_a_training_learns_and_tells(tmp_path: Path) -> None:
    context = made_context(tmp_path)
    trained = train(context, Regression(), Noise(), configured(steps=200, record_every=20))
    lines = lines_of(tmp_path)
    assert [line["step"] for line in lines] == list(range(20, 201, 20))
    names = {"stage", "step", "loss", "fit", "size", "seen", "learning_rate", "grad_norm"}
    assert set(lines[0]) == names
    assert lines[-1]["fit"] < 0.3 * lines[0]["fit"]
    assert lines[-1]["loss"] == pytest.approx(lines[-1]["fit"] + lines[-1]["size"], rel=1e-5)
    assert lines[-1]["seen"] == pytest.approx(2 * lines[-1]["fit"], rel=1e-5)
    said = context.said.getvalue()
    assert "trains 114 parameters for 200 steps of 8 items, on cpu, 32-true" in said
    assert (trained.step, trained.at_chance) == (200, False)
    assert trained.losses["fit"] == lines[-1]["fit"]
    assert not trained.modules["net"].training
    assert not any(one.requires_grad for one in trained.modules["net"].parameters())
    kept = [path.name for path in (context.directory / "training").iterdir()]
    assert kept == ["step-00000200"]


def test_weights_are_averaged_with_a_warm_up(tmp_path: Path) -> None:
    class Follow(Objective):
        """Its one weight moves by about -1e-3 per step (Adam, constant gradient)."""

        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(1, 1, bias=False)
            self.seen: list[float] = []
            nn.init.zeros_(self.net.weight)

        def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
            self.seen.append(self.net.weight.item())
            return {"pull": self.net.weight.sum()}

    objective = Follow()
    trained = train(made_context(tmp_path), objective, Noise(), configured(steps=6, ema=0.3))
    last, average = objective.net.weight.item(), 0.0
    for step, weight in enumerate([*objective.seen[1:], last]):
        decay = min(0.3, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * weight
    (averaged,) = trained.modules["net"].parameters()
    assert averaged.item() == pytest.approx(average, rel=1e-5)
    assert averaged.item() > last

    raw = train(made_context(tmp_path / "raw"), Follow(), Noise(), configured(steps=6, ema=0.0))
    (final,) = raw.modules["net"].parameters()
    assert final.item() == last


def test_the_time_allowed_is_kept(tmp_path: Path) -> None:
    context = made_context(tmp_path)
    trained = train(context, Regression(), Noise(), configured(seconds=1e-9))
    assert trained.step == 1
    assert "for 20 steps of 8 items, at most 1e-09 s" in context.said.getvalue()


def test_pictures_are_drawn_by_the_averages(tmp_path: Path) -> None:
    asked: list[tuple[int, bool, bool, float]] = []

    def sampler(modules: Mapping[str, nn.Module], step: int) -> None:
        net = modules["net"]
        one = next(net.parameters())
        asked.append((step, net.training, torch.is_grad_enabled(), one.sum().item()))

    objective = Regression()
    config = configured(steps=5, sample_every=2)
    trained = train(made_context(tmp_path), objective, Noise(), config, sampler=sampler)
    assert [one[:3] for one in asked] == [(step, False, False) for step in (2, 4, 5)]
    assert asked[-1][3] == next(trained.modules["net"].parameters()).sum().item()
    raw = configured(steps=5, ema=0.0)
    train(made_context(tmp_path / "raw"), objective, Noise(), raw, sampler=sampler)
    assert asked[-1][3] == next(objective.net.parameters()).sum().item()
    assert objective.net.training


def test_opponents_are_trained_in_turn(tmp_path: Path) -> None:
    forger = Forger()
    judge = Judge(forger)
    start = [one.detach().clone() for one in (forger.net.weight, forger.judge.weight)]
    opponent = Opponent(
        objective=judge, optimizer=OptimizerConfig(learning_rate=0.1), start_step=2, name="d"
    )
    context = made_context(tmp_path)
    config = configured(steps=5, record_every=1)
    trained = train(context, forger, Noise(), config, opponents=[opponent])
    assert judge.asked == [(2, False), (3, False), (4, False)]
    assert forger.judged == [False] * 5
    assert not torch.equal(start[0], forger.net.weight)
    assert not torch.equal(start[1], forger.judge.weight)
    assert list(trained.modules) == ["net"]
    first, *_, last = lines_of(tmp_path)
    assert set(last) - set(first) == {"judge", "d_grad_norm", "d_learning_rate"}
    assert last["d_learning_rate"] == pytest.approx(0.1 * 3 / 100)
    assert all(one.requires_grad for one in (forger.net.weight, forger.judge.weight))


def test_nothing_is_trained_twice(tmp_path: Path) -> None:
    class Greedy(Forger):
        def trained_parameters(self) -> Mapping[str, nn.Parameter]:
            return dict(self.named_parameters())

    forger = Greedy()
    opponent = Opponent(objective=Judge(forger), optimizer=OptimizerConfig(learning_rate=0.1))
    with pytest.raises(InputError) as caught:
        train(made_context(tmp_path), forger, Noise(), configured(), opponents=[opponent])
    assert str(caught.value) == (
        "weight is trained by both Greedy and Judge. Leave it out of trained_parameters() of one "
        "of them."
    )


def test_mixed_precision_keeps_float32_weights(tmp_path: Path) -> None:
    context = made_context(tmp_path)
    config = configured(steps=30, record_every=1, precision="bf16-mixed")
    trained = train(context, Regression(), Noise(), config)
    lines = lines_of(tmp_path)
    assert lines[-1]["fit"] < lines[0]["fit"]
    assert {one.dtype for one in trained.modules["net"].parameters()} == {torch.float32}


def test_a_source_that_fails_is_heard(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        train(made_context(tmp_path), Regression(), Noise(8, 3, "raise"), configured())
    with pytest.raises(InputError) as caught:
        train(made_context(tmp_path), Regression(), Noise(6), configured())
    assert str(caught.value) == (
        "the source's batch of step 0: x is wrong; expected a tensor of 8 items, got (6, 4)"
    )


def test_an_objective_must_give_scalars(tmp_path: Path) -> None:
    class Wrong(Regression):
        def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
            return {"fit": self.net(batch["x"])}

    with pytest.raises(InputError, match=r"Wrong gave a wrong loss 'fit'; expected a scalar"):
        train(made_context(tmp_path), Wrong(), Noise(), configured())


def test_a_missing_device_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError) as caught:
        train(made_context(tmp_path), Regression(), Noise(), configured(accelerator="cuda"))
    assert str(caught.value) == (
        "training.devices asks for 1 CUDA devices, there are 0. Lower it, or set "
        "training.accelerator to cpu."
    )
    with pytest.raises(InputError) as caught:
        train(made_context(tmp_path), Regression(), Noise(), configured(precision="16-mixed"))
    assert str(caught.value) == (
        "training.precision 16-mixed needs a CUDA device. Set it to 32-true or bf16-mixed."
    )


def test_a_loss_that_is_not_finite_stops_it(tmp_path: Path) -> None:
    context = made_context(tmp_path)
    config = configured(checkpoint_every_s=0.0, ema=0.5)
    with pytest.raises(TrainingError) as caught:
        train(context, Regression(), Noise(8, 12, "nan"), config)
    folder = context.directory / "training"
    assert str(caught.value) == (
        "step 13: not finite: the loss 'fit', the loss 'size'; the "
        f"checkpoint of step 12 is kept in {folder}. Try a lower learning_rate (it was 0.01), or "
        "lower clip_norm (1)."
    )
    assert sorted(path.name for path in folder.iterdir()) == ["step-00000011", "step-00000012"]


def test_a_scaled_gradient_that_overflows_skips_a_few_steps() -> None:
    class Steep(Regression):
        def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
            return {"fit": 1e3 * self.net(batch["x"]).float().square().mean()}

    precision = MixedPrecision("16-mixed", "cpu", GradScaler("cpu"))
    fabric = Fabric(accelerator="cpu", devices=1, plugins=[precision])
    objective = Steep(0.0)
    config = OptimizerConfig(learning_rate=0.1, warmup_steps=0)
    player = Player(objective, config, fabric, steps=100, seed=0)
    (weight, *_) = objective.net.parameters()
    before = weight.detach().clone()
    outcomes = []
    for step in range(30):
        outcomes.append(player.step(step, {"x": torch.ones(4, 4)}))
        if outcomes[-1].losses:
            break
        assert torch.equal(weight, before)
    assert 1 < len(outcomes) < 21
    assert not torch.equal(weight, before)
    assert outcomes[-1].facts["grad_norm"] > 1.0

    fails = {"x": torch.full((4, 4), torch.nan)}
    assert all(not player.step(step, fails).losses for step in range(30, 50))
    with pytest.raises(NotFinite, match="not finite: the loss 'fit'"):
        player.step(50, fails)


class Given(Objective):
    """Its loss is what the step says, whatever the weights are."""

    def __init__(self, rises_at: int = 1000, chance: float | None = None) -> None:
        super().__init__()
        self.net = nn.Linear(1, 1)
        self.rises_at, self.chance = rises_at, chance

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        nothing = 0.0 * self.net.weight.sum()
        return {"fit": nothing + (1.0 if draws.step < self.rises_at else 100.0)}

    def chance_level(self) -> float | None:
        return self.chance


def test_a_loss_that_has_diverged_stops_it(tmp_path: Path) -> None:
    context = made_context(tmp_path)
    with pytest.raises(TrainingError) as caught:
        train(context, Given(rises_at=30), Noise(), configured(steps=500, clip_norm=0.0))
    assert str(caught.value) == (
        "step 240: the loss has diverged: 98.58, it was 1 at best; no checkpoint was written yet. "
        "Try a lower learning_rate (it was 0.01), or set clip_norm (it is off)."
    )


def test_a_loss_at_chance_is_said_then_and_at_the_end(tmp_path: Path) -> None:
    context = made_context(tmp_path)
    trained = train(context, Given(chance=1.01), Noise(), configured(steps=220))
    sentence = "the fit loss stands at chance (1.010, as good as guessing among 3): nothing is"
    assert context.said.getvalue().count(sentence) == 2
    assert trained.at_chance
    other = made_context(tmp_path / "better")
    assert not train(other, Given(chance=1.1), Noise(), configured(steps=220)).at_chance
    assert "chance" not in other.said.getvalue()
