"""Arrays out of an HDF5 file that nobody vouches for: no link is followed, nothing is unpacked.

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
    """What stands in a group by this name; None if nothing does.

    Raises:
        ValueError: if it is a link that could lead elsewhere, or the name is a path, which could go over one.
    """
    if "/" in name:
        raise ValueError(f"{name!r} is a path, where a name is wanted")
    link = group.get(name, getlink=True)
    if link is not None and not isinstance(link, h5py.HardLink):
        raise ValueError(f"{name} is a link, and links are never followed")
    return None if link is None else group[name]


def descend(group: Any, *names: str) -> Any:  # noqa: ANN401
    """What stands at the end of a path of groups; None if nothing does.

    Raises:
        ValueError: if a link is on the way.
    """
    for name in names:
        group = child(group, name) if isinstance(group, h5py.Group) else None
    return group


def array(group: Any, name: str, shape: Shape, shown: str) -> Array:  # noqa: ANN401
    """A finite float32 array, once its shape and what is stored of it are known to fit.

    Args:
        group: where it stands; None if there is no such group.
        name: its name there.
        shape: what it must have.
        shown: what to call it in a message.

    Raises:
        ValueError: if it is missing, of another shape or type, not stored plainly, or not finite.
    """
    dataset = descend(group, name)
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"the weights {shown} are missing")
    layout = dataset.id.get_create_plist()
    plain = layout.get_layout() == h5py.h5d.CONTIGUOUS and not layout.get_external_count()
    if not plain:  # asked first: the shape of a virtual one may stand in another file
        raise ValueError(f"the weights {shown} are not stored plainly in the file")
    if dataset.shape != shape or dataset.dtype != np.float32:
        raise ValueError(
            f"the weights {shown} must be {shape} of float32, but are {dataset.shape} of {dataset.dtype}"
        )
    if dataset.id.get_storage_size() != 4 * math.prod(shape):
        raise ValueError(f"the weights {shown} are not stored plainly in the file")
    values: Array = dataset[...]
    if not np.isfinite(values).all():
        raise ValueError(f"the weights {shown} hold numbers that are not finite")
    return values
