"""Known mistakes in ``model``."""

from dino.grading.mistakes import Mistake

INITIAL = "parameters = initialize_parameters(n_a, vocab_size, vocab_size)"
LOSS = "loss = get_initial_loss(vocab_size, dino_names)"
NAMES = "examples = [name.strip() for name in data_x]"
SEED = "np.random.seed(0)"
SHUFFLE = "np.random.shuffle(examples)"
STATE = "a_prev = np.zeros((n_a, 1))"
LOOP = "for j in range(num_iterations):"
EXAMPLE = "example = examples[j % len(examples)]"
X = "X = [None, *letters]"
Y = 'Y = [*letters, char_to_ix["\\n"]]'
STEP = "cur_loss, _, a_prev = optimize(X, Y, a_prev, parameters, learning_rate=0.01)"
SMOOTH = "loss = smooth(loss, cur_loss)"
REPORT = "if j % 2000 == 0:"
SEEDS = "for seed in range(dino_names):"
SAMPLE = "last_name = get_sample(sample(parameters, char_to_ix, seed), ix_to_char)"
RETURN = "return parameters, last_name"


def _m(
    name: str, old: str, new: str, diagnosis: str, hint: str, *more: tuple[str, str], fixed: bool = False
) -> Mistake:
    return Mistake("model", name, diagnosis, hint, ((old, new), *more), fixed)


_PAIRS = "Write X and Y of a name of two letters below each other: what should follow what?"
_ORDER = "Which names come in which order, and what decides it?"
_TURN = "Which name does iteration j learn from, when there are more iterations than names?"
_REPORTS = "A report comes at iteration 0 and every 2,000 after: the smoothed loss, then dino_names names."
_SIZES = "Look for a number in your code that an argument should give."

