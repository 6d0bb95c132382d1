"""A corpus as indices: in memory, or on disk where the text is larger than memory might be."""

import codecs
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from charlm.errors import CorpusError
from charlm.run import corpora, fetching
from charlm.run.files import is_file, replacing
from charlm.run.text_files import require_text
from charlm.vocabulary import Vocabulary
from shakespeare.corpus import Encoded

VERSE = "data/verse.txt"
"""The text that ``bundled`` means here."""

LARGE = 64 * 2**20
"""A file of more bytes is read piece by piece, and its indices are kept in a file of the cache."""

_PIECE = 2**20  # bytes read at a time
_BEGINNING = 2**16  # bytes by which another kind of file is known


@dataclass(frozen=True, repr=False)
class EncodedCorpus:
    """A text as indices, and where it came from.

    Attributes:
        ids: the indices; of a large text a file that is mapped into memory.
        vocabulary: what they index.
        new: the characters that the vocabulary it began with had not.
        lowered: whether capitals were read as lower case.
        source: the name or path that it was asked for by.
        sha256: the digest of the bytes that it was read from.
        whence: more of where it came from, for a model's description: the files' whole paths, their encoding.
    """

    ids: Encoded
    vocabulary: Vocabulary
    new: str
    lowered: bool
    source: str
    sha256: str
    whence: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """One short line, however long the text is."""
        return f"EncodedCorpus({len(self.ids):,} characters from {self.source!r})"


def encode(
    source: str | Sequence[str],
    known: Vocabulary | None = None,
    *,
    encoding: str | None = None,
    large: int = LARGE,
) -> EncodedCorpus:
    """Read a corpus as indices.

    Args:
        source: a path, ``-``, ``bundled``, or a name in ``corpora.KNOWN``; or several of them.
        known: characters that the vocabulary has in any case, those of a model that goes on learning. If it
            has no capitals, the text is read in lower case.
        encoding: of files of one's own; None for UTF-8.
        large: from how many bytes on the indices are kept on disk, of a single file in UTF-8.

    Raises:
        MissingFile: if it names nothing.
        CorpusError: if it cannot be read, fetched or decoded, or is empty.
    """
    sources = [source] if isinstance(source, str) else list(source)
    whole = corpora.whole_paths(sources)
    whence: dict[str, Any] = {"sources": whole} if whole != [", ".join(sources)] else {}
    whence |= {"encoding": encoding} if encoding else {}
    path = Path(sources[0])
    if len(sources) == 1 and not encoding and is_file(path) and path.stat().st_size > large:
        return replace(_encode_large(path, known), whence=whence)
    try:
        corpus = corpora.load_all(sources, bundled_as=VERSE, encoding=encoding)
    except CorpusError as error:
        if not any(one in corpora.KNOWN and not is_file(Path(one)) for one in sources):
            raise
        raise CorpusError(
            f"{error}; or take '--corpus bundled', verse that ships with this program"
        ) from error
    return replace(encode_text(corpus.text, known, source=corpus.source, sha256=corpus.sha256), whence=whence)


def encode_text(
    text: str, known: Vocabulary | None = None, *, source: str = "a text", sha256: str = ""
) -> EncodedCorpus:
    """A text as indices.

    Args:
        text: all of it.
        known: see :func:`encode`.
        source: what it is called.
        sha256: the digest of the bytes that it was read from; left out: of the text as UTF-8.

    Raises:
        CorpusError: if there is nothing in it.
    """
    if not text.strip():
        raise CorpusError(f"{source} is empty; give some text")
    cased = in_its_case(text, known)
    vocabulary, new = _joined(known, set(cased))
    ids = vocabulary.encode(cased).astype(_small(vocabulary))
    sha256 = sha256 or hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return EncodedCorpus(ids, vocabulary, new, cased != text, source, sha256)


def in_its_case(text: str, vocabulary: Vocabulary | None) -> str:
    """The text in lower case where the vocabulary has no capitals, else as it is.

    Each letter is made lower by itself, so that the text may be cut into pieces anywhere: Python's ``lower``
    looks at the neighbours of a capital sigma, and of no other letter.
    """
    return text if vocabulary is None or vocabulary.has_capitals else text.replace("Σ", "σ").lower()


def _joined(known: Vocabulary | None, characters: set[str]) -> tuple[Vocabulary, str]:
    before = set(known.characters) if known else set()
    return Vocabulary.of(characters | before), "".join(sorted(characters - before)) if known else ""


def _small(vocabulary: Vocabulary) -> type[np.unsignedinteger]:
    return np.uint8 if len(vocabulary) <= 256 else np.uint16 if len(vocabulary) <= 65_536 else np.uint32


def _encode_large(path: Path, known: Vocabulary | None) -> EncodedCorpus:
    """Read a file twice: for its alphabet, then for the indices, which are kept in the cache."""
    characters: set[str] = set()
    count, lowered, digest = 0, False, hashlib.sha256()
    for piece in _pieces(path, digest):
        cased = in_its_case(piece, known)
        lowered = lowered or cased != piece
        characters.update(cased)
        count += len(cased)
    if not any(not character.isspace() for character in characters):
        raise CorpusError(f"{path} is empty; give a file with text in it")
    vocabulary, new = _joined(known, characters)
    small = _small(vocabulary)
    key = f"{digest.hexdigest()} {vocabulary.characters}".encode("utf-8", "surrogatepass")
    name = hashlib.sha256(key).hexdigest()[:32]
    encoded = fetching.cache_folder() / f"{name}.ids"
    if not encoded.is_file() or encoded.stat().st_size != count * np.dtype(small).itemsize:
        with replacing(encoded) as temporary, temporary.open("wb") as file:
            for piece in _pieces(path, hashlib.sha256()):
                vocabulary.encode(in_its_case(piece, known)).astype(small).tofile(file)
    ids = np.memmap(encoded, dtype=small, mode="r")
    return EncodedCorpus(ids, vocabulary, new, lowered, str(path), digest.hexdigest())


def _pieces(path: Path, digest: "hashlib._Hash") -> Iterator[str]:
    """A file's text piece by piece, as ``corpora.read`` has it whole; ``digest`` takes in its bytes.

    Raises:
        CorpusError: if it cannot be read, is binary or is not UTF-8.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")(), translate=True)
    offset = 0
    try:
        with path.open("rb") as file:
            require_text(file.read(_BEGINNING), str(path))
            file.seek(0)
            while piece := file.read(_PIECE):
                if b"\0" in piece:
                    at = offset + piece.index(b"\0")
                    raise CorpusError(f"{path} is not a text file: it has a NUL byte at offset {at:,}")
                digest.update(piece)
                yield decoder.decode(piece)
                offset += len(piece)
            yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{path} is not UTF-8 text: the byte 0x{error.object[error.start]:02x} near offset {offset:,} "
            "is none; save it as UTF-8"
        ) from None
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error.strerror or error}") from error
