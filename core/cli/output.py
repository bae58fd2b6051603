"""How commands print: tables for people, JSON for machines, on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["console", "print_json", "print_table"]

_WIDE = 10_000
"""Width off a terminal: lines are for grep there and must not be wrapped."""


def console() -> Console:
    """A console on standard output, coloured and wrapped only on a terminal."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(width=_WIDE, no_color=True)


def print_json(value: Any) -> None:
    """*value* as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """A plain table without lines."""
    table = Table(box=None, pad_edge=False, title=title or None, title_justify="left")
    table.show_header = any(columns)
    table.title_style = "bold"
    table.header_style = "dim"
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console().print(table, markup=False)
