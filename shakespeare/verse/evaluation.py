"""How poems under a form compare with free ones, and with Shakespeare's own held-out ones."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm import scoring
from charlm.errors import SearchExhausted, require_number
from charlm.generation import generate_texts
from charlm.language_model import LanguageModel
from charlm.ngram import NGram
from charlm.novelty import copying
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare.evaluation import held_out_text, training_text
from shakespeare.verse.dictionary import look_up
from shakespeare.verse.form import Form
from shakespeare.verse.line import words_and_pauses
from shakespeare.verse.poem import poem_lines
from shakespeare.verse.pronunciation import WORD, normal
from shakespeare.verse.rhyme import EYE, FEMININE, OF_1600, PERFECT, key
from shakespeare.verse.scan import poems_of, scan_poem
from shakespeare.verse.scanned import ScannedPoem
from shakespeare.weights import Network
from shakespeare.writer import writer_of

JUDGE = 6
"""The order of the counting model that judges; it wrote none of the poems."""

Lines = Sequence[str]


@dataclass(frozen=True)
class Figures:
    """What is counted of some poems, each a share unless it says otherwise.

    Attributes:
        poems: how many.
        in_form: poems without a departure from the form.
        syllables: lines that can be read with as many syllables as the form wants.
        metrical: lines without a broken foot.
        rhymes: the kinds of the pairs that should rhyme.
        real: words that stand in the dictionary or in the training text.
        words: how many different ones.
        rhyme_words: how many different words in pairs that rhyme.
        rhyme_pairs: how many different pairs.
        copied: spans of the training text.
        longest: characters of the longest of them.
        nats: per character, by the model.
        judged: per character, by the judge.
    """

    poems: int
    in_form: float
    syllables: float
    metrical: float
    rhymes: dict[str, float]
    real: float
    words: int
    rhyme_words: int
    rhyme_pairs: int
    copied: float
    longest: int
    nats: float
    judged: float

    def rows(self) -> Iterator[tuple[str, str]]:
        """Each figure's name and value."""
        yield "poems", f"{self.poems}"
        yield "in form", f"{self.in_form:.1%}"
        yield "lines of its syllables", f"{self.syllables:.1%}"
        yield "lines without a broken foot", f"{self.metrical:.1%}"
        for kind in (PERFECT, FEMININE, OF_1600, EYE):
            yield f"rhymes, {kind}", f"{self.rhymes.get(kind, 0.0):.1%}"
        yield "words that exist", f"{self.real:.2%}"
        yield "different words", f"{self.words:,}"
        yield "different rhyme words", f"{self.rhyme_words:,}"
        yield "different rhyme pairs", f"{self.rhyme_pairs:,}"
        yield "copied 20-character spans", f"{self.copied:.2%}"
        yield "longest copy, characters", f"{self.longest}"
        yield "nats a character, the model", f"{self.nats:.4f}"
        yield f"nats a character, a {JUDGE}-gram", f"{self.judged:.4f}"


class Examiner:
    """Counts, always against the same texts.

    Args:
        network: whose poems are looked at.
        form: what they should keep.
        training: what the network learned from.
    """

    def __init__(self, network: Network, form: Form, training: str) -> None:
        self._form, self._training = form, training
        self._model: LanguageModel[Any] = writer_of(network)
        self._vocabulary: Vocabulary = network.vocabulary
        known = "".join(one if one in network.vocabulary else "\0" for one in training)
        parts = [self._vocabulary.encode(part) for part in known.split("\0") if part]
        self._judge = NGram(JUDGE, parts, len(self._vocabulary))
        self._words = {normal(match.group()) for match in WORD.finditer(training)}

    def figures(self, poems: Sequence[Lines]) -> Figures:
        """The figures of some poems, one or more."""
        scanned = [scan_poem(list(enumerate(lines, start=1)), self._form) for lines in poems]
        lines = [
            (line, self._form.metre_of(place)) for poem in scanned for place, line in enumerate(poem.lines)
        ]
        words = [normal(word) for line, _ in lines for word in words_and_pauses(line.text)[0]]
        pairs = [pair for poem in scanned for pair in _pairs(poem)]
        kinds = Counter(kind for poem in scanned for *_, kind in poem.pairs)
        copied = copying("\n\n".join("\n".join(one) for one in poems), self._training)
        ids = [
            self._vocabulary.encode(self._vocabulary.adapt("\n\n" + "\n".join(one) + "\n").text)
            for one in poems
        ]
        return Figures(
            poems=len(poems),
            in_form=sum(not poem.departures for poem in scanned) / len(poems),
            syllables=sum(bool(line.counts & set(metre.syllables)) for line, metre in lines) / len(lines),
            metrical=sum(line.fitted.metrical for line, _ in lines) / len(lines),
            rhymes={kind: count / max(kinds.total(), 1) for kind, count in kinds.items() if kind},
            real=sum(self._is_real(word) for word in words) / max(len(words), 1),
            words=len(set(words)),
            rhyme_words=len({word for pair in pairs for word in pair}),
            rhyme_pairs=len(set(pairs)),
            copied=copied.share,
            longest=len(copied.longest),
            nats=scoring.nats_per_character(self._model, ids),
            judged=float(np.concatenate([self._judge.nats([one])[1:] for one in ids]).mean()),
        )

    def _is_real(self, word: str) -> bool:
        """Whether a word is one; of a compound, all its parts."""
        parts = [word] if word in self._words else word.strip("'").split("-")
        return all(part in self._words or bool(look_up(part)) for part in parts)


