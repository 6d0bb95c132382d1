"""The one way to write a ``.keras`` file: by Keras, with a digest, in one step."""

import io
from pathlib import Path

import keras

from charlm.errors import OutputError
from charlm.files import replacing
from shakespeare import digest
from shakespeare.keras_file import LARGEST_FILE


class _Memory(io.BytesIO):
    """A file in memory that Keras takes for one with the right ending.

    Given a path, Keras may let HDF5 write beside it, and where a disk is full HDF5 ends the whole process.
    """

    def __str__(self) -> str:
        return "memory.keras"


def save(network: keras.Model, path: Path) -> None:
    """Write a network, with its optimizer's state if it has one; the old file stays if that fails.

    Raises:
        OutputError: if it cannot be written.
    """
    memory = _Memory()
    network.save(memory)
    digest.sign(memory)
    content = memory.getbuffer()
    if len(content) > LARGEST_FILE:
        raise OutputError(
            f"cannot write {path}: it would have {len(content):,} bytes, and a model file has at most "
            f"{LARGEST_FILE:,}; take fewer units or layers"
        )
    with replacing(path) as temporary:
        temporary.write_bytes(content)
