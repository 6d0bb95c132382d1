"""The words of the assignment: the story, the equations, and each function's signature and docstring."""

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

After each there is a cell that grades it. It tells where your function first leaves the right path and what kind of
mistake that looks like. From a terminal, `dino grade` with this notebook's file name grades all four."""

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

EXERCISES = {
    "clip": (
        r"""## 1. Clipping

Over many letters gradients can grow without bound, and one huge step would ruin the weights. So each *element* of each
gradient is brought into the interval from $-m$ to $m$, where $m$ is `maxValue`: what is beyond an end becomes that end,
what is inside stays as it is. Who calls `clip` may still need the gradients as they were, so leave them alone and
return new arrays.""",
        '''def clip(gradients, maxValue):
    """Bring every element of the gradients into the interval from -maxValue to maxValue.

    Args:
        gradients: a dictionary with the arrays dWax, dWaa, dWya, db and dby; it is not changed.
        maxValue: a number above 0.

    Returns:
        A dictionary with the same keys and new, clipped arrays.
    """''',
    ),
    "sample": (
        r"""## 2. Sampling

A trained network writes by *drawing* each letter with the probability that it gives it, and by reading what it has just
drawn. Begin with a zero input and a zero hidden state. At each step compute the new state and the probabilities, draw
an index, add it to the list, and make it the next input.

So that a result can be checked, the draws are to be the same for everyone: right before draw number $k$ (counted from
0), call `np.random.seed(seed + 2 * k)`, then take one index with `np.random.choice`.

A name ends when a newline has been drawn, which belongs to the list. It also ends after 50 characters: whenever the
count has reached 50, a newline is added behind them, whatever the 50th was.""",
        '''def sample(parameters, char_to_ix, seed):
    """Let the network write one name.

    Args:
        parameters: a dictionary with Wax, Waa, Wya, b and by.
        char_to_ix: the index of each character; its entries may stand in any order.
        seed: draw number k uses seed + 2 * k.

    Returns:
        A list of indices that ends with the newline's.
    """''',
    ),
    "optimize": (
        r"""## 3. One step of training

Run forward through one name for the loss, backward for the gradients, clip these at 5, and take one step of gradient
descent: $W \leftarrow W - \alpha\, dW$ with the learning rate $\alpha$, for each parameter, in the dictionary that was
given. At your service:

- `rnn_forward(X, Y, a_prev, parameters)` returns the loss and a cache,
- `rnn_backward(X, Y, parameters, cache)` returns the gradients and a dictionary of hidden states: `a[t]` is the one
  after time step `t`, and `a[-1]` is `a_prev`,
- `update_parameters(parameters, gradients, learning_rate)` takes the step in place.""",
        '''def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    """Learn from one name.

    Args:
        X: a list of indices, the inputs; None stands for the zero vector.
        Y: a list of indices, what should follow each input.
        a_prev: the hidden state before, (n_a, 1).
        parameters: updated in place.
        learning_rate: of gradient descent.

    Returns:
        The loss, the clipped gradients, and the hidden state after the last time step, (n_a, 1).
    """''',
    ),
    "model": (
        r"""## 4. Training on all names

1. Draw the parameters with `initialize_parameters`, and start the running loss with
   `get_initial_loss(vocab_size, dino_names)`.
2. Make a list of your own of the names, each stripped of blanks around it. Call `np.random.seed(0)`, then shuffle that
   list with `np.random.shuffle`. The caller's list stays as it was.
3. The hidden state starts as zeros and carries over from each name to the next.
4. Iteration number `j`, from 0, learns from the name at place `j` of the list; behind its end the list begins anew.
   The inputs X are `None`, then the name's letters; the labels Y are the letters, then the newline. The learning rate
   is 0.01. Keep the running loss with `smooth`.
5. At iteration 0 and every 2,000 after, print `Iteration: %d, Loss: %f` with the running loss, and an empty line. Then
   sample `dino_names` names with the seeds 0, 1, 2, … and print each in a line, by way of `get_sample`; at the end
   `print("\n")`.

Return the parameters, and the last name that was sampled as `get_sample` gave it, newline and all; `"abc"` if none
was.""",
        '''def model(
    data_x, ix_to_char, char_to_ix, num_iterations=35000, n_a=50, dino_names=7, vocab_size=27, verbose=False
):
    """Train on names, and print a few samples every 2,000 iterations.

    Args:
        data_x: a list of names.
        ix_to_char: the character of each index.
        char_to_ix: the index of each character.
        num_iterations: how many names are learned from.
        n_a: hidden units.
        dino_names: how many names are sampled at a time.
        vocab_size: how many characters there are.
        verbose: you may print more if it is true.

    Returns:
        The parameters, and the last name that was sampled.
    """''',
    ),
}

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
