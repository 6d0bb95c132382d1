"""The one way to write a ``.keras`` file: as Keras does, with a digest, in one step."""

import io
import json
import zipfile
from pathlib import Path

import keras

from charlm.errors import OutputError
from charlm.run.files import replacing
from shakespeare.archive import sign
from shakespeare.keras_file import CONFIG, LARGEST_FILE, METADATA, WEIGHTS


class _Memory(io.BytesIO):
    """A file in memory whose name ends as Keras expects.

    Given a path, HDF5 would write the file itself, and where a disk is full it ends the whole process.
    """

    def __str__(self) -> str:
        return f"memory.{WEIGHTS}"


def save(network: keras.Model, path: str | Path) -> None:
    """Write a network, with its optimizer's state if it has one; the old file stays if that fails.

    Raises:
        OutputError: if it cannot be written.
    """
    content = _packed(network).getbuffer()
    if len(content) > LARGEST_FILE:
        raise OutputError(
            f"cannot write {path}: it would have {len(content):,} bytes, and a model file has at most "
            f"{LARGEST_FILE:,}; take fewer units or layers"
        )
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(content)


def _packed(network: keras.Model) -> io.BytesIO:
    """What ``network.save`` writes, without the date: equal networks give equal bytes on any day.

    (Keras dates one of the parts, and a zip archive has no date before 1980 or after 2107.)
    """
    weights, packed = _Memory(), io.BytesIO()
    network.save_weights(weights)
    texts = {
        METADATA: {"keras_version": keras.__version__},
        CONFIG: keras.saving.serialize_keras_object(network),
    }
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in texts.items():
            with archive.open(name, "w") as part:
                part.write(json.dumps(text).encode())
        with archive.open(WEIGHTS, "w") as part:
            part.write(weights.getbuffer())
    sign(packed)
    return packed
