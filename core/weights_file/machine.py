"""A reader of pickles that runs nothing: data in, data out, everything else refused.

The standard unpickler calls whatever a file names. This one knows a fixed list of names, each with
an inert stand-in, and the instructions that build tuples, lists, mappings and sets. Keys are
scalars only, so that no crafted value is hashed; large byte strings stay views of the mapped file.
"""

from __future__ import annotations

import mmap
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import attrs
from styletalker.core.errors import CheckpointError

__all__ = ["Known", "Machine", "Mapped", "Stateful"]

_VIEW_FROM = 256
"""Bytes from which on a byte string is a view of the file, not a copy."""
_LONGEST = 128
"""Bits of a whole number; torch's magic number has 77."""
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: Mapping[str, Callable[[], Any]] = {
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_LITERALS = frozenset(
    {"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"}
    | {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
)
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_KEYS = (str, int, float, type(None))


class Mapped:
    """A file, or a part of one, as a stream whose long reads are views."""

    def __init__(self, data: memoryview | mmap.mmap) -> None:
        """Read from the start of *data*."""
        self.data = memoryview(data)
        self._position = 0

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def read(self, size: int) -> Any:
        """The next *size* bytes, or as many as there are; a view if they are many."""
        part = self.data[self._position : self._position + max(size, 0)]
        self._position += len(part)
        return part if size >= _VIEW_FROM else bytes(part)

    def readline(self) -> bytes:
        """Up to the next line feed, which must not be far."""
        part = bytes(self.data[self._position : self._position + 1024])
        line = part[: part.find(b"\n") + 1]
        self._position += len(line)
        return line


@attrs.frozen(eq=False)
class Known:
    """A name that a file may use, and what stands for it."""

    name: str
    stand_in: Callable[..., Any]


class Stateful:
    """What a stand-in gives if the file sets its state afterwards."""

    def set_state(self, state: object) -> None:
        """Take the state; raise ValueError if it is not what it should be."""
        raise NotImplementedError

    def __setstate__(self, state: object) -> None:
        """What torch's own reader calls."""
        self.set_state(state)


class _Mark:
    """Stands on the stack where a group of items begins."""


_MARK = _Mark()


class Machine:
    """Reads one pickle after the other from a stream."""

    def __init__(
        self,
        stream: Mapped,
        label: str,
        known: Mapping[str, Callable[..., Any]],
        persistent: Callable[[Any], Any] | None = None,
    ) -> None:
        """Make a reader.

        Args:
            stream: where it reads.
            label: the file, for messages.
            known: dotted name -> its stand-in; any other name is refused.
            persistent: gives what a persistent id stands for; None refuses them.
        """
        self._stream, self._label, self._persistent = stream, label, persistent
        self._known = {name: Known(name, stand_in) for name, stand_in in known.items()}
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The next value.

        Raises:
            CheckpointError: it names something that is not known, uses an instruction that data
                does not need, or is damaged.
        """
        self._stack, self._memo = [], {}
        try:
            for code, argument, _ in pickletools.genops(self._stream):  # type: ignore[arg-type]
                if code.name == "STOP":
                    return self._pop()
                self._step(code.name, argument)
        except CheckpointError:
            raise
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError) as error:
            text = " ".join(str(error).split())[:200] or type(error).__name__
            raise CheckpointError(f"{self._label}: is damaged: {text}") from error
        raise CheckpointError(f"{self._label}: is damaged: it ends too early")

    def _step(self, name: str, argument: Any) -> None:
        if name in _LITERALS:
            if type(argument) is int and argument.bit_length() > _LONGEST:
                raise ValueError("a number is far too long")
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            self._stack.append(_EMPTY[name]())
        elif name in _GETS:
            self._stack.append(self._memo[int(argument)])
        elif name in _PUTS:
            self._memo[int(argument)] = self._top()
        elif name not in ("PROTO", "FRAME"):
            step = getattr(self, f"_do_{name.lower()}", None)
            if step is None:
                self._refuse(f"its pickle uses the instruction {name}, which weights do not need")
            step(argument)

    def _refuse(self, reason: str) -> NoReturn:
        raise CheckpointError(f"{self._label}: is refused: {reason}")

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise ValueError("a group has no items")
        return value

    def _top(self) -> Any:
        if self._stack[-1] is _MARK:
            raise ValueError("a group has no items")
        return self._stack[-1]

    def _group(self) -> list[Any]:
        """The items since the last mark, which are taken away with it."""
        items: list[Any] = []
        while (value := self._stack.pop()) is not _MARK:
            items.append(value)
        items.reverse()
        return items

    def _do_mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def _do_pop(self, _: Any) -> None:
        self._stack.pop()

    def _do_memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._top()

    def _do_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._group()))

    def _do_tuple1(self, _: Any) -> None:
        self._tuple(1)

    def _do_tuple2(self, _: Any) -> None:
        self._tuple(2)

    def _do_tuple3(self, _: Any) -> None:
        self._tuple(3)

    def _tuple(self, count: int) -> None:
        items = [self._pop() for _ in range(count)]
        self._stack.append(tuple(reversed(items)))

    def _do_append(self, _: Any) -> None:
        self._extend([self._pop()])

    def _do_appends(self, _: Any) -> None:
        self._extend(self._group())

    def _extend(self, items: list[Any]) -> None:
        target = self._top()
        if type(target) is not list:
            raise ValueError("items are added to something that is no list")
        target.extend(items)

    def _do_setitem(self, _: Any) -> None:
        value, key = self._pop(), self._pop()
        self._update([key, value])

    def _do_setitems(self, _: Any) -> None:
        self._update(self._group())

    def _update(self, items: list[Any]) -> None:
        target = self._top()
        if type(target) is not dict:
            raise ValueError("keys are set in something that is no mapping")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_scalar(key)] = value

    def _do_additems(self, _: Any) -> None:
        items, target = self._group(), self._top()
        if type(target) is not set:
            raise ValueError("items are added to something that is no set")
        target.update(_scalar(item) for item in items)

    def _do_global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._name(module, name)

    def _do_stack_global(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise ValueError("a name is no text")  # noqa: TRY004 (it means a damaged file)
        self._name(module, name)

    def _name(self, module: str, name: str) -> None:
        full = f"{module}.{name}"
        if full not in self._known:
            self._refuse(f"it names {full[:200]}, and only names of tensors and layers are allowed")
        self._stack.append(self._known[full])

    def _do_reduce(self, _: Any) -> None:
        arguments, called = self._pop(), self._pop()
        if not isinstance(called, Known) or type(arguments) is not tuple:
            self._refuse("its pickle calls something that has no name")
        self._stack.append(called.stand_in(*arguments))

    _do_newobj = _do_reduce

    def _do_build(self, _: Any) -> None:
        state, target = self._pop(), self._top()
        if isinstance(target, Stateful):
            target.set_state(state)
        elif type(target) is not dict:  # a mapping's attributes are of no use here
            self._refuse("its pickle sets attributes of something that has none")

    def _do_binpersid(self, _: Any) -> None:
        if self._persistent is None:
            self._refuse("its pickle refers to objects outside the file")
        self._stack.append(self._persistent(self._pop()))


def _scalar(key: Any) -> Any:
    if type(key) not in (*_KEYS, bool):
        raise ValueError("a key is no text or number")
    return key
