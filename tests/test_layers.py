"""Imports point one way: dino -> charlm <- shakespeare, and names need no deep learning framework."""

import ast
import importlib.util
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import charlm

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


def test_what_is_language_knows_no_run_and_needs_numpy_alone():
    for path in sorted(Path(charlm.__file__).parent.glob("*.py")):
        found = set(modules_imported(path))
        assert not any(name.startswith("charlm.run") for name in found), path
        others = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)
        assert others <= {"charlm", "numpy"}, path


def modules_imported(path):
    """The modules that a file imports, by their whole names, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_imports_go_in_a_circle():
    root = Path(charlm.__file__).parents[1]
    files = [path for package in FORBIDDEN for path in modules(package)]
    names = {".".join(path.relative_to(root).with_suffix("").parts): path for path in files}
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    graph = {name: {other for other in at_once(path) if other in names} for name, path in names.items()}
    TopologicalSorter({name: others - {name} for name, others in graph.items()}).prepare()


def at_once(path):
    """What a file imports when it is loaded itself: at its top level, for more than types."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
