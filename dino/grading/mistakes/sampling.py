"""Known mistakes in ``sample``."""

from dino.grading.mistakes import Mistake

STATE = "a = np.tanh(Wax @ x + Waa @ a + b)"
SCORES = "y = softmax(Wya @ a + by)"
SEED = "np.random.seed(seed + 2 * count)"
DRAW = "index = int(np.random.choice(range(size), p=y.ravel()))"
APPEND = "indices.append(index)"
LOOP = "while count < 50:"
STOP = "        if index == newline:\n            break\n"
RESET = "        x = np.zeros((size, 1))\n        x[index] = 1\n"
CLOSING = "    if count == 50:\n        indices.append(newline)\n"
FIRST_INPUT = "    x = np.zeros((size, 1))\n    a = "
NEWLINE = 'newline = char_to_ix["\\n"]'
RETURN = "return indices"


def _m(
    name: str, old: str, new: str, diagnosis: str, hint: str, *more: tuple[str, str], fixed: bool = False
) -> Mistake:
    return Mistake("sample", name, diagnosis, hint, ((old, new), *more), fixed)


_SEEDING = "The seed decides every draw: which seed does draw number 0 have, which one draw number 1, which one draw number 2?"
_EQUATIONS = "Hold each line beside its equation: is every weight and bias in its place?"
_STEP = "What must change from one draw to the next, and what must start afresh?"
_END = "Two things end a name: a newline, and the count of characters. What stands last in either case?"

