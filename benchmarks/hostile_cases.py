"""Damaged and hostile model files, each made from a good one: for ``hostile_files.py`` and for the tests."""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import safetensors.numpy
from hostile_archives import HOLE, Case, archives, cut, flipped, hole, pack, parts
from safetensors import safe_open

from dino.names_model import FORMAT, LARGEST_ABOUT
from shakespeare.keras_file import CONFIG, LARGEST_FILE, WEIGHTS


def rearranged(change: Callable[[dict[str, Any]], object], good: Path, path: Path) -> None:
    """Arrays changed, and the digest made anew."""
    arrays = FORMAT.read(good)
    change(arrays)
    FORMAT.write(path, arrays)


def forged(change: Callable[[dict[str, Any]], object], good: Path, path: Path) -> None:
    """Arrays changed, and the metadata, digest and all, left as they were."""
    with safe_open(good, "np") as file:
        metadata, arrays = file.metadata(), file.get_tensors()
    change(arrays)
    path.write_bytes(safetensors.numpy.save(arrays, metadata))


def headed(change: Callable[[dict[str, Any]], object], good: Path, path: Path) -> None:
    """A header changed, and the digest made anew."""
    content = good.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    about = json.loads(header["__metadata__"]["charlm"]) | {"sha256": "0" * 64}
    header["__metadata__"]["charlm"] = json.dumps(about)
    change(header)
    text = json.dumps(header).encode()
    content = len(text).to_bytes(8, "little") + text + content[8 + size :]
    digest = hashlib.sha256(content).hexdigest().encode()
    path.write_bytes(content.replace(b"0" * 64, digest, 1))


def empties(count: int) -> Callable[[dict[str, Any]], object]:
    """So many arrays without a number."""
    empty = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    return lambda header: header.update({f"t{number}": empty for number in range(count)})


def hidden(arrays: dict[str, Any]) -> None:
    """The description tells of 200,000 hidden units."""
    about = json.loads(arrays["about"].tobytes()) | {"hidden_size": 200_000}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)


def lists(size: int) -> Callable[[dict[str, Any]], object]:
    """A description of so many bytes that is a list of empty lists, which takes twenty times as many."""
    return lambda arrays: arrays.update(
        about=np.frombuffer(b"[" + b"[]," * (size // 3 - 1) + b"0]", np.uint8)
    )


def alphabet(arrays: dict[str, Any]) -> None:
    """The description tells of 20,000 characters."""
    about = json.loads(arrays["about"].tobytes()) | {
        "vocabulary": "".join(map(chr, range(2**16, 2**16 + 20_000)))
    }
    arrays["about"] = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), np.uint8)


def before(good: Path, path: Path) -> None:
    """The form that earlier versions wrote."""
    with path.open("wb") as file:
        np.savez(file, version=np.array([1]))


def newer_names(good: Path, path: Path) -> None:
    """A format that is not there yet."""
    replace(FORMAT, version=2).write(path, FORMAT.read(good))


def sparse(size: int, good: Path, path: Path) -> None:
    """The good file, and a hole behind it."""
    path.write_bytes(good.read_bytes())
    os.truncate(path, size)


B = "output_bias"
NAMES = [
    Case("empty", "is not a model", lambda good, path: path.write_bytes(b"")),
    Case("a text", "its header claims", lambda good, path: path.write_bytes(b"To be " * 99)),
    Case("a file of before", "such as earlier versions wrote", before),
    Case("cut short", "cut short or altered", cut),
    Case("one bit flipped", "digest does not", flipped),
    Case("500,000 arrays", "1,048,576 are the most", partial(headed, empties(500_000))),
    Case("10,000 arrays", "it has an array 't0'", partial(headed, empties(10_000))),
    Case("sparse, 8 GiB", f"more than the {FORMAT.largest:,} of any", partial(sparse, HOLE), True),
    Case("sparse, as large as allowed", "digest does not", partial(sparse, FORMAT.largest), True),
    Case("an array too many", "it has an array 'notes'", partial(rearranged, lambda a: a.update(notes=a[B]))),
    Case("another shape", f"{B} must be", partial(rearranged, lambda a: a.update({B: a[B].T}))),
    Case("another type", "of float32", partial(rearranged, lambda a: a.update({B: a[B].astype("f4")}))),
    Case("another name", "it has an array 'bias'", partial(rearranged, lambda a: a.update(bias=a.pop(B)))),
    Case("NaN weights", "or no numbers", partial(rearranged, lambda a: a.update({B: a[B] * np.nan}))),
    Case("altered, the old digest", "digest does not", partial(forged, lambda a: a.update({B: a[B] + 1}))),
    Case("asks for 8 TB", "invalid shape", partial(headed, lambda h: h[B].update(shape=[10**12]))),
    Case("asks for 200,000 units", "must be (200000,", partial(rearranged, hidden)),
    Case("a newer format", "install a newer", newer_names),
    Case(
        "a description of 100 MiB",
        "'about' of 104,857,",
        partial(rearranged, lists(100 * 2**20)),
    ),
    Case(
        "a description as long as allowed",
        "list indices must",
        partial(rearranged, lists(LARGEST_ABOUT - 200)),
    ),
    Case("20,000 characters", "10,000 are the most", partial(rearranged, alphabet)),
]


