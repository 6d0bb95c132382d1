"""Forms: which lines rhyme, in what metre each is, and how they stand on the page.

One is written by its scheme alone; others' verse may also have one of its variants, or another length.

Sources: the Shakespearean and the Petrarchan sonnet, couplets and blank verse after P. Fussell, Poetic
Meter and Poetic Form (1979); the limerick after G. Legman, The Limerick (1964).
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import cycle

from charlm.errors import InvalidOption
from shakespeare.verse.metre import Metre, metre

FREE = "."
"""The letter of a line that rhymes with none."""

MOST_LINES = 200

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PENTAMETER = "iambic pentameter"


@dataclass(frozen=True)
class Form:
    """What a poem's lines must be.

    Args:
        name: what it is called.
        scheme: a letter for each line, FREE for one without rhyme; a space parts stanzas.
        metres: of each line; or one for all.
        indented: how many lines at the end are set in by two spaces.
        variants: other schemes that bear the name.
        unit: the rhyme that is repeated, such as ``AA``, of a form that may have any length.

    Raises:
        InvalidOption: for a scheme that is none.
    """

    name: str
    scheme: str
    metres: tuple[Metre, ...] = (metre(PENTAMETER),)
    indented: int = 0
    variants: tuple[str, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        letters = self.letters
        if not letters or not all(
            (letter.isalpha() and letter.isascii()) or letter == FREE for letter in letters
        ):
            raise InvalidOption(
                f"form is {self.name!r}; a scheme has a letter for each line and {FREE!r} for one "
                "without rhyme, as in 'ABAB CDCD EFEF GG'"
            )
        if len(letters) > MOST_LINES:
            raise InvalidOption(f"form has {len(letters):,} lines; {MOST_LINES} are the most")
        for letter in letters:
            if letter != FREE and letters.count(letter) == 1:
                raise InvalidOption(
                    f"form is {self.name!r}, in which {letter!r} stands once and so rhymes with nothing; "
                    f"give it twice, or {FREE!r} for a line without rhyme"
                )

    @cached_property
    def letters(self) -> str:
        """A letter for each line."""
        return "".join(self.scheme.split()).upper()

    def __len__(self) -> int:
        """How many lines it has."""
        return len(self.letters)

    def metre_of(self, line: int) -> Metre:
        """The metre of a line, counted from 0."""
        return self.metres[line] if len(self.metres) > 1 else self.metres[0]

    def earlier(self, line: int) -> tuple[int, ...]:
        """The lines before this one that it must rhyme with, counted from 0."""
        letter = self.letters[line]
        return tuple(place for place in range(line) if letter != FREE and self.letters[place] == letter)

    def rhymed_later(self, line: int) -> int:
        """How many lines after this one must rhyme with it."""
        letter = self.letters[line]
        return 0 if letter == FREE else self.letters[line + 1 :].count(letter)

    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of neighbouring lines of each rhyme, counted from 0."""
        return [(before[-1], line) for line in range(len(self)) if (before := self.earlier(line))]

    @property
    def measure(self) -> str:
        """The name of its metre, or of all of them."""
        return " and ".join(dict.fromkeys(one.name for one in self.metres))

    def readings(self, lines: int) -> "tuple[Form, ...]":
        """The forms by this name that a poem of so many lines may have."""
        return _readings(self, lines)

    @property
    def longest(self) -> int:
        """How many lines it can have; of couplets as many as there are letters for."""
        if not self.unit:
            return len(self)
        return MOST_LINES if self.unit == FREE else len(self.unit) * len(_LETTERS)

    def ends_stanza(self, line: int) -> bool:
        """Whether a line, counted from 0, is the last of a stanza but not of the poem."""
        ends, total = [], 0
        for stanza in self.scheme.split():
            total += len(stanza)
            ends.append(total - 1)
        return line in ends[:-1]


@lru_cache(maxsize=2_000)
def _readings(form: Form, lines: int) -> tuple[Form, ...]:
    schemes = [form.scheme, *form.variants]
    if form.unit and lines <= form.longest and lines % len(form.unit) == 0:
        letters = cycle(FREE) if form.unit == FREE else iter(_LETTERS)
        units = (next(letters) * len(form.unit) for _ in range(lines // len(form.unit)))
        schemes.append("".join(units))
    found = [scheme for scheme in dict.fromkeys(schemes) if len("".join(scheme.split())) == lines]
    return tuple(replace(form, scheme=scheme, variants=(), unit="") for scheme in found)


_LONG, _SHORT = metre("anapaestic trimeter"), metre("anapaestic dimeter")

FORMS = {
    "shakespearean": Form("shakespearean", "ABAB CDCD EFEF GG", indented=2),
    "petrarchan": Form(
        "petrarchan",
        "ABBAABBA CDECDE",
        variants=(
            "ABBAABBA CDCDCD",
            "ABBAABBA CDEDCE",
            "ABBAABBA CDDCDC",
            "ABBAABBA CDCDEE",
            "ABBAABBA CDDCEE",
        ),
    ),
    "quatrain": Form("quatrain", "ABAB", variants=("ABBA", ".A.A", "AA.A")),
    "couplets": Form("couplets", "AABBCCDD", unit="AA"),
    "blank-verse": Form("blank-verse", FREE * 14, unit=FREE),
    "limerick": Form("limerick", "AABBA", (_LONG, _LONG, _SHORT, _SHORT, _LONG)),
}
_OTHER_NAMES = {"sonnet": "shakespearean", "blank verse": "blank-verse", "couplet": "couplets"}


def form(name: str) -> Form:
    """A form by its name, or a scheme of one's own, with a metre behind a colon if it is not PENTAMETER.

    ``form("ABBA: iambic tetrameter")`` is a form of four lines.

    Raises:
        InvalidOption: for what is neither.
    """
    plain = name.strip().lower()
    plain = _OTHER_NAMES.get(plain, plain)
    if plain in FORMS:
        return FORMS[plain]
    scheme, _, measure = name.partition(":")
    words = scheme.split()
    if not words or (not any(word.isupper() or set(word) == {FREE} for word in words)):
        raise InvalidOption(
            f"form is {name!r}; it must be one of {', '.join(FORMS)}, or a scheme in capitals, "
            "as in 'ABAB CDCD EFEF GG' or 'ABBA: iambic tetrameter'"
        )
    return Form(
        name.strip() if len(name) < 60 else f"{name[:60]}…", scheme, (metre(measure.strip() or PENTAMETER),)
    )
