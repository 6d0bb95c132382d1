"""The only autoregressive loop: indices, then streamed text, then whole texts."""

from collections.abc import Iterator, Sequence

import numpy as np

from charlm.errors import require_number
from charlm.language_model import LanguageModel, State, read_text, take_rows
from charlm.sampling import Picker
from charlm.vocabulary import Ids

FINISHED = -1
"""Stands for a row that had ended before; it spells nothing."""


def stream_ids(
    model: LanguageModel[State],
    pick: Picker,
    *,
    prompt: Sequence[int] | Ids = (),
    limit: int,
    stop: int | None = None,
    batch_size: int = 1,
) -> Iterator[Ids]:
    """Yield one index for each row, shape (batch_size,), as soon as it is picked.

    Args:
        model: what predicts.
        pick: what chooses (see :mod:`charlm.sampling`).
        prompt: indices that every row reads first; they are not yielded.
        limit: how many characters a row gets at most, the stop included.
        stop: an index that ends a row; it is yielded, and FINISHED after it. The stream ends with the last
            row. Rows that have ended cost nothing further.
        batch_size: how many rows.

    Raises:
        InvalidOption: for a limit below 0 or a batch size below 1.
    """
    require_number("the limit of characters", limit, at_least=0)
    require_number("the batch size", batch_size, at_least=1)
    state = read_text(model, model.start(batch_size), prompt, batch_size)
    rows = np.arange(batch_size)  # the caller's row that each row of the state belongs to
    picked: Ids | None = None
    for _ in range(limit):
        if picked is not None:
            state = model.advance(state, picked)
        picked = pick(model.logits(state))
        ids = np.full(batch_size, FINISHED)
        ids[rows] = picked
        yield ids
        if stop is not None:
            going = picked != stop
            if not going.all():
                rows, picked, state = rows[going], picked[going], take_rows(state, going)
            if not rows.size:
                return


def stream_text(
    model: LanguageModel[State], pick: Picker, *, prompt: str = "", limit: int, stop: str | None = None
) -> Iterator[str]:
    """Yield one text's characters one at a time, the stop included. See :func:`stream_ids`.

    Raises:
        UnknownCharacter: for a prompt or a stop that the vocabulary cannot spell.
    """
    vocabulary = model.vocabulary
    stop_id = None if stop is None else vocabulary.index(stop)
    for ids in stream_ids(model, pick, prompt=vocabulary.encode(prompt), limit=limit, stop=stop_id):
        yield vocabulary.decode(ids)


def generate_texts(
    model: LanguageModel[State],
    pick: Picker,
    count: int,
    *,
    prompt: str = "",
    limit: int,
    stop: str | None = None,
    batch_size: int = 256,
) -> list[str]:
    """Whole texts, without the prompt and the stop. Small batches are fastest, for they stay in the cache."""
    require_number("the number of texts", count, at_least=0)
    vocabulary = model.vocabulary
    prompt_ids = vocabulary.encode(prompt)
    stop_id = None if stop is None else vocabulary.index(stop)
    texts: list[str] = []
    while len(texts) < count:
        rows = min(batch_size, count - len(texts))
        columns = list(stream_ids(model, pick, prompt=prompt_ids, limit=limit, stop=stop_id, batch_size=rows))
        ids = np.stack(columns, axis=1) if columns else np.empty((rows, 0), dtype=np.intp)
        if stop_id is not None:
            ids[ids == stop_id] = FINISHED
        texts += vocabulary.decode_rows(ids)
    return texts
