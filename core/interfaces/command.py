"""Command: a subcommand of ``toolkit`` that a plug-in brings."""

from __future__ import annotations

from abc import abstractmethod

import typer
from styletalker.core.interfaces.contract import Contract

__all__ = ["Command"]


class Command(Contract, interface=True):
    """Extends the command line.

    The component's name is the subcommand's, its summary the line in ``toolkit --help``. The
    class is imported only when the command runs, so ``toolkit --help`` stays fast; the module
    that defines ``app`` should itself import heavy things inside the functions.

    **Errors** a user can cause are raised as StyletalkerError: the command line prints the
    message and exits with the error's ``exit_code``.

    **Output** meant for a machine goes to standard output, everything else to standard error;
    nothing animated unless standard error is a terminal.
    """

    def __init__(self, config: object) -> None:
        """Build it from an instance of its configuration class, with all defaults."""
        self.config = config

    @abstractmethod
    def app(self) -> typer.Typer:
        """The typer application: one command, or a group of them."""
