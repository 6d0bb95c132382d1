"""Imports point one way: dino -> charlm <- shakespeare, and names need no deep learning framework."""

import ast
import importlib.util
from pathlib import Path

import pytest

FORBIDDEN = {
    "charlm": {"dino", "shakespeare", "keras", "tensorflow", "h5py"},
    "dino": {"shakespeare", "keras", "tensorflow", "h5py"},
    "shakespeare": {"dino"},
}


def modules(package):
    folder = Path(importlib.util.find_spec(package).origin).parent
    return sorted(path for path in folder.rglob("*.py") if "bundled" not in path.parts)


def imported(path):
    """The top-level names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_import_points_the_wrong_way(package):
    found = {path.name: FORBIDDEN[package] & set(imported(path)) for path in modules(package)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert any("numpy" in imported(path) for path in modules(package))
