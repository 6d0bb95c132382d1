"""The poems' half of the course as a notebook: train, fine-tune, sample, in cells that run as they stand."""

from typing import Any

from charlm.run import notebook_file
from charlm.run.notebook_file import code, text

TITLE = """# Poems, one character at a time

Names are short; verse is not. A plain recurrent network forgets within some ten characters what it has read, because at
every step all that it remembers passes through the same matrix and the same tanh. An **LSTM** keeps a second state, the
*cell*, which is only multiplied by a gate and added to, so that a quotation mark, a line's length or a rhyme can be
carried along for a hundred characters.

In this notebook you train a small LSTM for a minute, fine-tune one that has read Shakespeare's plays and Sonnets, and
let it write. Nothing is left to fill in: change a number, run the cell again, and see what becomes of the text."""

IMPORTS = """import matplotlib.pyplot as plt

import shakespeare
from charlm.run import corpora
from shakespeare.callbacks import SampleText"""

DATA_TEXT = """## The text

Sixteen sonnets that ship with the project, so that nothing has to be fetched. With a file of your own,
`text = Path("poems.txt").read_text(encoding="utf-8")` does as well; half a million characters make a better poet."""

DATA = """text = corpora.load("bundled", bundled_as="data/verse.txt").text
print(f"{len(text):,} characters, {len(set(text))} different ones")
print(text[:200])"""

TRAIN_TEXT = """## A minute of training

`SampleText` is a Keras callback: at each epoch's end it lets the network write, as it is at that moment. Read the
samples from top to bottom. Which comes first: letters in their usual shares, word lengths, whole words, lines, verse?

The loss is in *nats per character*, the mean of $-\\\\log p$ over the text's characters. A network that knows nothing and
gives each of $n$ characters the same chance has $\\\\ln n$."""

TRAIN = """losses = []


def progress(report):
    if report.ended:
        losses.append((report.update, report.validation))


small = shakespeare.train(
    text,
    units=128,
    epochs=12,
    batch_size=4,
    learning_rate=0.008,
    callbacks=[SampleText("Shall I ", length=100)],
    progress=progress,
)"""

CURVE = """plt.figure(figsize=(7, 3))
plt.plot(*zip(*losses), marker=".")
plt.xlabel("updates")
plt.ylabel("nats per character, on the held-out part")
plt.show()"""

FINETUNE_TEXT = """## Fine-tuning

The network that ships has two layers of 512 units and has read a million characters; an epoch over sixteen sonnets is
a nudge. Compare its first sample with what the small one wrote above: that is what more text and more units buy."""

FINETUNE = """tuned = shakespeare.finetune(text, epochs=1, callbacks=[SampleText("Shall I ", length=200)])"""

SAMPLE_TEXT = """## Sampling

At each step the network gives every character a probability, and one is drawn. The *temperature* divides the scores
before they become probabilities: below 1 the likeliest characters grow likelier and the text tamer, above 1 it gets
bolder, and at 0 the likeliest is taken every time."""

SAMPLE = """model = shakespeare.load(shakespeare.shipped())
for temperature in (0.3, 0.7, 1.0, 1.3):
    poem = "".join(shakespeare.stream_poem(model, "Shall I ", lines=3, temperature=temperature, seed=1))
    print(f"--- temperature {temperature}\\nShall I {poem}\\n")"""

COURSE_TEXT = """## The course's own cells

`x, y, model, on_epoch_end, generate_output = shakespeare.course.notebook()` hands over what the course's notebook takes
for granted, so that its cells run as they stand: `model.fit` for one epoch, with a callback that prints text, and
`generate_output()`, which asks for a beginning (or takes one: `generate_output("Thou shalt not wait")`). It fetches the
Sonnets and the course's weights, three megabytes, the first time."""


def notebook() -> Any:  # noqa: ANN401 - nbformat has no types
    """The notebook, an nbformat node without outputs."""
    cells = [text(TITLE), code(IMPORTS)]
    for words, *sources in (
        (DATA_TEXT, DATA),
        (TRAIN_TEXT, TRAIN, CURVE),
        (FINETUNE_TEXT, FINETUNE),
        (SAMPLE_TEXT, SAMPLE),
    ):
        cells += [text(words), *map(code, sources)]
    return notebook_file.notebook([*cells, text(COURSE_TEXT)])
