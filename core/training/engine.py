"""The training loop: one process or several, killed and resumed without a trace."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import attrs
import torch
from lightning_fabric import Fabric
from styletalker.core.errors import InputError, TrainingError, compose
from styletalker.core.run.context import StageContext
from styletalker.core.training.config import TrainingConfig
from styletalker.core.training.desk import Desk, Sampler, Trained
from styletalker.core.training.interrupt import Interrupts
from styletalker.core.training.launch import Helpers, make_fabric
from styletalker.core.training.objective import Objective, Opponent
from styletalker.core.training.parallel import average_buffers, mean_over_processes
from styletalker.core.training.player import NotFinite, Outcome, Player, only
from styletalker.core.training.saving import Snapshot, load_newest, load_step
from styletalker.core.training.source import Prefetch, Source
from styletalker.core.training.state import restore_players
from torch import Tensor

__all__ = ["Trained", "train"]

_FOLDER = "training"
_Steps = Generator[tuple[int, list[Outcome]], None, None]


@attrs.frozen(kw_only=True, eq=False)
class _Job:
    """What every process needs; can be pickled if the objective and the source can."""

    objective: Objective
    opponents: tuple[Opponent, ...]
    source: Source
    config: TrainingConfig
    seed: int
    folder: Path
    step: int
    """Finished steps; their checkpoint is in the folder, unless there are none."""


def train(
    context: StageContext,
    objective: Objective,
    source: Source,
    config: TrainingConfig,
    *,
    sampler: Sampler | None = None,
    opponents: Sequence[Opponent] = (),
) -> Trained:
    """Train an objective; one training per stage.

    Checkpoints are written to ``training/`` in the stage's directory: every so many seconds, at
    the end, and on Ctrl-C or SIGTERM, which then raise KeyboardInterrupt. A killed training goes
    on from the newest; on the CPU its result is the same to the last bit.

    Args:
        context: the stage's; its seed makes all random numbers.
        objective: what to train. Its weights are changed, and it may be moved to another device.
        source: batches.
        config: how.
        sampler: called with the averaged modules (eval mode, on the device, without gradients)
            and the number of finished steps, every ``sample_every`` steps and at the end.
        opponents: trained after the objective in every step, on the same batch.

    Returns:
        The averaged modules on the CPU, and how it went.

    Raises:
        TrainingError: a loss is not finite or has diverged; the last good checkpoint is kept.
        InputError: the objective, the source or the devices are not usable.
        KeyboardInterrupt: stopped; a checkpoint was written.
    """
    _check_parameters(objective, opponents)
    folder = context.directory / _FOLDER
    saved = load_newest(folder, context.say) if context.resuming else None
    if context.resuming:
        context.resume_at(saved.step if saved else None)
    job = _Job(
        objective=objective,
        opponents=tuple(opponents),
        source=source,
        config=config,
        seed=context.seed,
        folder=folder,
        step=saved.step if saved else 0,
    )
    threads = torch.get_num_threads()
    try:
        with Helpers(job, _help, config.devices - 1) as helpers:
            _set_threads(config)
            fabric = make_fabric(config, port=helpers.port)
            training = _Training(job, fabric, saved)
            desk = Desk(context, config, objective, training.players, fabric, folder, sampler)
            return _lead(training, desk, saved)
    finally:
        torch.set_num_threads(threads)


def _lead(training: _Training, desk: Desk, saved: Snapshot | None) -> Trained:
    """Train as process 0."""
    if saved is not None:
        desk.restore(saved)
    with Interrupts() as interrupts, desk.open():

        def stops() -> bool:
            return interrupts.asked or desk.out_of_time()

        try:
            with contextlib.closing(training.steps(stops)) as steps:
                for step, outcomes in steps:
                    desk.after(step, outcomes)
        except NotFinite as error:
            raise TrainingError(desk.obituary(str(error), training.step + 1)) from error
        desk.save(training.step)
        if interrupts.asked:
            raise KeyboardInterrupt
        return desk.finish(training.step)


def _help(job: _Job, rank: int, port: int) -> None:
    """Train as another process."""
    _set_threads(job.config)
    fabric = make_fabric(job.config, rank=rank, port=port)
    saved = load_step(job.folder, job.step) if job.step else None
    training = _Training(job, fabric, saved)
    for _ in training.steps(lambda: False):
        pass
    torch.distributed.destroy_process_group()


class _Training:
    """The steps of one process."""

    def __init__(self, job: _Job, fabric: Fabric, saved: Snapshot | None) -> None:
        self._job, self._fabric = job, fabric
        self.step = job.step
        config = job.config
        fabric.to_device(job.objective)
        main = Player(job.objective, config, fabric, steps=config.steps, seed=job.seed)
        self.players = [main]
        for one in job.opponents:
            fabric.to_device(one.objective)
            player = Player(
                one.objective,
                one.optimizer,
                fabric,
                name=one.name,
                start=one.start_step,
                steps=config.steps,
                seed=job.seed,
            )
            self.players.append(player)
        if saved is not None:
            restore_players(self.players, saved, fabric)

    def steps(self, ask_to_stop: Callable[[], bool]) -> _Steps:
        """Do step after step; each gives its number of finished steps and the outcomes."""
        job, size = self._job, self._job.config.local_batch
        rank = self._fabric.global_rank
        rows = range(rank * size, (rank + 1) * size)
        remaining = range(self.step, job.config.steps)
        device = self._fabric.device
        with Prefetch(job.source, rows, steps=remaining, device=device) as batches:
            for step in remaining:
                if self._all_stop(ask_to_stop()):
                    return
                outcomes = self._one(step, batches.batch(step))
                self.step = step + 1
                yield self.step, outcomes

    def _one(self, step: int, batch: Mapping[str, Tensor]) -> list[Outcome]:
        """One step of every player whose time has come."""
        outcomes = []
        for player in self.players:
            if step >= player.start:
                with only(player, self.players):
                    outcomes.append(player.step(step, batch))
        average_buffers([player.objective for player in self.players])
        return outcomes

    def _all_stop(self, asked: bool) -> bool:
        """Whether process 0 asks to stop; all must agree."""
        if self._fabric.world_size == 1:
            return asked
        flag = torch.tensor(float(asked), device=self._fabric.device)
        return bool(mean_over_processes(flag) > 0.0)


def _set_threads(config: TrainingConfig) -> None:
    if config.threads:
        torch.set_num_threads(config.threads)


def _check_parameters(objective: Objective, opponents: Sequence[Opponent]) -> None:
    """Nothing may be trained by two objectives: one would undo the other."""
    owners: dict[int, str] = {}
    for one in (objective, *(opponent.objective for opponent in opponents)):
        label = type(one).__name__
        parameters = one.trained_parameters()
        if not parameters:
            raise InputError(compose(f"{label} has no parameter to train"))
        for name, parameter in parameters.items():
            owner = owners.setdefault(id(parameter), label)
            if owner != label:
                problem = f"{name} is trained by both {owner} and {label}"
                fix = "Leave it out of trained_parameters() of one of them."
                raise InputError(compose(problem, fix=fix))