def configured(change: Callable[[dict[str, Any]], object], good: Path, path: Path) -> None:
    """The config says something else."""
    whole = json.loads(parts(good)[CONFIG])
    change(whole)
    pack(path, parts(good) | {CONFIG: json.dumps(whole).encode()})


def weighted(change: Callable[[h5py.Group], object], good: Path, path: Path) -> None:
    """Something else stands in the group of the output layer's arrays, kernel ``0`` and bias ``1``."""
    content = io.BytesIO(parts(good)[WEIGHTS])
    with h5py.File(content, "r+") as file:
        change(file["head/vars"])
    pack(path, parts(good) | {WEIGHTS: content.getvalue()})


def bias(value: Callable[[Any], Any]) -> Callable[[Path, Path], None]:
    """Another bias of the output layer."""

    def change(head: h5py.Group) -> None:
        old = head["1"][...]
        del head["1"]
        head["1"] = value(old)

    return partial(weighted, change)


def gzipped(head: h5py.Group) -> None:
    """An array that h5py would have to unpack."""
    del head["1"]
    head.create_dataset("1", shape=(2**33,), dtype=np.float32, chunks=(2**20,), compression="gzip")


def virtual(head: h5py.Group) -> None:
    """An array that is another file's."""
    layout = h5py.VirtualLayout(shape=head["1"].shape, dtype=np.float32)
    layout[...] = h5py.VirtualSource("/etc/passwd", "weights", shape=head["1"].shape)
    del head["1"]
    head.create_virtual_dataset("1", layout)


def code(whole: dict[str, Any]) -> None:
    """A layer that holds code."""
    whole["config"]["about"] = {"layers": [{"class_name": "Lambda", "config": {"function": "import os"}}]}


def vast(good: Path, path: Path) -> None:
    """All that a file may be large, nearly all of it nothing, with a config that allows it."""
    whole = json.loads(parts(good)[CONFIG])
    whole["config"]["units"] = 4096
    rest = {CONFIG: json.dumps(whole).encode()}
    hole(WEIGHTS, LARGEST_FILE - 2**20, parts(good)[WEIGHTS][:100], rest, path)


def newer(good: Path, path: Path) -> None:
    """A format that is not there yet."""
    pack(path, parts(good) | {"digest.json": json.dumps({"format": 2, "sha256": "0"}).encode()})


def altered(good: Path, path: Path) -> None:
    """Another bias, every checksum mended, and the digest left as it was."""
    bias(lambda old: old + 1)(good, path)
    with zipfile.ZipFile(good) as archive:
        pack(path, parts(path) | {"digest.json": archive.read("digest.json")})


UNITS = "its units is 200000, not from 1 to 4,096"
POEMS = [
    *archives(WEIGHTS, f"more than the {LARGEST_FILE:,} of any"),
    Case("sparse, as large as allowed", "Bad CRC-32", vast, True),
    Case("another shape", "must be", bias(lambda old: old[None])),
    Case("another type", "of float64", bias(lambda old: old.astype(float))),
    Case("another name", "head/1 are missing", partial(weighted, lambda head: head.move("1", "7"))),
    Case("NaN weights", "not finite", bias(lambda old: old * np.nan)),
    Case("altered, checksums mended", "digest does not", altered),
    Case("a Lambda layer", "Lambda layer", partial(configured, code)),
    Case("a link to another file", "links are never", bias(lambda _: h5py.ExternalLink("/etc/passwd", "a"))),
    Case("an array of another file", "not stored plainly", partial(weighted, virtual)),
    Case("an array to unpack, 32 GiB", "not stored plainly", partial(weighted, gzipped)),
    Case("no HDF5", "no HDF5 file", lambda good, path: pack(path, parts(good) | {WEIGHTS: b"weights"})),
    Case(
        "weights as no config asks",
        "are the most",
        lambda good, path: hole(WEIGHTS, 2**27, b"", {CONFIG: parts(good)[CONFIG]}, path),
        True,
    ),
    Case(
        "a config of 2 MiB",
        "1,048,576 are the most",
        partial(configured, lambda whole: whole.update(more="x" * 2**21)),
    ),
    Case(
        "asks for 200,000 units",
        UNITS,
        partial(configured, lambda whole: whole["config"].update(units=200_000)),
    ),
    Case(
        "another class",
        "of class 'Sequential'",
        partial(configured, lambda whole: whole.update(class_name="Sequential")),
    ),
    Case("a newer format", "install a newer", newer),
]
