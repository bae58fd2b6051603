"""The process of the local engine that does the work."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.engine.api import Failure
from styletalker.core.engine.one_thread import set_one_thread
from styletalker.core.errors import StyletalkerError

__all__ = ["READY", "Fault", "attempt", "serve"]

READY = b"ready"
"""What a process says when it can work."""
_MEMORY_BLAME = "800"
"""Of the kernel's -1000 to 1000: when memory runs out it ends a worker, which costs one item, and
not the process that asked."""


@attrs.frozen
class Fault:
    """An exception that is no user's mistake, as another process tells it."""

    text: str
    """Its type and its message, in one line."""
    trace: str
    """The traceback."""


def attempt(work: Callable[[Any], Any], item: bytes) -> bytes:
    """The pickled result of *work* on a pickled item, or a :class:`Failure` or :class:`Fault`."""
    try:
        return pickle.dumps(work(pickle.loads(item)))  # noqa: S301 (made by our own process)
    except StyletalkerError as error:
        return pickle.dumps(Failure.of(error))
    except MemoryError as error:
        text = " ".join(f"memory ran out: {error}".split()).rstrip(":")
        return pickle.dumps(Failure(text, crashed=True))
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return pickle.dumps(Fault(text, traceback.format_exc()))


def serve(pipe: Connection) -> None:
    """Get the work once and then items, and send back results, until the pipe closes."""
    for one in (signal.SIGINT, signal.SIGTERM):  # go to a whole group; the one that asked decides
        signal.signal(one, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_MEMORY_BLAME, encoding="ascii")
    with contextlib.suppress(EOFError, OSError):
        try:
            work = pickle.loads(pipe.recv_bytes())  # noqa: S301
        except (ImportError, AttributeError, TypeError, pickle.UnpicklingError) as error:
            pipe.send_bytes(f"{type(error).__name__}: {error}".encode())
            return
        set_one_thread()
        pipe.send_bytes(READY)
        while True:
            pipe.send_bytes(attempt(work, pipe.recv_bytes()))


def _end_with_parent() -> None:
    """A process whose parent was killed must not go on writing where a successor writes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
