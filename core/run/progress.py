"""Telling a person how far a run is: bars on a terminal, sparse plain lines elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["Reporter", "Task"]

_LINE_EVERY_S = 30.0
"""Off a terminal (a log file, CI), a line this often shows that work goes on."""


class Task:
    """Something with a known number of steps."""

    def __init__(self, reporter: Reporter, title: str, total: int, done: int = 0) -> None:
        """Made by :meth:`Reporter.task`; *done* steps were done before."""
        self.title, self.total, self.done, self.note = title, total, done, ""
        self._before = done
        self._reporter = reporter
        self._started = self._last_line = time.monotonic()
        self._bar = None
        if reporter.bars is not None:
            self._bar = reporter.bars.add_task(title, total=total, completed=done, note="")

    def advance(self, steps: int = 1, note: str = "") -> None:
        """*steps* more are done; *note* says how it goes, such as ``loss 0.31``."""
        self.update(self.done + steps, note)

    def update(self, done: int, note: str = "") -> None:
        """*done* steps are done in all."""
        self.done, self.note = done, note or self.note
        if self._bar is not None and self._reporter.bars is not None:
            self._reporter.bars.update(self._bar, completed=done, note=self.note)
            return
        now = time.monotonic()
        if now - self._last_line >= _LINE_EVERY_S and self._before < done < self.total:
            self._last_line = now
            left = (now - self._started) / (done - self._before) * (self.total - done)
            note = f", {self.note}" if self.note else ""
            self._reporter.say(f"{self.title}: {done}/{self.total}{note}, about {left:.0f} s left")

    def finish(self) -> None:
        """Remove the bar."""
        if self._bar is not None and self._reporter.bars is not None:
            self._reporter.bars.remove_task(self._bar)


class Reporter:
    """Where a run's words go: standard error, so that standard output stays for results."""

    def __init__(self, console: Console | None = None) -> None:
        """Report to *console*; by default to standard error."""
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self.bars: Progress | None = None

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(text, markup=False)

    @contextlib.contextmanager
    def live(self) -> Iterator[Reporter]:
        """While this lasts, tasks are drawn as bars if the console is a terminal."""
        if not self.console.is_terminal:
            yield self
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with Progress(*columns, console=self.console, transient=True) as bars:
            self.bars = bars
            try:
                yield self
            finally:
                self.bars = None

    @contextlib.contextmanager
    def task(self, title: str, total: int, *, done: int = 0) -> Iterator[Task]:
        """A task of *total* steps, of which *done* were done before."""
        task = Task(self, title, total, done)
        try:
            yield task
        finally:
            task.finish()
