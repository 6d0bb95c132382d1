"""The course's training run, beside the table that the course publishes."""

import json
from collections.abc import Callable

from charlm.run.corpora import bundled
from charlm.vocabulary import Vocabulary
from dino.course import course_training, shuffled
from dino.exercises import get_sample, initialize_parameters, sample
from dino.fast_rnn import Parameters
from dino.names import END, load_names
from dino.training_settings import REPORT_EVERY

HELD_TO = 14_000
"""The iteration to which every machine agrees."""

EXACT_TO = 12_000
"""The iteration to which the loss agrees in all six decimals; at HELD_TO it may differ by one in the last."""

WHY = (
    f"Lines to {HELD_TO:,} are held to the table. The run is chaotic: a last-bit difference between two "
    "machines' matrix products grows until other letters are drawn, so later lines go their own way on each."
)


def reproduce_course(say: Callable[[str], None]) -> bool:
    """Train as the course does and print each line beside the published one.

    Args:
        say: prints a line.

    Returns:
        Whether every line to HELD_TO matches.

    Raises:
        CorpusError: if the course's list cannot be had.
    """
    run = json.loads(bundled("data/course_run.json").read_text(encoding="utf-8"))
    published = {row["iteration"]: row for row in run["table"]}
    examples = shuffled(load_names("course").names)
    vocabulary = Vocabulary.of([*examples, END])
    char_to_ix = {character: index for index, character in enumerate(vocabulary.characters)}
    ix_to_char = dict(enumerate(vocabulary.characters))
    hidden_units = run["hidden_units"]
    parameters = Parameters.of(initialize_parameters(hidden_units, len(vocabulary), len(vocabulary)))
    training = course_training(examples, parameters, char_to_ix, num_iterations=run["iterations"])
    say(f"{'':<10} {'published':<42} {'here':<42}")
    held = True
    for iteration, loss in training:
        if iteration % REPORT_EVERY:
            continue
        row = published[iteration]
        letters = parameters.letters()
        names = [
            get_sample(sample(letters, char_to_ix, seed), ix_to_char).rstrip(END)
            for seed in range(len(row["names"]))
        ]
        tolerance = 0 if iteration <= EXACT_TO else 1
        same = [abs(_millionths(row["loss"]) - _millionths(f"{loss:f}")) <= tolerance]
        same += [theirs == ours for theirs, ours in zip(row["names"], names, strict=True)]
        pairs = zip([row["loss"], *row["names"]], [f"{loss:f}", *names], same, strict=True)
        for line, (theirs, ours, matches) in enumerate(pairs):
            label = f"{iteration:,}" if line == 0 else ""
            say(f"{label:<10} {theirs:<42} {ours:<42} {'same' if matches else 'differs'}")
        held = held and (iteration > HELD_TO or all(same))
    say(WHY)
    say(f"Every line to {HELD_TO:,} matches." if held else f"Not every line to {HELD_TO:,} matches.")
    return held


def _millionths(loss: str) -> int:
    """A printed loss as a whole number, so that last decimals compare exactly."""
    return round(float(loss) * 1_000_000)
