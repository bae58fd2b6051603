"""Small trainings: a regression with draws, a contrastive pair, and stages' surroundings."""

from __future__ import annotations

import io
import logging
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import torch
from rich.console import Console
from styletalker.core.assembly import Components
from styletalker.core.registry import Registry
from styletalker.core.run.context import StageContext
from styletalker.core.run.metrics import MetricsLog, read_metrics
from styletalker.core.run.progress import Reporter
from styletalker.core.training.config import TrainingConfig
from styletalker.core.training.draws import Draws
from styletalker.core.training.objective import Objective
from styletalker.core.training.parallel import gather
from torch import Tensor, nn

__all__ = [
    "Forger",
    "Judge",
    "Noise",
    "Regression",
    "Shared",
    "configured",
    "lines_of",
    "made_context",
]


class Regression(Objective):
    """Fits a fixed map through noise from the draws and through dropout; has a running mean."""

    mean: Tensor

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, 2))
        self.register_buffer("mean", torch.zeros(2))

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        found = self.net(batch["x"] + 0.1 * draws.normal(*batch["x"].shape)).float()
        fit = (found - batch["y"]).square().mean()
        size = 0.01 * (found - self.mean).square().mean()
        with torch.no_grad():
            self.mean.lerp_(found.mean(0), 0.1)
        return {"fit": fit, "size": size, "_seen": fit * 2}

    def averaged(self) -> Mapping[str, nn.Module]:
        return {"net": self.net}


class Shared(Regression):
    """And InfoNCE among the items of all processes, written in both usual ways."""

    def __init__(self) -> None:
        super().__init__(dropout=0.0)
        self.left, self.right = nn.Linear(4, 3), nn.Linear(2, 3)
        self.all_left, self.all_right = nn.Linear(4, 3), nn.Linear(2, 3)
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        own, others = self.left(batch["x"]), gather(self.right(batch["y"]))
        places = draws.rank * len(own) + torch.arange(len(own))
        everything = gather(self.all_left(batch["x"])) @ gather(self.all_right(batch["y"])).T
        diagonal = torch.arange(len(everything))
        return {
            **super().forward(batch, draws),
            "own": nn.functional.cross_entropy(self.scale * own @ others.T, places),
            "all": nn.functional.cross_entropy(self.scale * everything, diagonal),
        }


class Forger(Objective):
    """A generator that moves to where its discriminator says real items are."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net, self.judge = nn.Linear(2, 4), nn.Linear(4, 1)
        self.judged: list[bool] = []

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        self.judged.append(self.judge.weight.requires_grad)
        fake = self.net(draws.normal(len(batch["x"]), 2))
        return {"forge": nn.functional.softplus(-self.judge(fake)).mean()}

    def trained_parameters(self) -> Mapping[str, nn.Parameter]:
        return dict(self.net.named_parameters())

    def averaged(self) -> Mapping[str, nn.Module]:
        return {"net": self.net}


class Judge(Objective):
    """Tells real items from forged ones."""

    def __init__(self, forger: Forger) -> None:
        super().__init__()
        self.net, self.forger = forger.judge, forger.net
        self.asked: list[tuple[int, bool]] = []

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        fake = self.forger(draws.normal(len(batch["x"]), 2))
        self.asked.append((draws.step, fake.requires_grad))
        real = nn.functional.softplus(-self.net(batch["x"] + 3.0)).mean()
        return {"judge": real + nn.functional.softplus(self.net(fake)).mean()}

    def trained_parameters(self) -> Mapping[str, nn.Parameter]:
        return dict(self.net.named_parameters())


@attrs.frozen
class Noise:
    """Batches of random inputs and a fixed function of them; may fail at a step."""

    batch_size: int = 8
    fail_step: int = -1
    fail: Literal["kill", "terminate", "raise", "nan", "kill_last"] = "kill"

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        x = np.random.default_rng([0, step]).normal(size=(self.batch_size, 4))
        if step == self.fail_step:
            if self.fail in ("kill", "terminate"):
                os.kill(os.getpid(), signal.SIGKILL if self.fail == "kill" else signal.SIGTERM)
            elif self.fail == "nan":
                x[-1, -1] = np.nan
            elif rows.stop == self.batch_size:  # the last process
                if self.fail == "kill_last":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError("the disk is gone")
        y = np.stack([x[:, 0] - x[:, 1], np.sin(x[:, 2])], axis=1)
        return {
            name: torch.from_numpy(value[rows.start : rows.stop].astype(np.float32))
            for name, value in (("x", x), ("y", y))
        }


def configured(**options: Any) -> TrainingConfig:
    """Few steps on one thread of the CPU."""
    defaults = {"steps": 20, "batch": 8, "learning_rate": 0.01, "warmup_steps": 5, "ema": 0.9}
    return TrainingConfig(**{**defaults, "accelerator": "cpu", "threads": 1, **options})


@attrs.frozen(kw_only=True, eq=False)
class SaidContext(StageContext):
    """Surroundings that remember what was said."""

    said: io.StringIO


def made_context(folder: Path, *, resuming: bool = False) -> SaidContext:
    """The surroundings of a stage ``fit`` in *folder*."""
    directory = folder / "fit"
    directory.mkdir(parents=True, exist_ok=True)
    said = io.StringIO()
    return SaidContext(
        name="fit",
        directory=directory,
        inputs={},
        outputs={},
        seed=3,
        resuming=resuming,
        components=Components({}, Registry.of()),
        registry=Registry.of(),
        log=logging.Logger("test"),
        corpus_choice=None,
        metrics=MetricsLog(folder / "metrics.jsonl", folder / "events", "fit"),
        reporter=Reporter(Console(file=said, width=500, highlight=False)),
        said=said,
    )


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """What was recorded."""
    return read_metrics(folder / "metrics.jsonl")
