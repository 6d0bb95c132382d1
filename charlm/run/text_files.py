"""Text out of bytes, in the encodings and forms that people have; what is none is named as what it is."""

import codecs
import csv
import io
from collections.abc import Sequence
from contextlib import suppress

from charlm.errors import CorpusError, InvalidOption, WrongCall

_OTHER_FILES = {
    b"\x1f\x8b": "is compressed with gzip; unpack it first",
    b"%PDF": "is a PDF; save its text as plain text",
    b"{\\rtf": "is a document in Rich Text Format; save it as plain text",
    b"\xd0\xcf\x11\xe0": "is a document of an older Office; save it as plain text",
}
_ZIPPED = {
    b"word/": "a Word document",
    b"xl/": "a spreadsheet",
    b"mimetypeapplication/vnd.oasis": "a document",
}
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decode(content: bytes, source: str, encoding: str | None = None) -> str:
    """The text in a file's bytes, without a byte order mark and with every line ended by a newline alone.

    Args:
        content: the bytes.
        source: what messages call them.
        encoding: as Python names it; None for UTF-8.

    Raises:
        InvalidOption: for an encoding that there is not.
        CorpusError: if they are no text in this encoding, with what they seem to be.
    """
    require_text(content, source)
    try:
        text = content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except (LookupError, AttributeError):
        raise InvalidOption(
            f"the encoding is {encoding!r}, which is not known; give one such as utf-8, utf-16 or cp1252"
        ) from None
    except UnicodeDecodeError as error:
        name = encoding or "UTF-8"
        raise CorpusError(
            f"{source} is not {name} text: line {_line(content, error.start):,} has the byte "
            f"0x{content[error.start]:02x} (at offset {error.start:,}); {_advice(content, encoding)}"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    nul = text.find("\0")
    if nul >= 0:
        wide = not encoding and 3 * text.count("\0") > len(text)
        advice = "it may be UTF-16 without a mark: give --encoding utf-16-le" if wide else "give a text file"
        raise CorpusError(
            f"{source} is not a text file: line {text.count(chr(10), 0, nul) + 1:,} has a NUL byte (0x00); "
            f"{advice}"
        )
    return text


def require_text(content: bytes, source: str) -> None:
    """Refuse what begins as some other kind of file does.

    Raises:
        CorpusError: naming the kind.
    """
    for beginning, what in _OTHER_FILES.items():
        if content.startswith(beginning):
            raise CorpusError(f"{source} {what}")
    if content.startswith(b"PK\x03\x04"):
        kind = next((name for part, name in _ZIPPED.items() if part in content), None)
        raise CorpusError(
            f"{source} is {f'{kind}; save it as plain text' if kind else 'a zip archive; unpack it first'}"
        )


def _advice(content: bytes, encoding: str | None) -> str:
    """How the bytes may be read."""
    if encoding:
        return "give another --encoding, or save it as UTF-8"
    for mark, name in _MARKS.items():
        if content.startswith(mark) and len(content) % 2 == 0:
            return (
                f"it looks like UTF-16, as PowerShell's > writes it: give --encoding {name}, or save as UTF-8"
            )
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "save it as UTF-8"
    return "it may be Windows-1252: give --encoding cp1252, or save it as UTF-8"


def _line(content: bytes, offset: int) -> int:
    """The number of the line that a byte is in, counted from 1."""
    return len(content[: offset + 1].splitlines())


def column_of(text: str, source: str, column: str | None) -> str:
    """A text, or one column of it where it is a table, a line each.

    Args:
        text: lines; in a table with tabs, semicolons or commas between the columns.
        source: what messages call it.
        column: its number, counted from 1, or its name in the first line; None for the text as it is.

    Raises:
        WrongCall: if it is a table and no column was named, or it is none and one was.
        InvalidOption: if there is no such column.
    """
    delimiter = _delimiter(text)
    if delimiter is None:
        if column is not None:
            raise WrongCall(f"{source} is no table, so it has no column {column}; leave out --column")
        return text
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    if column is None:
        raise WrongCall(
            f"{source} is a table of {len(rows[0])} columns that begins "
            f"{text.strip().splitlines()[0][:60]!r}; say which one to read, by its number or its name, "
            "as in --column 1"
        )
    place = _place(rows[0], source, column)
    body = rows[1:] if not column.isdecimal() or _is_header(rows) else rows
    return "\n".join(row[place].strip() for row in body)


def _place(first: Sequence[str], source: str, column: str) -> int:
    names = [name.strip() for name in first]
    if column in names:
        return names.index(column)
    if column.isdecimal() and 1 <= int(column) <= len(names):
        return int(column) - 1
    raise InvalidOption(
        f"column is {column!r}; {source} has 1 to {len(names)}, and begins with {', '.join(names)}"
    )


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has words where all others have numbers."""
    numbers = [all(_is_number(row[place]) for row in rows[1:]) for place in range(len(rows[0]))]
    return len(rows) > 1 and any(
        number and not _is_number(cell) for number, cell in zip(numbers, rows[0], strict=True)
    )


def _is_number(cell: str) -> bool:
    return cell.strip().replace(".", "", 1).isdecimal()


def _delimiter(text: str) -> str | None:
    """What stands between the columns of a table; a comma with a space behind it is a line's own."""
    lines = text.strip("\n").split("\n")
    for delimiter in ("\t", ";", ","):
        if len(lines) < 2 or delimiter not in lines[0] or (delimiter == "," and ", " in lines[0]):
            continue
        with suppress(csv.Error):
            rows = csv.reader(io.StringIO(text), delimiter=delimiter)
            widths = {len(row) for row in rows if any(cell.strip() for cell in row)}
            if len(widths) == 1 and widths.pop() > 1:
                return delimiter
    return None
