"""Where text comes from: bundled, a path, or fetched once and checked.

A corpus is named by a path, by ``bundled``, or by one of the names in :data:`KNOWN`. A known one is taken
from the folder in the environment variable ``CHARLM_DATA``, else from the cache, else fetched into the
cache. Wherever it comes from, its SHA-256 is checked.
"""

import hashlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from charlm.errors import CorpusError, MissingFile, WrongCall
from charlm.run import fetching
from charlm.run.fetching import KnownFile
from charlm.run.files import is_file, read_bytes
from charlm.run.text_files import decode

COURSE_REPOSITORY = (
    "justinliu23/character-level-text-generation-lstm",
    "5206329489a3d5981cdf850c5b527a0b592b3242",
)
SONNETS_REPOSITORY = ("kumaarpranv/ursshakesp", "80fc3e62bdd2eac5ab1de2156b79ced7b87c03ee")

KNOWN = {
    "course": KnownFile(
        "dinos.txt",
        "ad6465621cf56c08f71d4fbb40cf7eab763f9df42c54cc460d6c4d86e9c927fb",
        19_909,
        ((*COURSE_REPOSITORY, "dinos.txt"),),
        "the course's 1,536 dinosaur names",
    ),
    "names": KnownFile(
        "names.txt",
        "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
        228_145,
        (("karpathy/makemore", "988aa59e4d8fefa526d06f3b453ad116258398d4", "names.txt"),),
        "32,033 given names",
    ),
    "sonnets": KnownFile(
        "shakespeare.txt",
        "1b454b67b44e6f367c83a17ed295c46c5d4a1173cf5d09161882af4041bae023",
        94_275,
        ((*COURSE_REPOSITORY, "shakespeare.txt"), (*SONNETS_REPOSITORY, "shakespeare.txt")),
        "Shakespeare's Sonnets, as the course has them",
    ),
    "plays": KnownFile(
        "tinyshakespeare.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        1_115_394,
        (
            (
                "karpathy/char-rnn",
                "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e",
                "data/tinyshakespeare/input.txt",
            ),
        ),
        "1.1 million characters of Shakespeare's plays",
    ),
}


STANDARD_INPUT = "-"
"""The source that is read from standard input."""


@dataclass(frozen=True, repr=False)
class Corpus:
    """A text and where it came from.

    Attributes:
        text: the characters, with every line ended by a newline alone and without a byte order mark.
        source: the name or path that it was asked for by.
        sha256: the digest of the bytes that it was read from.
    """

    text: str
    source: str
    sha256: str

    def __repr__(self) -> str:
        """One short line, however long the text is."""
        return f"Corpus({len(self.text):,} characters from {self.source!r})"


def bundled(name: str) -> Path:
    """The path of a file that ships with the project, such as ``data/dinosaurs.txt``.

    An installed wheel has these files inside the package; a clone has them beside it.
    """
    package = Path(__file__).parents[1]
    inside = package / "bundled" / name
    return inside if inside.exists() else package.parent / name


def load(source: str, *, bundled_as: str, encoding: str | None = None) -> Corpus:
    """Read a corpus.

    Args:
        source: a path, also of a pipe, ``-`` for standard input, ``bundled``, or a name in :data:`KNOWN`.
        bundled_as: the file that ``bundled`` means, such as ``data/dinosaurs.txt``.
        encoding: of a file of one's own; None for UTF-8.

    Raises:
        MissingFile: if it names nothing.
        WrongCall: if it is a folder.
        CorpusError: if it cannot be read, fetched or decoded, or is empty.
    """
    path = Path(source)
    if source == STANDARD_INPUT:
        return decoded(sys.stdin.buffer.read(), "standard input", encoding)
    if is_file(path) or is_pipe(path):
        return read(path, source, encoding)
    if source == "bundled":
        return read(bundled(bundled_as), source)
    if source in KNOWN:
        return read(fetching.locate(KNOWN[source]), source)
    with suppress(OSError):  # the system rejects the name
        if path.is_dir():
            raise WrongCall(f"{source} is a folder; give a text file")
    raise MissingFile(f"there is no file {source}; give a text file's path, 'bundled', {_known_names()}")


def load_all(sources: Sequence[str], *, bundled_as: str, encoding: str | None = None) -> Corpus:
    """Read several corpora as one, each beginning on a line of its own; see :func:`load`."""
    parts = [load(source, bundled_as=bundled_as, encoding=encoding) for source in sources]
    if len(parts) == 1:
        return parts[0]
    text = "".join(part.text if part.text.endswith("\n") else f"{part.text}\n" for part in parts)
    digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    return Corpus(text, ", ".join(part.source for part in parts), digest)


def whole_paths(sources: Sequence[str]) -> list[str]:
    """The same sources under names that hold in any folder: those of files as whole paths."""
    return [str(Path(source).resolve()) if is_file(Path(source)) else source for source in sources]


def read(path: Path, source: str, encoding: str | None = None) -> Corpus:
    """Read a text file, UTF-8 unless told otherwise, with or without a byte order mark, with any line ending.

    Raises:
        CorpusError: if it cannot be read, is empty or binary, or is not UTF-8 (with the line and the byte).
    """
    return decoded(read_bytes(path, source), source, encoding)


def is_pipe(path: Path) -> bool:
    """Whether there is such a pipe, as a shell's <(…) makes it."""
    try:
        return path.is_fifo()
    except OSError:
        return False


def decoded(content: bytes, source: str, encoding: str | None = None) -> Corpus:
    """The same of a file's bytes, wherever they come from.

    Raises:
        CorpusError: see :func:`read`.
    """
    text = decode(content, source, encoding)
    if not text.strip():
        raise CorpusError(f"{source} is empty; give a file with text in it")
    return Corpus(text, source, hashlib.sha256(content).hexdigest())


def _known_names() -> str:
    *most, last = (f"'{name}'" for name in KNOWN)
    return f"{', '.join(most)} or {last}"