def _pairs(poem: ScannedPoem) -> Iterator[tuple[str, str]]:
    for one, two, kind in poem.pairs:
        if kind:
            first, second = (key(words_and_pauses(poem.lines[place].text)[0][-1]) for place in (one, two))
            yield min(first, second), max(first, second)


def free_poems(network: Network, form: Form, count: int, options: SamplingOptions, seed: int) -> list[Lines]:
    """As many poems of as many lines, written without a form."""
    pick = options.picker(np.random.default_rng(seed))
    longest = 60 * (len(form) + 4)
    model: LanguageModel[Any] = writer_of(network)
    found: list[Lines] = []
    while len(found) < count:
        texts = generate_texts(model, pick, count - len(found), prompt="\n", limit=longest)
        for text in texts:
            lines = [line for line in re.split("\n+", text)[:-1] if words_and_pauses(line)[0]]
            if len(lines) >= len(form):
                found.append(lines[: len(form)])
    return found


def report(
    network: Network,
    form: Form,
    *,
    corpus: str,
    split: float,
    poems: int,
    temperature: float,
    seed: int,
    say: Callable[[str], None],
) -> Iterator[str]:
    """Yield the lines of an evaluation under a form.

    Args:
        network: what writes.
        form: what its poems keep.
        corpus: whose last share holds poems that the model has not seen.
        split: that share.
        poems: how many are written; seeds from ``seed`` on.
        temperature: of all that is written.
        seed: of the first poem.
        say: takes a line about how far it is.

    Raises:
        InvalidOption: for a number out of its range.
        CorpusError: if a text cannot be had.
    """
    require_number("poems", poems, at_least=1, at_most=10_000)
    require_number("seed", seed, at_least=0)
    options = SamplingOptions(temperature)
    examiner = Examiner(network, form, training_text(network.about, network.vocabulary))
    held_out = [
        [text for _, text in lines]
        for lines in poems_of(held_out_text(corpus, split, network.vocabulary), form)
        if len(lines) == len(form)
    ]
    written: list[Lines] = []
    for number in range(poems):
        try:
            written.append(list(poem_lines(network, form, options=options, seed=seed + number)))
        except SearchExhausted as error:
            say(f"seed {seed + number}: {error}")
        if (number + 1) % 10 == 0:
            say(f"written: {number + 1} of {poems}")
    columns: dict[str, Sequence[Lines]] = {
        "under the form": written,
        "free": free_poems(network, form, poems, options, seed),
        corpus: held_out,
    }
    tables = {name: dict(examiner.figures(some).rows()) for name, some in columns.items() if some}
    if corpus not in tables:
        say(f"the last {split:.0%} of {corpus} holds no poem of {len(form)} lines to set beside these")
    yield f"{form.name}, temperature {temperature:g}, seeds {seed} to {seed + poems - 1}"
    yield f"{'':<30}" + "".join(f" {name:>15}" for name in tables)
    for name in next(iter(tables.values()), {}):
        yield f"{name:<30}" + "".join(f" {table[name]:>15}" for table in tables.values())
