"""YAML as a tree in which every value and every key knows where it was written.

Only data can be written: YAML 1.2 scalars, lists and mappings with text keys. Tags, merge
keys, repeated keys and self-referring anchors are faults, each with its position.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from styletalker.core.config.faults import KeyPath
from styletalker.core.errors import ConfigError, compose

__all__ = ["Node", "Position", "parse_yaml", "read_yaml"]

_MOST_BYTES = 1_000_000
"""A recipe is a page or two: a larger file is a mistake, such as a video by that name."""

_MOST_NODES = 50_000
"""Aliases can multiply a short file without end; this many values is no recipe."""

_TAG = "tag:yaml.org,2002:"
_KINDS = ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
"""What a recipe may hold; a timestamp is read as the text it is written as."""


@attrs.frozen
class Position:
    """Where something was written."""

    source: str
    """The file as the user named it, or the override."""
    line: int | None = None
    """Line, from 1; None for an override."""
    column: int | None = None
    """Column, from 1."""

    def __str__(self) -> str:
        """``file:line:column``."""
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


@attrs.define(kw_only=True)
class Node:
    """A value of a recipe: a scalar, a list of nodes or a mapping of names to nodes."""

    value: Any
    """None, bool, int, float, str, ``list[Node]`` or ``dict[str, Node]``."""
    position: Position
    """Where the value starts."""
    key: Position | None = None
    """Where its key stands, if it is in a mapping."""
    inherited: bool = False
    """Set for options inherited across a change of ``type:``: dropped if not known there."""

    def plain(self) -> Any:
        """The value without positions."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def find(self, path: KeyPath) -> tuple[Node, bool]:
        """The node at *path*, or the deepest one on the way; and whether it was reached."""
        node = self
        for part in path:
            inside = node.value
            if isinstance(inside, dict) and part in inside:
                node = inside[str(part)]
            elif isinstance(inside, list) and isinstance(part, int) and part < len(inside):
                node = inside[part]
            else:
                return node, False
        return node, True


def read_yaml(path: Path, shown: str | None = None) -> Node:
    """Read a recipe file.

    Args:
        path: the file.
        shown: how messages name it; by default as *path* is written.

    Raises:
        ConfigError: it cannot be read or is not valid YAML; with the position where known.
    """
    source = shown or str(path)
    try:
        if path.is_file() and path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{source}: too large for a recipe ({path.stat().st_size:,} bytes)")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: not a text file (byte {error.start} is not UTF-8)") from error
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read: {error.strerror}") from error
    return parse_yaml(text, source)


def parse_yaml(text: str, source: str, *, lines: bool = True) -> Node:
    """Parse a recipe's text; *source* names it in messages, with line and column if *lines*.

    Raises:
        ConfigError: it is not valid; one line per fault.
    """
    try:
        tree = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = str(_position(source, mark) if mark and lines else Position(source))
        context = f" {error.context}" if error.context else ""
        problem = " ".join(f"not valid YAML: {error.problem}{context}".split())
        raise ConfigError(compose(problem, where=where)) from error
    except YAMLError as error:
        problem = " ".join(str(error).split())
        raise ConfigError(compose(f"not valid YAML: {problem}", where=source)) from error
    if tree is None:
        raise ConfigError(f"{source}: is empty")
    reader = _Reader(source, lines)
    node = reader.node(tree, ())
    if reader.faults:
        raise ConfigError("\n".join(reader.faults))
    return node


class _Reader:
    """One pass over a composed YAML tree, collecting faults."""

    def __init__(self, source: str, lines: bool) -> None:
        self.source, self.lines = source, lines
        self.faults: list[str] = []
        self.count = 0

    def node(self, tree: Any, above: tuple[int, ...]) -> Node:
        position = self._position(tree)
        self.count += 1
        if self.count > _MOST_NODES:
            raise ConfigError(f"{position}: more than {_MOST_NODES:,} values; not a recipe")
        if id(tree) in above:
            self.faults.append(f"{position}: an anchor that contains itself is not allowed")
            return Node(value=None, position=position)
        above = (*above, id(tree))
        if str(tree.tag).removeprefix(_TAG) not in _KINDS:
            tag = str(tree.tag).replace(_TAG, "!!")
            self.faults.append(f"{position}: the tag {tag} is not allowed, only data is")
            return Node(value=None, position=position)
        if isinstance(tree, SequenceNode):
            items = [self.node(item, above) for item in tree.value]
            return Node(value=items, position=position)
        if isinstance(tree, MappingNode):
            return Node(value=self._mapping(tree, above), position=position)
        return Node(value=self._scalar(tree, position), position=position)

    def _mapping(self, tree: MappingNode, above: tuple[int, ...]) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key_tree, value_tree in tree.value:
            where = self._position(key_tree)
            kind = str(key_tree.tag).removeprefix(_TAG)
            if kind == "merge":
                self.faults.append(f"{where}: merge keys (<<) are not allowed; use extends:")
                continue
            if not isinstance(key_tree, ScalarNode):
                self.faults.append(f"{where}: a key must be a text")
                continue
            key = str(key_tree.value)
            if key in found:
                first = found[key].key
                self.faults.append(f"{where}: {key}: repeated key; it stands first at {first}")
                continue
            node = self.node(value_tree, above)
            node.key = where
            found[key] = node
        return found

    def _scalar(self, tree: ScalarNode, position: Position) -> Any:
        kind, text = str(tree.tag).removeprefix(_TAG), str(tree.value)
        try:
            if kind == "null":
                return None
            if kind == "bool":
                return text.lower() == "true"
            if kind == "int":
                based = text.lstrip("+-")[:2].lower() in ("0x", "0o", "0b")
                return int(text.replace("_", ""), 0 if based else 10)
            if kind == "float":
                special = text.lower().lstrip("+-") in (".inf", ".nan")
                return float(text.lower().replace(".", "" if special else ".").replace("_", ""))
        except ValueError:
            self.faults.append(f"{position}: {text!r} is not a valid {kind}")
        return text

    def _position(self, tree: Any) -> Position:
        return _position(self.source, tree.start_mark) if self.lines else Position(self.source)


def _position(source: str, mark: Any) -> Position:
    return Position(source, mark.line + 1, mark.column + 1)
