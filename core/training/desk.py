"""What process 0 does beside the steps: records, words, averages, checkpoints, pictures."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import torch
from styletalker.core.errors import TrainingError, compose
from styletalker.core.run.context import StageContext
from styletalker.core.run.progress import Task
from styletalker.core.training.average import WeightAverage, copy_of
from styletalker.core.training.config import TrainingConfig
from styletalker.core.training.objective import Objective
from styletalker.core.training.player import Outcome, Player
from styletalker.core.training.saving import Snapshot, save_snapshot
from styletalker.core.training.state import copy_into, optimizer_state, weights
from styletalker.core.training.watch import ChanceWatch, DivergenceWatch, Means
from torch import nn

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["Desk", "Sampler", "Trained"]

Sampler = Callable[[Mapping[str, nn.Module], int], None]
"""Draws pictures of the averaged modules after so many steps."""

_SYNC = "sync"
_NOTED = 3
"""Losses shown beside the progress bar."""


@attrs.frozen(kw_only=True, eq=False)
class Trained:
    """What a training gave."""

    modules: Mapping[str, nn.Module]
    """The averaged modules by name: copies on the CPU, in eval mode, without gradients. The
    weights of the last step where ``ema`` is 0."""
    step: int
    """Finished steps; fewer than asked for if the time was up."""
    losses: Mapping[str, float]
    """The last record."""
    at_chance: bool
    """Whether the loss that has a chance level stands at it."""
    seconds: float
    """Time of training in all, resumed parts included."""


class Desk:
    """Process 0's side of a training."""

    def __init__(
        self,
        context: StageContext,
        config: TrainingConfig,
        objective: Objective,
        players: Sequence[Player],
        fabric: Fabric,
        folder: Path,
        sampler: Sampler | None,
    ) -> None:
        """Set up; *objective* is on its device and *players* are as in the checkpoint, if any."""
        self._context, self._config, self._fabric = context, config, fabric
        self._players, self._folder, self._sampler = players, folder, sampler
        self._modules = dict(objective.averaged())
        self._average = WeightAverage(self._modules, config.ema) if config.ema else None
        self._means, self._divergence = Means(), DivergenceWatch()
        self._chance = ChanceWatch(objective.chance_level(), config.steps)
        self._watched: str | None = None
        self._losses: dict[str, float] = {}
        self._saved_step: int | None = None
        self._spent_before = 0.0
        self._started = self._saved_at = self._recorded_at = time.monotonic()
        self._recorded_step = self._step = 0
        self._task: Task | None = None

    @property
    def seconds(self) -> float:
        """Seconds of training in all."""
        return self._spent_before + time.monotonic() - self._started

    def restore(self, saved: Snapshot) -> None:
        """Go on from a checkpoint."""
        state = saved.state
        if self._average is not None:
            copy_into(self._average.tensors(), saved.average, "averages")
        self._means.restore(state["means"])
        self._divergence.restore(state["divergence"])
        self._chance.restore(state["chance"])
        self._losses, self._watched = dict(state["losses"]), state["watched"]
        self._spent_before = state["seconds"]
        self._saved_step = self._step = self._recorded_step = saved.step

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Say what is done, and show how far it is."""
        self._say_start()
        title = "training"
        with self._context.progress(title, self._config.steps, done=self._step) as task:
            self._task = task
            yield

    def out_of_time(self) -> bool:
        """Whether the time allowed is over; at least one step is done."""
        limit = self._config.seconds
        return 0.0 < limit <= self.seconds and self._step > 0

    def after(self, step: int, outcomes: Sequence[Outcome]) -> None:
        """Everything that is due after *step* finished steps."""
        self._step = step
        if self._average is not None:
            self._average.update(step - 1)
        values = _values_of(outcomes)
        self._means.add(values)
        self._watched = self._watched or _watched(outcomes[0])
        if step % self._config.record_every == 0 or step == self._config.steps:
            self._record(step)
        if len(self._players) == 1:  # adversarial losses have no scale of their own
            self._watch_divergence(step, outcomes[0].total)
        if self._task is not None:
            self._task.update(step)
        every = self._config.sample_every
        if every and step % every == 0 and step < self._config.steps:
            self._sample(step)
        if time.monotonic() - self._saved_at >= self._config.checkpoint_every_s:
            self.save(step)

    def save(self, step: int) -> None:
        """Write a checkpoint of *step*, unless there is one.

        Raises:
            TrainingError: a weight is not finite; the last good checkpoint is kept.
        """
        if step == self._saved_step:
            return
        snapshot = Snapshot(
            step=step,
            weights=weights(self._players),
            average=self._average.tensors() if self._average is not None else {},
            optimizer=optimizer_state(self._players),
            state={
                "seconds": self.seconds,
                "means": self._means.state(),
                "divergence": self._divergence.state(),
                "chance": self._chance.state(),
                "losses": self._losses,
                "watched": self._watched,
                "scaler": self._fabric.strategy.precision.state_dict(),
            },
        )
        try:
            save_snapshot(self._folder, snapshot)
        except TrainingError as error:
            raise TrainingError(self.obituary(str(error), step)) from error
        self._saved_step, self._saved_at = step, time.monotonic()

    def finish(self, step: int) -> Trained:
        """Draw the last pictures and collect the result; *step* steps are done and saved."""
        self._sample(step)
        if self._chance.at_chance and self._watched:
            self._context.say(self._chance.sentence(self._watched))
        modules = self._average.modules if self._average is not None else self._modules
        return Trained(
            modules={name: copy_of(module, "cpu") for name, module in modules.items()},
            step=step,
            losses=self._losses,
            at_chance=self._chance.at_chance,
            seconds=self.seconds,
        )

    def obituary(self, what: str, step: int) -> str:
        """The message for a training that cannot go on at *step*."""
        kept = "no checkpoint was written yet"
        if self._saved_step is not None:
            kept = f"the checkpoint of step {self._saved_step} is kept in {self._folder}"
        config = self._config
        clip = config.clip_norm
        hint = f"lower clip_norm ({clip:g})" if clip else "set clip_norm (it is off)"
        fix = f"Try a lower learning_rate (it was {config.learning_rate:g}), or {hint}."
        return compose(f"step {step}: {what}; {kept}", fix=fix)

    def _record(self, step: int) -> None:
        means = self._means.take()
        if not means:
            return
        self._losses = means
        self._context.record(step, **means)
        now = time.monotonic()
        steps, seconds = step - self._recorded_step, max(now - self._recorded_at, 1e-9)
        speed = steps * self._config.batch / seconds
        self._recorded_step, self._recorded_at = step, now
        name = f"{self._context.name}/items_per_s"
        self._context.tensorboard.add_scalar(name, speed, step)
        if self._task is not None:
            shown = list(means.items())[:_NOTED]
            note = ", ".join(f"{name} {value:.4g}" for name, value in shown)
            self._task.update(step, f"{note}, {speed:.3g} items/s")
        sentence = self._chance.see(step, self._watched, means)
        if sentence:
            self._context.say(sentence)

    def _watch_divergence(self, step: int, loss: float) -> None:
        if loss - loss == 0.0 and self._divergence.see(loss):
            watch = self._divergence
            what = f"the loss has diverged: {watch.mean:.4g}, it was {watch.best:.4g} at best"
            raise TrainingError(self.obituary(what, step))

    def _sample(self, step: int) -> None:
        if self._sampler is None:
            return
        modules = self._average.modules if self._average is not None else self._modules
        parts = [part for module in modules.values() for part in module.modules()]
        modes = [(part, part.training) for part in parts]
        for part in parts:
            part.training = False
        try:
            with torch.no_grad():
                self._sampler(modules, step)
        finally:
            for part, mode in modes:
                part.training = mode

    def _say_start(self) -> None:
        config = self._config
        count = sum(one.numel() for player in self._players for one in player.parameters.values())
        size = f"{count / 1e6:.1f} million" if count >= 1e5 else str(count)
        start = f" from step {self._step}" if self._step else ""
        limit = f", at most {config.seconds:g} s" if config.seconds else ""
        processes = f"{config.devices} x " if config.devices > 1 else ""
        self._context.say(
            f"trains {size} parameters for {config.steps} steps{start} of {config.batch} items"
            f"{limit}, on {processes}{self._fabric.device.type}, {config.precision}"
        )


def _values_of(outcomes: Sequence[Outcome]) -> dict[str, float]:
    values: dict[str, float] = {}
    for number, outcome in enumerate(outcomes):
        if number == 0 and outcome.losses:
            values["loss"] = outcome.total
        values |= outcome.losses
    for outcome in outcomes:
        values |= outcome.facts
    return values


def _watched(main: Outcome) -> str | None:
    """The loss that a chance level is about: ``sync``, or the only one."""
    if _SYNC in main.losses:
        return _SYNC
    return next(iter(main.minimised)) if len(main.minimised) == 1 else None
