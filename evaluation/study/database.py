"""Answers in SQLite: each is on the disk before the next page is shown."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
from styletalker.core.errors import RunError
from styletalker.evaluation.study.assign import Counts, Trial

__all__ = ["DATABASE", "Answer", "Answers", "Shown"]

DATABASE = "answers.sqlite"
_WAIT_S = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS participants (
  number INTEGER PRIMARY KEY, token TEXT UNIQUE NOT NULL, started_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS trials (
  id INTEGER PRIMARY KEY, participant INTEGER NOT NULL REFERENCES participants(number),
  place INTEGER NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, expected TEXT NOT NULL,
  UNIQUE (participant, place));
CREATE TABLE IF NOT EXISTS answers (
  trial INTEGER NOT NULL REFERENCES trials(id), question INTEGER NOT NULL, value TEXT NOT NULL,
  answered_s REAL NOT NULL, watched_s REAL, PRIMARY KEY (trial, question));
"""


@attrs.frozen(kw_only=True)
class Shown:
    """A trial as a person meets it."""

    id: int
    place: int
    """From 0."""
    total: int
    """Trials of this person."""
    trial: Trial


@attrs.frozen(kw_only=True)
class Answer:
    """An answer to one question of one trial."""

    participant: int
    question: int
    value: str
    trial: Trial


@attrs.frozen
class Answers:
    """The database in a study's folder; each call has a connection of its own."""

    folder: Path

    def begin(self, seed: int, assign: Callable[[Counts, int, int], Sequence[Trial]]) -> str:
        """A new participant's token, which is the secret part of the address.

        *assign* is asked for the trials with the numbers shown so far, in one transaction: two
        people who begin at once are balanced too.
        """
        token = secrets.token_urlsafe(12)
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            (number,) = base.execute(
                "SELECT COALESCE(MAX(number), 0) + 1 FROM participants"
            ).fetchone()
            trials = assign(_counts(base), seed, number)
            base.execute("INSERT INTO participants VALUES (?, ?, ?)", (number, token, time.time()))
            base.executemany(
                "INSERT INTO trials (participant, place, first, second, expected) "
                "VALUES (?, ?, ?, ?, ?)",
                [(number, k, t.first, t.second, t.expected) for k, t in enumerate(trials)],
            )
            base.execute("COMMIT")
        return token

    def next(self, token: str) -> Shown | None:
        """The first trial that is not answered; None when all are.

        Raises:
            KeyError: nobody has this token.
        """
        with self._open() as base:
            number = _number(base, token)
            rows = base.execute(
                "SELECT id, place, first, second, expected FROM trials WHERE participant = ? "
                "AND id NOT IN (SELECT trial FROM answers) ORDER BY place LIMIT 1",
                (number,),
            ).fetchall()
            (total,) = base.execute(
                "SELECT COUNT(*) FROM trials WHERE participant = ?", (number,)
            ).fetchone()
        for key, place, *trial in rows:
            return Shown(id=key, place=place, total=total, trial=Trial(*trial))
        return None

    def add(
        self, token: str, trial: int, values: Mapping[int, str], watched_s: float | None
    ) -> None:
        """Keep the answers to all questions of a trial; those given before stay.

        Raises:
            KeyError: nobody has this token, or the trial is not theirs.
        """
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            number = _number(base, token)
            if not base.execute(
                "SELECT 1 FROM trials WHERE id = ? AND participant = ?", (trial, number)
            ).fetchone():
                raise KeyError(trial)
            now = time.time()
            base.executemany(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)",
                [(trial, question, value, now, watched_s) for question, value in values.items()],
            )
            base.execute("COMMIT")

    def all(self) -> list[Answer]:
        """Every answer, in the order of participants and trials."""
        with self._open() as base:
            rows = base.execute(
                "SELECT participant, question, value, first, second, expected FROM answers "
                "JOIN trials ON trials.id = answers.trial ORDER BY participant, place, question"
            ).fetchall()
        return [
            Answer(participant=number, question=question, value=value, trial=Trial(*trial))
            for number, question, value, *trial in rows
        ]

    def people(self) -> int:
        """How many have begun."""
        with self._open() as base:
            (count,) = base.execute("SELECT COUNT(*) FROM participants").fetchone()
        return int(count)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / DATABASE
        try:
            with contextlib.closing(
                sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
            ) as base:
                base.execute("PRAGMA journal_mode = WAL")
                base.execute("PRAGMA synchronous = FULL")
                base.executescript(_TABLES)
                yield base
        except sqlite3.Error as error:
            raise RunError(f"{path}: the answers cannot be read or written: {error}") from error


def _number(base: sqlite3.Connection, token: str) -> int:
    row = base.execute("SELECT number FROM participants WHERE token = ?", (token,)).fetchone()
    if row is None:
        raise KeyError(token)
    return int(row[0])


def _counts(base: sqlite3.Connection) -> Counts:
    rows = base.execute(
        "SELECT first, second, COUNT(*) FROM trials WHERE expected = '' GROUP BY first, second"
    )
    return {(first, second): count for first, second, count in rows}
