"""Damaged and hostile model files, each made from a good one: for ``hostile_files.py`` and for the tests."""

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hostile_archives import Case, archives, hole, pack, parts

from dino.names_model import FORMAT, LARGEST_ABOUT
from shakespeare.keras_file import CONFIG, LARGEST_FILE, WEIGHTS


def rearranged(change: Callable[[dict[str, Any]], object], good: Path, path: Path) -> None:
    """Arrays changed, and the digest made anew."""
    arrays = FORMAT.read(good)
    change(arrays)
    FORMAT.write(path, arrays)


def repacked(change: Callable[[dict[str, Any]], object], good: Path, path: Path) -> None:
    """Arrays changed, and the digest left as it was."""
    with np.load(good) as file:
        arrays = dict(file)
    change(arrays)
    with path.open("wb") as file:
        np.savez(file, **arrays)


def asks(good: Path, path: Path) -> None:
    """The header of an array tells of eight terabytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    pack(path, parts(good) | {"about.npy": header.getvalue()})


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


def zeros(good: Path, path: Path) -> None:
    """All that a file may be large, in zeros."""
    header = io.BytesIO()
    size = FORMAT.largest - 2**20
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
    rest = {name: part for name, part in parts(good).items() if name != "trained_on.npy"}
    hole("trained_on.npy", size + header.tell(), header.getvalue(), rest, path)


B = "output_bias"
NAMES = [
    *archives("recurrent_weights.npy", f"more than the {FORMAT.largest:,} of any"),
    Case("sparse, as large as allowed", "Bad CRC-32", zeros, True),
    Case("another shape", f"{B} must be", partial(rearranged, lambda a: a.update({B: a[B].T}))),
    Case("another type", "of float32", partial(rearranged, lambda a: a.update({B: a[B].astype("f4")}))),
    Case("another name", f"it has no {B!r}", partial(rearranged, lambda a: a.update(bias=a.pop(B)))),
    Case("NaN weights", "or no numbers", partial(rearranged, lambda a: a.update({B: a[B] * np.nan}))),
    Case("altered, checksums mended", "digest does not", partial(repacked, lambda a: a[B].fill(1))),
    Case("a pickled array", "pickled", partial(repacked, lambda a: a.update({B: np.array([{}])}))),
    Case("a header asks for 8 TB", "does not fit", asks),
    Case("asks for 200,000 units", "must be (200000,", partial(rearranged, hidden)),
    Case("a newer format", "install a newer", partial(repacked, lambda a: a["version"].fill(2))),
    Case(
        "a description of 100 MiB",
        "'about.npy' of 104,857,727 bytes",
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
