"""The words of the assignment around the exercises, and the code of its other cells."""

TITLE = r"""# Names for dinosaurs, one letter at a time

![A recurrent network, unrolled over the name Rex](attachment:unrolled.png)

New bones have been dug up, and the animals they belonged to need names. A name should be new, and still sound like a
dinosaur's. You will write a small recurrent network in NumPy that learns from some fourteen hundred genera how such
names go, letter by letter, and then makes up its own.

Four functions are left to you:

| function | what it does |
|---|---|
| `clip` | keeps gradients from exploding |
| `sample` | lets the network write a name |
| `optimize` | makes one step of training |
| `model` | trains on all names and shows how it gets better |

Each has its steps as comments; write code where `None` stands. Below it stand a call with what it should print, and a
cell that grades it: `check` tells where your function first leaves the right path and what kind of mistake that looks
like. It tries the function on fresh cases, drawn anew each time; the seed that it prints repeats them. From a terminal,
`dino grade` with this notebook's file name does the same.

The poems' half of the course has a notebook of its own: `shakespeare assignment poems.ipynb` writes it."""

EQUATIONS = r"""## The network

A letter is an index into the alphabet; as an input it is a column of zeros with a single 1, written $x^{\langle t
\rangle}$. The hidden state $a^{\langle t \rangle}$ is what the network remembers of the name so far:

$$a^{\langle t \rangle} = \tanh\left(W_{ax}\, x^{\langle t \rangle} + W_{aa}\, a^{\langle t-1 \rangle} + b\right)
\qquad
\hat{y}^{\langle t \rangle} = \mathrm{softmax}\left(W_{ya}\, a^{\langle t \rangle} + b_y\right)$$

$\hat{y}^{\langle t \rangle}$ holds the probability of each letter to come next. With $y^{\langle t \rangle}$ the index
of the letter that does come next, the loss of a name is the sum over its letters, in nats:

$$L = -\sum_t \log \hat{y}^{\langle t \rangle}_{y^{\langle t \rangle}}$$

Before the first letter the input is all zeros, and after the last one comes a newline (`"\n"`): so the network also
learns where names begin and end.

The parameters live in a dictionary: `Wax` (n_a, n_x), `Waa` (n_a, n_a), `Wya` (n_y, n_a), `b` (n_a, 1) and `by`
(n_y, 1), with n_a hidden units and n_x = n_y letters. Their gradients are called `dWax`, `dWaa`, `dWya`, `db` and
`dby`. The forward and the backward pass are given."""

IMPORTS = """import copy

import matplotlib.pyplot as plt
import numpy as np

import dino
from dino.exercises import (
    get_initial_loss,
    get_sample,
    initialize_parameters,
    rnn_backward,
    rnn_forward,
    smooth,
    softmax,
    update_parameters,
)
from dino.grading.notebook import check"""

DATA_TEXT = """## The names

Their alphabet is the newline and the 26 letters. `char_to_ix` and `ix_to_char` translate between letters and indices."""

DATA = """names = dino.load_names("bundled").names
alphabet = sorted(set("\\n".join(names)))
char_to_ix = {letter: index for index, letter in enumerate(alphabet)}
ix_to_char = dict(enumerate(alphabet))
print(f"{len(names):,} names, {len(alphabet)} characters; the first: {', '.join(names[:3])}")"""

NUMPY = """## Three things in NumPy that puzzle many

**One-hot columns.** A letter goes in as an array of shape (n_x, 1) that is zero but for a 1 in the letter's row, so
that `Wax @ x` is a column again. An array of shape (n_x,) is no column: adding `b`, which is one, gives NumPy a square
of all combinations, and the mistake shows only much later.

**`ravel`.** `y.ravel()` has the numbers of `y` in one row: its shape is (27,) where that of `y` is (27, 1).
`np.random.choice(range(27), p=...)` takes its probabilities in no other shape.

**`out=`.** `np.clip(a, low, high)` leaves `a` alone and returns a new array, which is lost unless it gets a name; with
`out=a` it writes into `a` itself. Then everyone who holds `a` sees it change, the caller of your function too."""

GRADE_TEXT = """## All four at once"""

GRADE = "check()"

TRAIN_TEXT = """## Let it learn

Now train on all names. The first samples are noise; watch what comes into them, and in which order: length, vowels,
endings."""

TRAIN = """parameters, last_name = model(names, ix_to_char, char_to_ix, num_iterations=10_001)"""

WRITE_TEXT = """## Names of your own

Which of these are new, and which has the network learned by heart?"""

WRITE = """for seed in range(100, 112):
    name = get_sample(sample(parameters, char_to_ix, seed), ix_to_char).strip()
    print(f"{name:<24}{'known' if name.lower() in names else 'new'}")"""

PLOT_TEXT = """## How the loss falls

A shorter run by hand, with `optimize` alone. The dashed line is what a network loses that knows nothing yet and gives
every character the same chance."""

PLOT = """weights = initialize_parameters(50, len(alphabet), len(alphabet))
state, losses = np.zeros((50, 1)), []
for name in np.random.default_rng(0).permutation(names * 3):
    letters = [char_to_ix[letter] for letter in name]
    loss, _, state = optimize([None, *letters], [*letters, char_to_ix["\\n"]], state, weights)
    losses.append(loss / (len(letters) + 1))

window = 200
mean = np.convolve(losses, np.ones(window) / window, mode="valid")
plt.figure(figsize=(7, 3.5))
plt.plot(np.arange(window, len(losses) + 1), mean)
plt.axhline(np.log(len(alphabet)), linestyle="--", color="grey")
plt.xlabel("names learned from")
plt.ylabel("nats per character")
plt.title(f"Training loss, mean of {window} names")
plt.show()"""

END = """## Two things to know

The course's own notebook ends with an assertion that the last name is `Trodonosaurus`. With right code it fails on most
machines: after about 14,000 iterations the run is chaotic, and a last-bit difference between two processors' matrix
products decides which letters come. There is no mistake to look for; `dino reproduce` shows how far yours agrees.

A seed makes randomness repeatable: after `np.random.seed(7)` NumPy draws the same numbers each time, on every machine.
That is why `sample` takes one, and why two right solutions write the same names."""
