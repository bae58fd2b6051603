"""YAML is read as data with positions, and everything else in it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from styletalker.core.errors import ConfigError
from styletalker.core.recipe.nodes import parse_yaml, read_yaml


def test_scalars_follow_yaml_1_2() -> None:
    text = "[1e-3, 1_000, 0x1F, 0o17, 012, .5, -.inf, yes, true, ~, '1', 2001-01-01, +3, 1:30]"
    assert parse_yaml(text, "a").plain() == [
        *(0.001, 1000, 31, 15, 12, 0.5, -float("inf"), "yes", True, None, "1", "2001-01-01", 3),
        "1:30",
    ]


def test_positions_of_keys_and_values() -> None:
    tree = parse_yaml("a:\n  b: [1,\n      2]\n", "f.yaml")
    node, reached = tree.find(("a", "b", 1))
    assert (reached, str(node.position)) == (True, "f.yaml:3:7")
    assert str(tree.find(("a", "b"))[0].key) == "f.yaml:2:3"
    assert tree.find(("a", "x", 0)) == (tree.value["a"], False)


def test_aliases_are_values() -> None:
    assert parse_yaml("{a: &x [1], b: *x}", "f").plain() == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yaml: is empty"),
        ("# only a comment\n", "f.yaml: is empty"),
        (
            "a: [1, 2",
            "f.yaml:1:9: not valid YAML: expected ',' or ']', but got '<stream end>' "
            "while parsing a flow sequence",
        ),
        ("a: b: c", "f.yaml:1:5: not valid YAML: mapping values are not allowed here"),
        (
            "\ta: 1",
            "f.yaml:1:1: not valid YAML: found character '\\t' that cannot start any token "
            "while scanning for the next token",
        ),
        (
            "a: 1\n---\nb: 2",
            "f.yaml:2:1: not valid YAML: but found another document "
            "expected a single document in the stream",
        ),
        ("a: *b", "f.yaml:1:4: not valid YAML: found undefined alias 'b'"),
        ("a: 1\nb: 2\na: 3", "f.yaml:3:1: a: repeated key; it stands first at f.yaml:1:1"),
        ("a: &x [*x]", "f.yaml:1:4: an anchor that contains itself is not allowed"),
        ("<<: {a: 1}", "f.yaml:1:1: merge keys (<<) are not allowed; use extends:"),
        ("[1]: 2", "f.yaml:1:1: a key must be a text"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "f.yaml:1:4: the tag !!python/object/apply:os.system is not allowed, only data is",
        ),
        ("a: !!binary aGk=", "f.yaml:1:4: the tag !!binary is not allowed, only data is"),
        ("a: !mine 3", "f.yaml:1:4: the tag !mine is not allowed, only data is"),
    ],
)
def test_unreadable_yaml(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "f.yaml")
    assert str(caught.value) == message


def test_all_faults_of_a_file_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml("a: !x 1\nb: 1\nb: 2\n", "f")
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == ["f:1:4", "f:3:1"]


def test_an_alias_bomb_is_defused() -> None:
    lines = ["a0: &a0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(ConfigError, match=r"more than 50,000 values; not a recipe"):
        parse_yaml("\n".join(lines), "bomb.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    binary, large = tmp_path / "binary.yaml", tmp_path / "large.yaml"
    binary.write_bytes(b"a: \xff\xfe")
    large.write_bytes(b"#" * 1_000_001)
    for path, message in (
        (binary, "binary.yaml: not a text file (byte 3 is not UTF-8)"),
        (large, "large.yaml: too large for a recipe (1,000,001 bytes)"),
        (tmp_path / "none.yaml", "none.yaml: cannot be read: No such file or directory"),
    ):
        with pytest.raises(ConfigError) as caught:
            read_yaml(path, path.name)
        assert str(caught.value) == message
