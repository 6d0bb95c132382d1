"""The digest of a ``.keras`` file: a part that Keras passes over, made from all others."""

import hashlib
import json
import zipfile
from typing import IO

from charlm.run.archive import CHUNK, Archive

NAME = "digest.json"
FORMAT = 1
"""Of what is written, and the newest that is read."""

_LARGEST = 1000  # bytes of that part


def of(archive: zipfile.ZipFile) -> str:
    """The SHA-256 over all parts but the digest's own, which are looked through and not kept."""
    digest = hashlib.sha256()
    for member in sorted(archive.infolist(), key=lambda member: member.filename):
        if member.filename != NAME:
            digest.update(f"{member.filename} {member.file_size}\n".encode())
            with archive.open(member) as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()


def sign(file: IO[bytes]) -> None:
    """Add the digest to a file that has none; the other parts stay as they are."""
    with zipfile.ZipFile(file, "a") as archive:
        text = json.dumps({"format": FORMAT, "sha256": of(archive)})
        with archive.open(NAME, "w") as part:  # writestr would note the time
            part.write(text.encode())


def claimed(archive: Archive) -> str | None:
    """What a file says that its digest is; None if it says nothing, as one that Keras alone wrote.

    Raises:
        ModelFileError: if it is of a newer format, or what it says is no digest.
    """
    if NAME not in archive.sizes():
        return None
    archive.require_sizes({NAME: _LARGEST})
    try:
        said = json.loads(archive.zip.read(NAME))
        number, sha256 = said["format"], said["sha256"]
        if type(number) is not int or number < 1 or not isinstance(sha256, str) or not sha256:
            raise ValueError(f"format {number!r}, digest {sha256!r}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise archive.refused(f"has a {NAME} that cannot be read ({error!r})") from error
    archive.require_format(number, FORMAT)
    return sha256
