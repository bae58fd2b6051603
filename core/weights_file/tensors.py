"""Named tensors of a file, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs
import torch
from torch import Tensor

__all__ = ["Entry", "Tensors"]


@attrs.frozen(kw_only=True, eq=False)
class Entry:
    """One tensor: its shape and type are known, its numbers are read by ``make``."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    make: Callable[[], Tensor]

    @classmethod
    def of(cls, tensor: Tensor) -> Entry:
        """An entry for a tensor that is there already."""
        return cls(shape=tuple(tensor.shape), dtype=tensor.dtype, make=lambda: tensor)

    def then(self, change: Callable[[Tensor], Tensor]) -> Entry:
        """The entry for the changed tensor; *change* sees a stand-in first, for the shape."""
        one = change(torch.zeros((), dtype=self.dtype).expand(self.shape))
        return Entry(shape=tuple(one.shape), dtype=one.dtype, make=lambda: change(self.make()))


class Tensors(Mapping[str, Tensor]):
    """A mapping of names to tensors that reads a tensor only when it is looked up.

    Nothing is kept: hold on to what you look up, and let go of it. Tensors of a mapped file share
    its memory and must not be written to.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        """Make a mapping of *entries*; use :meth:`of` for tensors that are there already."""
        self._entries = dict(entries)

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Tensors:
        """The same names and tensors."""
        if isinstance(tensors, cls):
            return tensors
        return cls({name: Entry.of(tensor) for name, tensor in tensors.items()})

    def __getitem__(self, name: str) -> Tensor:
        """The tensor called *name*, read now."""
        return self._entries[name].make()

    def __iter__(self) -> Iterator[str]:
        """The names, in the file's order."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        """Whether there is a tensor of that name; nothing is read."""
        return name in self._entries

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape; nothing is read."""
        return {name: entry.shape for name, entry in self._entries.items()}

    @property
    def dtypes(self) -> dict[str, torch.dtype]:
        """Name -> type of the numbers; nothing is read."""
        return {name: entry.dtype for name, entry in self._entries.items()}

    @property
    def nbytes(self) -> int:
        """Bytes that all of them take."""
        return sum(
            torch.Size(entry.shape).numel() * entry.dtype.itemsize
            for entry in self._entries.values()
        )

    def under(self, part: str) -> Tensors:
        """Those whose name starts with ``part.``, without it; all of them for an empty part."""
        start = f"{part}." if part else ""
        return self._chosen(lambda name: name[len(start) :] if name.startswith(start) else None)

    def without_prefix(self, prefix: str) -> Tensors:
        """All of them, *prefix* (such as ``module.``) removed where a name starts with it."""
        return self._chosen(lambda name: name.removeprefix(prefix))

    def renamed(self, rename: Callable[[str], str | None]) -> Tensors:
        """Those for which *rename* gives a new name; None leaves one out."""
        return self._chosen(rename)

    def changed(self, change: Callable[[str, Tensor], Tensor]) -> Tensors:
        """All of them, each passed through *change*: a function of its name, shape and numbers.

        To learn the new shapes it is called at once, with tensors of zeros; views cost nothing.
        """
        return Tensors(
            {name: entry.then(_bound(change, name)) for name, entry in self._entries.items()}
        )

    def joined(self, other: Mapping[str, Tensor]) -> Tensors:
        """Both; *other* counts where a name is in both."""
        return Tensors({**self._entries, **Tensors.of(other)._entries})

    def _chosen(self, rename: Callable[[str], str | None]) -> Tensors:
        names = ((rename(name), entry) for name, entry in self._entries.items())
        return Tensors({name: entry for name, entry in names if name is not None})


def _bound(change: Callable[[str, Tensor], Tensor], name: str) -> Callable[[Tensor], Tensor]:
    return lambda tensor: change(name, tensor)