MISTAKES = (
    _m(
        "seed not set",
        SEED,
        "pass",
        "The seed is never set, so the draws depend on what ran before.",
        _SEEDING,
    ),
    _m(
        "seed set once",
        LOOP,
        f"np.random.seed(seed)\n    {LOOP}",
        "The seed is set once before the loop, not before each draw.",
        _SEEDING,
        (SEED, "pass"),
    ),
    _m(
        "seed not advanced", SEED, "np.random.seed(seed)", "The same seed is set before every draw.", _SEEDING
    ),
    _m(
        "seed advanced by one",
        SEED,
        "np.random.seed(seed + count)",
        "The seed grows by one from draw to draw: either the counter is not added to it, or it is not advanced itself.",
        _SEEDING,
    ),
    _m(
        "seed starts late",
        SEED,
        "np.random.seed(seed + 2 * count + 1)",
        "The seed is advanced once before the first draw.",
        _SEEDING,
    ),
    _m(
        "counter for seed",
        SEED,
        "np.random.seed(2 * count)",
        "The argument seed plays no part in the draws.",
        _SEEDING,
    ),
    _m(
        "three a draw",
        SEED,
        "np.random.seed(seed + 3 * count)",
        "The seed grows by three from draw to draw.",
        _SEEDING,
    ),
    _m(
        "an extra draw",
        DRAW,
        f"np.random.rand()\n        {DRAW}",
        "A random number is drawn between setting the seed and choosing the letter.",
        "After a seed, which number does the choice get: the first, or the second?",
    ),
    _m(
        "two-dimensional p",
        DRAW,
        DRAW.replace("y.ravel()", "y"),
        "The probabilities are handed to np.random.choice as a column; it wants one dimension.",
        "What shape does y have, and what shape does p want?",
    ),
    _m(
        "no probabilities",
        DRAW,
        DRAW.replace(", p=y.ravel()", ""),
        "Every letter is drawn with the same chance; the network's probabilities are not used.",
        "How does the choice learn what the network thinks?",
    ),
    _m(
        "choices from the dictionary's values",
        DRAW,
        DRAW.replace("range(size)", "list(char_to_ix.values())"),
        "The letters to choose among are the dictionary's values in the order of its entries, which need not be 0, 1, 2, …",
        "Probability number i belongs to index i; where does your list have index i?",
    ),
    _m(
        "position for index",
        DRAW,
        DRAW + "\n        index = list(char_to_ix.values())[index]",
        "The index drawn is taken for a place among the dictionary's entries.",
        "Is what np.random.choice returns here already an index?",
    ),
    _m(
        "the likeliest letter",
        DRAW,
        "index = int(np.argmax(y))",
        "The most likely letter is taken, where one should be drawn by its probability.",
        "With the most likely letter every time, how many different names are there?",
    ),
    _m(
        "state dropped",
        STATE,
        "state = np.tanh(Wax @ x + Waa @ a + b)",
        "The hidden state stays zero: each step forgets the one before.",
        _STEP,
        (SCORES, SCORES.replace("@ a", "@ state")),
    ),
    _m(
        "scores from the old state",
        STATE,
        f"old = a\n        {STATE}",
        "The probabilities are computed from the state of the step before.",
        _EQUATIONS,
        (SCORES, SCORES.replace("@ a", "@ old")),
    ),
    _m(
        "input not reset",
        RESET,
        "        x[index] = 1\n",
        "The input keeps the ones of earlier letters: it is not made anew at each step.",
        _STEP,
    ),
    _m("input never fed", RESET, "", "The letter drawn is never fed back: the input stays zero.", _STEP),
    _m(
        "input a full column of ones",
        RESET,
        RESET.replace("np.zeros", "np.ones"),
        "The next input is ones everywhere, not only at the letter drawn.",
        _STEP,
    ),
    _m(
        "begins with a newline",
        FIRST_INPUT,
        FIRST_INPUT.replace("\n", "\n    x[newline] = 1\n", 1),
        "The first input is the newline in place of zeros.",
        "What has been written before the first letter?",
    ),
    _m(
        "begins with ones",
        FIRST_INPUT,
        FIRST_INPUT.replace("np.zeros", "np.ones"),
        "The first input is ones in place of zeros.",
        "What has been written before the first letter?",
    ),
    _m(
        "state begins with ones",
        "a = np.zeros((len(b), 1))",
        "a = np.ones((len(b), 1))",
        "The first hidden state is ones in place of zeros.",
        "What does the network remember before the first letter?",
    ),
    _m(
        "b forgotten",
        STATE,
        STATE.replace(" + b", ""),
        "The bias b of the hidden state is forgotten.",
        _EQUATIONS,
    ),
    _m(
        "by forgotten",
        SCORES,
        SCORES.replace(" + by", ""),
        "The bias by of the output is forgotten.",
        _EQUATIONS,
    ),
    _m(
        "both biases forgotten",
        STATE,
        STATE.replace(" + b", ""),
        "Both biases, b and by, are forgotten.",
        _EQUATIONS,
        (SCORES, SCORES.replace(" + by", "")),
    ),
    _m(
        "Waa forgotten",
        STATE,
        STATE.replace("Waa @ a", "a"),
        "The state of before is added without its weights Waa.",
        _EQUATIONS,
    ),
    _m(
        "Waa transposed",
        STATE,
        STATE.replace("Waa @", "Waa.T @"),
        "The recurrent weights Waa are transposed.",
        _EQUATIONS,
    ),
    _m(
        "no tanh", STATE, STATE.replace("np.tanh", ""), "The tanh of the hidden state is missing.", _EQUATIONS
    ),
    _m(
        "sigmoid for tanh",
        STATE,
        "a = 1 / (1 + np.exp(-(Wax @ x + Waa @ a + b)))",
        "The hidden state goes through a sigmoid, not through tanh.",
        _EQUATIONS,
    ),
    _m(
        "no softmax",
        SCORES,
        SCORES.replace("softmax", ""),
        "The scores are used as probabilities: the softmax is missing.",
        _EQUATIONS,
    ),
    _m(
        "softmax twice",
        SCORES,
        "y = softmax(softmax(Wya @ a + by))",
        "The softmax is taken twice.",
        _EQUATIONS,
    ),
    _m(
        "not normalised",
        SCORES,
        SCORES.replace("softmax", "np.exp"),
        "The exponentials are not divided by their sum, so they are no probabilities.",
        "What must probabilities add up to?",
    ),
    _m(
        "closing newline missing",
        CLOSING,
        "",
        "A name that is cut after 50 characters has no newline at its end.",
        _END,
    ),
    _m(
        "closing newline always",
        CLOSING,
        "    indices.append(newline)\n",
        "A newline is appended to every name, also to one that has ended with a newline.",
        _END,
    ),
    _m(
        "closing newline unless there",
        CLOSING,
        CLOSING.replace("count == 50", "indices[-1] != newline"),
        "Where the 50th character is a newline, none is appended after it.",
        "The rule looks at the count alone: what has it reached in that case?",
    ),
    _m(
        "limit of 49",
        LOOP,
        "while count < 49:",
        "A name is cut after 49 characters.",
        _END,
        ("count == 50", "count == 49"),
    ),
    _m(
        "limit of 51",
        LOOP,
        "while count < 51:",
        "A name is cut after 51 characters.",
        _END,
        ("count == 50", "count == 51"),
    ),
    _m(
        "limit of 51 without newline",
        LOOP,
        "while count <= 50:",
        "The loop runs once too often, so the count passes 50 and the closing newline is never appended.",
        _END,
    ),
    _m(
        "no limit",
        LOOP,
        "while True:\n        if count > 2000:\n            raise EndlessLoop",
        "A name that never comes to a newline goes on for ever: there is no limit of 50 characters, or the counter stands still.",
        "Which two conditions end the loop, and which one of them could never come true?",
    ),
    _m(
        "counter never advanced",
        SEED,
        "if count > 2000:\n            raise EndlessLoop\n        np.random.seed(seed + count)",
        "The counter is never advanced: the seeds grow by one, and a name that has no newline goes on for ever.",
        "Which line makes the counter grow?",
        (LOOP, "while True:"),
    ),
    _m(
        "newline dropped",
        STOP,
        STOP.replace("break", "indices.pop()\n            break"),
        "The newline that ends a name is not among the indices.",
        _END,
    ),
    _m(
        "newline taken for 0",
        NEWLINE,
        "newline = 0",
        "The newline's index is taken to be 0, whatever the dictionary says.",
        "Where can the index of a character be looked up?",
        fixed=True,
    ),
    _m(
        "27 characters",
        DRAW,
        DRAW.replace("range(size)", "range(27)"),
        "The vocabulary is taken to have 27 characters.",
        "Which argument knows how many characters there are?",
        fixed=True,
    ),
    _m(
        "27 everywhere",
        "size = len(by)",
        "size = 27",
        "The vocabulary is taken to have 27 characters.",
        "Which argument knows how many characters there are?",
        fixed=True,
    ),
    _m(
        "100 hidden units",
        "a = np.zeros((len(b), 1))",
        "a = np.zeros((100, 1))",
        "The hidden state is taken to have 100 units.",
        "Which argument knows how many hidden units there are?",
        fixed=True,
    ),
    _m(
        "append's result kept",
        APPEND,
        "indices = indices.append(index)",
        "The list is replaced by what append returns, which is None.",
        "append changes the list; what does it return?",
    ),
    _m(
        "text returned",
        RETURN,
        "return [chr(96 + index) if index else '\\n' for index in indices]",
        "Letters are returned in place of their indices.",
        "The docstring says what the list holds.",
    ),
    _m(
        "only the last index",
        RETURN,
        "return indices[-1]",
        "Only the last index is returned.",
        "Which list did you fill on the way?",
    ),
    _m("nothing returned", RETURN, "pass", "Nothing is returned (None).", "What does the caller get?"),
    _m(
        "indices as columns",
        APPEND,
        "indices.append([index])",
        "Each index lies in a list of its own.",
        "What shape has one entry of your list?",
    ),
)
