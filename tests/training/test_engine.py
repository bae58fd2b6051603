"""The training loop on one process."""

from __future__ import annotations

from pathlib import Path

import pytest
from styletalker.core.run.metrics import read_metrics
from styletalker.core.training.engine import train
from support.training import Noise, Regression, configured, made_context


def test_a_training_learns_and_tells(tmp_path: Path) -> None:
    context = made_context(tmp_path)
    config = configured(steps=200, record_every=20)
    trained = train(context, Regression(), Noise(0, 8), config)
    lines = read_metrics(tmp_path / "metrics.jsonl")
    assert [line["step"] for line in lines] == list(range(20, 201, 20))
    assert set(lines[0]) == {
        "stage",
        "step",
        "loss",
        "fit",
        "size",
        "largest",
        "learning_rate",
        "grad_norm",
    }
    assert lines[-1]["fit"] < 0.3 * lines[0]["fit"]
    assert lines[-1]["loss"] == pytest.approx(lines[-1]["fit"] + lines[-1]["size"], rel=1e-5)
    assert trained.step == 200
    assert trained.losses["fit"] == lines[-1]["fit"]
    assert not trained.modules["net"].training
    assert (
        "trains 114 parameters for 200 steps of 8 items, on cpu, 32-true" in context.said.getvalue()
    )
    steps = sorted(path.name for path in (context.directory / "training").iterdir())
    assert steps == ["step-00000200"]
