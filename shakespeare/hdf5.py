"""Arrays from an untrusted HDF5 file: no link is followed, nothing is decompressed.

Every array must lie in the file as it is, so what is allocated is never more than what was stored. Whatever
does not fit is a ValueError, to which the caller adds the file and the remedy.
"""

import math
from typing import Any

import h5py
import numpy as np

from shakespeare.weights import Array

Shape = tuple[int, ...]


def child(group: Any, name: str) -> Any:  # noqa: ANN401 - h5py has no types
    """The group's member of this name, or None.

    Raises:
        ValueError: if it is a link that could lead elsewhere, or the name is a path, which could go over one.
    """
    if "/" in name:
        raise ValueError(f"{name!r} is a path, where a name is wanted")
    link = group.get(name, getlink=True)
    if link is not None and not isinstance(link, h5py.HardLink):
        raise ValueError(f"{name} is a link, and links are never followed")
    return None if link is None else group[name]


def find(group: Any, *names: str) -> Any:  # noqa: ANN401
    """The member at the end of a path of groups, or None.

    Raises:
        ValueError: if a link is on the way.
    """
    for name in names:
        group = child(group, name) if isinstance(group, h5py.Group) else None
    return group


def array(group: Any, name: str, shape: Shape, called: str) -> Array:  # noqa: ANN401
    """A finite float32 array, read once its shape and its stored size are known to fit.

    Args:
        group: where it stands; None if there is no such group.
        name: its name there.
        shape: what it must have.
        called: what to call it in a message.

    Raises:
        ValueError: if it is missing, of another shape or type, not stored plainly, or not finite.
    """
    dataset = find(group, name)
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"the weights {called} are missing")
    layout = dataset.id.get_create_plist()
    plain = layout.get_layout() == h5py.h5d.CONTIGUOUS and not layout.get_external_count()
    if not plain:  # checked first: a virtual dataset's shape may come from another file
        raise ValueError(f"the weights {called} are not stored plainly in the file")
    if dataset.shape != shape or dataset.dtype != np.float32:
        raise ValueError(
            f"the weights {called} must be {shape} of float32, but are {dataset.shape} of {dataset.dtype}"
        )
    if dataset.id.get_storage_size() != 4 * math.prod(shape):
        raise ValueError(f"the weights {called} are not stored plainly in the file")
    values: Array = dataset[...]
    if not np.isfinite(values).all():
        raise ValueError(f"the weights {called} hold numbers that are not finite")
    return values
