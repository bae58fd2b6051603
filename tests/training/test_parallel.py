"""Two processes do what one does; and what is said when one of them fails."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from styletalker.core.errors import TrainingError
from styletalker.core.training.engine import train
from styletalker.core.training.parallel import gather
from support.training import Noise, Regression, Shared, configured, lines_of, made_context

TWO = configured(devices=2)


def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    results = []
    for devices in (1, 2):
        folder = tmp_path / str(devices)
        config = configured(steps=30, devices=devices, record_every=1, clip_norm=0.5)
        context = made_context(folder)
        objective = Shared()
        trained = train(context, objective, Noise(), config)
        results.append((lines_of(folder), trained.modules["net"], objective))
    (one, net, alone), (two, other_net, together) = results
    assert "on 2 x cpu" in context.said.getvalue()
    assert len(one) == len(two) == 30
    assert set(one[0]) == set(two[0])
    for name in set(one[0]) - {"stage"}:
        mine, theirs = (torch.tensor([line[name] for line in lines]) for lines in (one, two))
        assert torch.allclose(mine, theirs, atol=1e-5, rtol=1e-5), name
    for name, tensor in net.state_dict().items():
        assert torch.allclose(tensor, other_net.state_dict()[name], atol=1e-5), name
    assert torch.allclose(alone.mean, together.mean, atol=1e-5)
    assert one[-1]["own"] < 0.9 * one[0]["own"]
    assert one[-1]["all"] < 0.9 * one[0]["all"]


def test_a_process_that_fails_is_heard(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        train(made_context(tmp_path), Regression(), Noise(8, 4, "raise"), TWO)
    assert "process 1 of the training failed: OSError: the disk is gone (" in str(caught.value)
    assert not torch.distributed.is_initialized()


def test_a_process_that_is_killed_is_missed(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        train(made_context(tmp_path), Regression(), Noise(8, 4, "kill_last"), TWO)
    assert str(caught.value) == (
        "process 1 of the training died (exit code -9). Perhaps memory ran out; go on with "
        "--resume."
    )


def test_what_cannot_be_sent_is_said(tmp_path: Path) -> None:
    class Local(Regression):
        pass

    with pytest.raises(TrainingError) as caught:
        train(made_context(tmp_path), Local(), Noise(), TWO)
    assert "cannot be sent to other processes: " in str(caught.value)
    assert str(caught.value).endswith("Set training.devices to 1.")


def test_gather_is_the_identity_on_one_process() -> None:
    tensor = torch.ones(2, 3)
    assert gather(tensor) is tensor
