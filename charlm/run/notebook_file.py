"""Writing a Jupyter notebook from texts and code."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

from charlm.errors import WrongCall, require_ending
from charlm.run.files import is_there, replacing

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def text(markdown: str) -> Any:  # noqa: ANN401 - nbformat has no types, here and below
    """A cell to read."""
    return v4.new_markdown_cell(markdown)  # type: ignore[no-untyped-call]


def code(source: str) -> Any:  # noqa: ANN401
    """A cell to run."""
    return v4.new_code_cell(source)  # type: ignore[no-untyped-call]


def notebook(cells: Sequence[Any]) -> Any:  # noqa: ANN401
    """A notebook of these cells, whose ids are the same each time: a new version shows only what changed."""
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return v4.new_notebook(cells=list(cells), metadata=metadata)  # type: ignore[no-untyped-call]


def write_new(path: Path, make: Callable[[], Any]) -> None:
    """Write a notebook where nothing is yet.

    Args:
        path: where to.
        make: makes the notebook.

    Raises:
        WrongCall: if the path is no notebook's, or something is there.
        OutputError: if it cannot be written.
    """
    require_ending("the notebook", path, (".ipynb",))
    if is_there(path):
        raise WrongCall(f"{path} is there already; move it away, or give another name")
    written = nbformat.writes(make())  # type: ignore[no-untyped-call]
    with replacing(path) as temporary:
        temporary.write_text(written + "\n", encoding="utf-8")
