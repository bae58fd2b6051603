"""Work for engines: functions that other processes can import."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from styletalker.core.errors import MediaError

__all__ = [
    "Remembers",
    "behave",
    "environment",
    "heed_ctrl_c",
    "log_and_double",
    "sleep_with_pid",
    "square",
]


def heed_ctrl_c() -> None:
    """End at Ctrl-C also where the tests run in a shell's background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def square(number: int) -> int:
    return number * number


def behave(how: str) -> str:
    """Do as *how* says.

    ``once:FOLDER`` dies in the first attempt only, ``parent:FOLDER`` kills the parent process then.
    """
    kind, _, rest = how.partition(":")
    if kind == "mistake":
        raise MediaError(f"{rest}: is not a video")
    if kind == "bug":
        raise ValueError(f"a fault\nin {rest}")
    if kind == "kill" or (kind == "once" and _first_time(Path(rest))):
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "parent" and _first_time(Path(rest)):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    if kind == "segfault":
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "exit":
        sys.exit(3)
    if kind == "memory":
        raise MemoryError("no room")
    if kind == "unpicklable":
        return lambda: how  # type: ignore[return-value]
    return f"did {how}"


def _first_time(folder: Path) -> bool:
    try:
        (folder / "begun").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def environment(name: str) -> tuple[str | None, int]:
    """A variable, and the process."""
    return os.environ.get(name), os.getpid()


def sleep_with_pid(folder: str) -> None:
    """Say which process this is, and do not end."""
    (Path(folder) / f"{os.getpid()}.pid").touch()
    time.sleep(600)


def log_and_double(job: tuple[str, int, float]) -> int:
    """Add a line to the file *job[0]* for each call, wait, and double a number."""
    path, number, seconds = job
    with Path(path).open("a", encoding="utf-8") as stream:
        stream.write(f"{number}\n")
    time.sleep(seconds)
    return 2 * number


class Remembers:
    """Counts how often its copy in a process was called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, item: int) -> tuple[int, int]:
        self.calls += 1
        return os.getpid(), self.calls
