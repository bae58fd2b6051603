"""Small trainings: a regression with draws, a contrastive pair, and stages' surroundings."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from rich.console import Console
from styletalker.core.assembly import Components
from styletalker.core.registry import Registry
from styletalker.core.run.context import StageContext
from styletalker.core.run.metrics import MetricsLog
from styletalker.core.run.progress import Reporter
from styletalker.core.training.config import TrainingConfig
from styletalker.core.training.draws import Draws
from styletalker.core.training.objective import Objective
from styletalker.core.training.parallel import gather
from torch import Tensor, nn

__all__ = ["Contrast", "Noise", "Regression", "configured", "made_context"]


class Regression(Objective):
    """Fits a fixed linear map through noise from the draws, with dropout if asked for."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, 2))
        self.register_buffer("mean", torch.zeros(2))
        self.mean: Tensor

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        noisy = batch["x"] + 0.1 * draws.normal(*batch["x"].shape)
        found = self.net(noisy)
        with torch.no_grad():
            self.mean.lerp_(found.mean(0), 0.1)
        error = (found - batch["y"]).square()
        return {"fit": error.mean(), "size": 0.01 * found.abs().mean(), "_largest": error.max()}

    def averaged(self) -> Mapping[str, nn.Module]:
        return {"net": self.net}


class Contrast(Objective):
    """InfoNCE among the items of all processes, written in one of the two usual ways."""

    def __init__(self, *, own_rows: bool) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.left, self.right = nn.Linear(4, 3), nn.Linear(2, 3)
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.own_rows = own_rows

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        mine, others = self.left(batch["x"]), gather(self.right(batch["y"]))
        first = draws.rank * len(mine) if self.own_rows else 0
        rows = mine if self.own_rows else gather(mine)
        target = first + torch.arange(len(rows))
        return {"sync": nn.functional.cross_entropy(self.scale * rows @ others.T, target)}


@attrs.frozen
class Noise:
    """Batches of random inputs and a fixed function of them."""

    seed: int
    batch_size: int

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        x = np.random.default_rng([self.seed, step]).normal(size=(self.batch_size, 4))
        mixed = np.stack([x[:, 0] - x[:, 1], np.sin(x[:, 2])], axis=1)
        return {
            name: torch.from_numpy(value[rows.start : rows.stop].astype(np.float32))
            for name, value in (("x", x), ("y", mixed))
        }


def configured(**options: Any) -> TrainingConfig:
    """Few steps on the CPU."""
    defaults = {"steps": 20, "batch": 8, "learning_rate": 0.01, "warmup_steps": 5, "ema": 0.9}
    return TrainingConfig(**{**defaults, "accelerator": "cpu", **options})


def made_context(folder: Path, *, seed: int = 3, resuming: bool = False) -> Any:
    """The surroundings of a stage ``fit`` in *folder*, and what it says in ``context.said``."""
    said = io.StringIO()
    metrics = MetricsLog(folder / "metrics.jsonl", folder / "events", "fit")
    context = _Context(
        name="fit",
        directory=folder / "fit",
        inputs={},
        outputs={},
        seed=seed,
        resuming=resuming,
        components=Components({}, Registry.of()),
        registry=Registry.of(),
        log=logging.Logger("test"),
        corpus_choice=None,
        metrics=metrics,
        reporter=Reporter(Console(file=said, width=500, highlight=False)),
        said=said,
    )
    context.directory.mkdir(parents=True, exist_ok=True)
    return context


@attrs.frozen(kw_only=True, eq=False)
class _Context(StageContext):
    said: io.StringIO