MISTAKES = (
    _m(
        "index not wrapped",
        EXAMPLE,
        "example = examples[j]",
        "The index of the name runs past the end of the list.",
        _TURN,
    ),
    _m(
        "always the first",
        EXAMPLE,
        "example = examples[0]",
        "Every iteration learns from the same name.",
        _TURN,
    ),
    _m(
        "starts with the second",
        EXAMPLE,
        "example = examples[(j + 1) % len(examples)]",
        "The first iteration learns from the second name.",
        _TURN,
    ),
    _m(
        "backwards",
        EXAMPLE,
        "example = examples[-1 - j % len(examples)]",
        "The names are gone through from the last to the first.",
        _TURN,
    ),
    _m(
        "wrapped at the number of iterations",
        EXAMPLE,
        "example = examples[j % min(len(examples), num_iterations) - 1]",
        "The index of the name is one too low, so that it begins with the last.",
        _TURN,
    ),
    _m(
        "a name at random",
        EXAMPLE,
        "example = examples[np.random.randint(len(examples))]",
        "Each iteration draws a name at random in place of taking the next one.",
        _TURN,
    ),
    _m(
        "None missing",
        X,
        "X = letters",
        "X begins with the first letter: the blank input before it (None) is missing.",
        _PAIRS,
        (Y, 'Y = [*letters[1:], char_to_ix["\\n"]]'),
    ),
    _m(
        "newline for None",
        X,
        'X = [char_to_ix["\\n"], *letters]',
        "X begins with a newline in place of the blank input (None).",
        _PAIRS,
    ),
    _m(
        "zero for None",
        X,
        "X = [0, *letters]",
        "X begins with index 0 in place of the blank input (None).",
        _PAIRS,
    ),
    _m(
        "labels not shifted",
        Y,
        'Y = [*letters, char_to_ix["\\n"]]',
        "The network is to predict the letter that it has just read: the labels are not shifted against the inputs.",
        _PAIRS,
        (X, 'X = [*letters, char_to_ix["\\n"]]'),
    ),
    _m("no newline label", Y, "Y = letters", "The closing newline is missing from the labels.", _PAIRS),
    _m(
        "no end",
        X,
        "X = [None, *letters[:-1]]",
        "The network never learns how a name ends: the last letter's own label, the newline, is left out.",
        _PAIRS,
        (Y, "Y = letters"),
    ),
    _m(
        "newline label 0",
        Y,
        "Y = [*letters, 0]",
        "The newline's index is taken to be 0, whatever the dictionary says.",
        "Where can the index of a character be looked up?",
        fixed=True,
    ),
    _m(
        "newline in X too",
        X,
        'X = [None, *letters, char_to_ix["\\n"]]',
        "X and Y end with a newline each, so that Y is one short of X.",
        _PAIRS,
    ),
    _m(
        "Y is X",
        Y,
        "Y = X",
        "X and Y are one and the same list.",
        "A second name for a list is no second list.",
        (X, "X = [None, *letters]"),
    ),
    _m(
        "append's result kept",
        Y,
        'Y = letters.append(char_to_ix["\\n"])',
        "Y is what append returns, which is None.",
        "append changes the list; what does it return?",
    ),
    _m(
        "state not carried",
        STEP,
        STEP.replace("_, a_prev =", "_, _ ="),
        "Each name starts from a hidden state of zeros: the state is not carried over.",
        "What does optimize return last, and who needs it?",
    ),
    _m(
        "state begins with ones",
        STATE,
        "a_prev = np.ones((n_a, 1))",
        "The first hidden state is ones in place of zeros.",
        "What does the network remember before the first name?",
    ),
    _m("no shuffle", SHUFFLE, "pass", "The names are not shuffled.", _ORDER),
    _m(
        "seed not set for the shuffle",
        SEED,
        "pass",
        "The names are shuffled without setting the seed first.",
        _ORDER,
    ),
    _m(
        "another seed for the shuffle",
        SEED,
        "np.random.seed(1)",
        "The names are shuffled after seed 1 in place of 0.",
        _ORDER,
    ),
    _m(
        "shuffled by random",
        SHUFFLE,
        "__import__('random').Random(0).shuffle(examples)",
        "The names are shuffled by Python's random in place of NumPy's.",
        _ORDER,
    ),
    _m("shuffled twice", SHUFFLE, f"{SHUFFLE}\n    {SHUFFLE}", "The names are shuffled twice.", _ORDER),
    _m(
        "shuffled before the seed",
        SEED,
        SHUFFLE,
        "The names are shuffled before the seed is set.",
        _ORDER,
        ("    np.random.shuffle(examples)\n    a_prev", "    np.random.seed(0)\n    a_prev"),
    ),
    _m(
        "sorted",
        SHUFFLE,
        f"{SHUFFLE}\n    examples.sort()",
        "The names are put into alphabetical order.",
        _ORDER,
    ),
    _m(
        "duplicates dropped",
        NAMES,
        "examples = list(dict.fromkeys(name.strip() for name in data_x))",
        "A name that is listed twice is learned from once.",
        _ORDER,
    ),
    _m(
        "not stripped",
        NAMES,
        "examples = list(data_x)",
        "The names keep the blanks around them.",
        "What may stand before and after a name in a file?",
    ),
    _m(
        "caller's list shuffled",
        NAMES,
        "for place, name in enumerate(data_x):\n        data_x[place] = name.strip()\n    examples = data_x",
        "The names are stripped or shuffled in the caller's own list.",
        "A second name for a list is no second list.",
    ),
    *(
        _m(
            f"rate {rate}",
            STEP,
            STEP.replace("0.01", str(rate)),
            f"The learning rate is {rate}.",
            "Look the learning rate up in the assignment.",
        )
        for rate in (0.001, 0.1, 0.05)
    ),
    _m(
        "no step",
        STEP,
        f"parameters = copy.deepcopy(parameters)\n        {STEP.replace('parameters,', 'copy.deepcopy(parameters),')}",
        "The step of training is made on a copy, so the parameters never change.",
        "Whose dictionary does optimize update?",
    ),
    _m(
        "two steps",
        STEP,
        f"{STEP}\n        {STEP}",
        "Each iteration makes two steps on its name.",
        "Count the steps of gradient descent.",
    ),
    _m(
        "updated again",
        STEP,
        STEP.replace("_, a_prev", "gradients, a_prev")
        + "\n        update_parameters(parameters, gradients, 0.01)",
        "The parameters are updated once more after optimize has done so.",
        "What does optimize do besides computing?",
    ),
    _m(
        "X and Y exchanged",
        STEP,
        STEP.replace("X, Y", "Y, X[1:] + Y[-1:]"),
        "Inputs and labels change places on their way into optimize.",
        "In which order does optimize take its arguments?",
    ),
    _m(
        "initialised anew",
        EXAMPLE,
        f"{EXAMPLE}\n        if j == len(examples):\n            {INITIAL}",
        "The parameters are drawn anew after the list has been gone through once.",
        "What of the network should outlive one round?",
    ),
    _m(
        "one iteration less",
        LOOP,
        "for j in range(num_iterations - 1):",
        "The last iteration is not run.",
        "How many values does range(n) give, and which is the last?",
    ),
    _m(
        "one iteration more",
        LOOP,
        "for j in range(num_iterations + 1):",
        "One iteration too many is run.",
        "How many values does range(n) give, and which is the last?",
    ),
    _m(
        "counted from 1",
        LOOP,
        "for j in range(1, num_iterations + 1):",
        "The iterations are counted from 1, so that the second name comes first.",
        "Which number has the first iteration?",
    ),
    _m(
        "one round only",
        LOOP,
        "for j in range(min(num_iterations, len(examples))):",
        "Training ends when every name has come once.",
        _TURN,
    ),
    _m(
        "n_a fixed",
        INITIAL,
        INITIAL.replace("n_a", "50"),
        "The network has 50 hidden units, whatever n_a says.",
        _SIZES,
        (STATE, "a_prev = np.zeros((50, 1))"),
        fixed=True,
    ),
    _m(
        "n_a fixed in the state",
        STATE,
        "a_prev = np.zeros((50, 1))",
        "The first hidden state has 50 units, whatever n_a says.",
        _SIZES,
        fixed=True,
    ),
    _m(
        "vocabulary fixed",
        INITIAL,
        INITIAL.replace("vocab_size", "27"),
        "The network has 27 characters, whatever vocab_size says.",
        _SIZES,
        fixed=True,
    ),
    _m(
        "vocabulary fixed in the loss",
        LOSS,
        LOSS.replace("vocab_size", "27"),
        "The smoothed loss starts as that of 27 characters, whatever vocab_size says.",
        _SIZES,
        fixed=True,
    ),
    _m(
        "names fixed in the loss",
        LOSS,
        LOSS.replace("dino_names", "7"),
        "The smoothed loss starts as that of 7 characters, whatever dino_names says.",
        _SIZES,
        fixed=True,
    ),
    _m(
        "seven names",
        SEEDS,
        "for seed in range(7):",
        "Seven names are sampled, whatever dino_names says.",
        _SIZES,
        fixed=True,
    ),
    _m(
        "one name less",
        SEEDS,
        "for seed in range(dino_names - 1):",
        "One name too few is sampled.",
        "How many values does range(n) give?",
    ),
    _m(
        "loss not smoothed",
        SMOOTH,
        "loss = cur_loss",
        "The loss reported is that of one name, not the smoothed one.",
        _REPORTS,
    ),
    _m(
        "loss smoothed the wrong way",
        SMOOTH,
        "loss = smooth(cur_loss, loss)",
        "The running loss and the current one change places in smooth.",
        "Which of the two should count for almost all?",
    ),
    _m(
        "loss never updated",
        SMOOTH,
        "smooth(loss, cur_loss)",
        "The smoothed loss is computed but stored nowhere.",
        _REPORTS,
    ),
    _m(
        "loss begins at zero",
        LOSS,
        "loss = 0",
        "The smoothed loss starts at zero.",
        "What does a network lose that knows nothing yet?",
    ),
    _m(
        "all names with one seed",
        SAMPLE,
        SAMPLE.replace(", seed)", ", 0)"),
        "All names of a report are sampled with the same seed.",
        "What makes two names of one report differ?",
    ),
    _m(
        "seeds from 1",
        SEEDS,
        "for seed in range(1, dino_names + 1):",
        "The names of a report are sampled with seeds from 1, not from 0.",
        "Which seed has the first name of a report?",
    ),
    _m(
        "seeds go on",
        SEEDS,
        "for seed in range(j // 2000 * dino_names, (j // 2000 + 1) * dino_names):",
        "The seeds go on from one report to the next, where each report begins with 0.",
        "Which seed has the first name of a report?",
    ),
    _m("report every 1,000", REPORT, "if j % 1000 == 0:", "A report comes every 1,000 iterations.", _REPORTS),
    _m(
        "report at the end of each 2,000",
        REPORT,
        "if (j + 1) % 2000 == 0:",
        "The report comes one iteration early, and none at iteration 0.",
        _REPORTS,
    ),
    _m("no report at 0", REPORT, "if j and j % 2000 == 0:", "There is no report at iteration 0.", _REPORTS),
    _m(
        "name without its newline",
        SAMPLE,
        SAMPLE.replace("ix_to_char)", "ix_to_char).strip()"),
        "The last name is returned without its newline.",
        "Look at where the newline is taken off: for printing, or for good?",
    ),
    _m(
        "name never kept",
        SAMPLE,
        SAMPLE.replace("last_name =", "name ="),
        "The last name returned is not the last one sampled: it stays what it was at first.",
        "Which variable do you return, and who sets it?",
        ("print(last_name", "print(name"),
    ),
    _m("nothing sampled", SEEDS, "for seed in []:", "No names are sampled.", _REPORTS),
    _m(
        "only parameters",
        RETURN,
        "return parameters",
        "Only the parameters are returned; the last name is missing.",
        "Compare the return line with the docstring.",
    ),
    _m(
        "returned in the other order",
        RETURN,
        "return last_name, parameters",
        "The last name and the parameters are returned in each other's place.",
        "Compare the return line with the docstring.",
    ),
    _m("nothing returned", RETURN, "pass", "Nothing is returned (None).", "What does the caller get?"),
    _m(
        "returned from inside the loop",
        '            print("\\n")\n',
        '            print("\\n")\n        return parameters, last_name\n',
        "The function returns after its first iteration: the return line stands inside the loop.",
        "How far is your return line indented?",
    ),
)
