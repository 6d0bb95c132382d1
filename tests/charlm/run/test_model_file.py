"""Arrays in a checked file; what a model or a run keeps in one is tried with them."""

import hashlib
import json
import struct
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from charlm.errors import MissingFile, ModelFileError, OutputError
from charlm.run.model_file import LARGEST_HEADER, FileFormat

BOX = FileFormat("box", "bring another", version=3, largest=2**21)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "box.safetensors"
    BOX.write(path, {"a": np.arange(6.0).reshape(2, 3), "b": np.frombuffer(b"text", np.uint8)})
    return path


def refused(path, box=BOX, **options):
    with pytest.raises(ModelFileError) as caught:
        box.read(path, **options)
    told = str(caught.value)
    assert told.startswith(f"{path} ") and "\n" not in told
    return told


def forged(path, header, content=b""):
    """A file of this header."""
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)


@given(
    arrays.arrays(
        st.sampled_from(["f8", "f4", "i8", "i4", "u1", "u4", "u8", "?"]),
        arrays.array_shapes(min_dims=0, min_side=0, max_dims=3),
    )
)
def test_what_is_read_is_what_was_written(tmp_path_factory, array):
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    BOX.write(path, {"array": array, "turned": array.T})
    for name, wanted in (("array", array), ("turned", array.T)):
        found = BOX.read(path)[name]
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        assert found.tobytes() == wanted.tobytes()


WRITE = """
import sys
from pathlib import Path
import numpy as np
from charlm.run.model_file import FileFormat
arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.frombuffer(b"text", np.uint8)}
FileFormat("box", "", 3).write(Path(sys.argv[1]), arrays)
"""


def test_equal_arrays_give_equal_bytes_in_every_run(path):
    other = path.with_name("other.safetensors")
    subprocess.run([sys.executable, "-c", WRITE, other], check=True)
    assert other.read_bytes() == path.read_bytes()


def test_any_program_reads_it(path):
    assert safetensors.numpy.load_file(path)["a"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_every_flipped_bit_and_every_cut_is_refused(path, flipping):
    whole = path.read_bytes()
    for _ in flipping(path, range(8 * len(whole))):
        refused(path)
    assert path.read_bytes() == whole
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        refused(path)


def test_arrays_that_could_not_be_read_again_are_not_written(path):
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"it would have .* bytes, and a box has at most 2,097,152"):
        BOX.write(path, {"a": np.zeros(2**18)})
    assert path.read_bytes() == before
    assert "bytes, more than the 100 of any box" in refused(path, FileFormat("box", "", 3, largest=100))


def test_what_it_is_must_be_what_is_wanted(path):
    with pytest.raises(MissingFile, match=r"there is no box .*none; bring another"):
        BOX.read(path.with_name("none"))
    assert "is a 'box', not a crate; burn it" in refused(path, FileFormat("crate", "burn it"))
    assert "is of format 3, and this program reads up to 2; install" in refused(
        path, FileFormat("box", "", 2)
    )
    assert "it has no array 'c'" in refused(path, names={"a", "b", "c"})
    assert "it has an array 'b'" in refused(path, names={"a"})
    assert "has an array 'a' of 6 numbers, where 5 are the most" in refused(path, most={"a": 5, "c": 1})


ABOUT = {"kind": "box", "version": 3, "sha256": "0" * 64}


@pytest.mark.parametrize(
    "about",
    [
        {},
        [],
        "",
        ABOUT | {"version": 0},
        ABOUT | {"version": "3"},
        ABOUT | {"version": True},
        ABOUT | {"sha256": ""},
        ABOUT | {"sha256": 5},
        ABOUT | {"sha256": "x" * 64},
    ],
)
def test_a_description_that_is_none(path, about):
    forged(path, {"__metadata__": {"charlm": json.dumps(about)}})
    refused(path)


@pytest.mark.parametrize("header", [[], None, 5, {}, {"__metadata__": 5}, {"__metadata__": {"charlm": "["}}])
def test_a_header_that_is_none(path, header):
    forged(path, header)
    refused(path)


def test_a_header_of_many_arrays_is_refused_unread(path):
    empty = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    forged(path, {f"t{number}": empty for number in range(20_000)})
    assert f"{LARGEST_HEADER:,} are the most" in refused(path)


def signed(path, header, content=b""):
    """A file of this header with a digest that fits."""
    text = json.dumps({"__metadata__": {"charlm": json.dumps(ABOUT)}} | header).encode()
    whole = struct.pack("<Q", len(text)) + text + content
    digest = hashlib.sha256(whole).hexdigest().encode()
    path.write_bytes(whole.replace(b"0" * 64, digest, 1))


@pytest.mark.parametrize(
    ("array", "content"),
    [
        ({"dtype": "F64", "shape": [10**12], "data_offsets": [0, 8]}, bytes(8)),
        ({"dtype": "F64", "shape": [2**62, 2**62], "data_offsets": [0, 0]}, b""),
        ({"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}, bytes(2)),
        ({"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]}, bytes(8)),
        ({"dtype": "F64", "shape": [1], "data_offsets": [8, 16]}, bytes(16)),
        ({"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}, bytes(9)),
        ({"dtype": "F64"}, b""),
    ],
)
def test_an_array_that_its_bytes_are_not_is_refused_whoever_signed_it(path, array, content):
    signed(path, {"good": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}})
    assert set(BOX.read(path)) == {"good"}
    signed(path, {"bad": array}, content)
    refused(path)
