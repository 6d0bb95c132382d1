"""Known mistakes in ``optimize``."""

from dino.grading.mistakes import Mistake

FORWARD = "loss, cache = rnn_forward(X, Y, a_prev, parameters)"
CLIP = "gradients = clip(gradients, 5)"
UPDATE = "update_parameters(parameters, gradients, learning_rate)"
STATE = "a[len(X) - 1]"
RETURN = f"return loss, gradients, {STATE}"


def _state(name: str, state: str, what: str, hint: str) -> Mistake:
    return Mistake("optimize", name, f"The hidden state returned is {what}.", hint, ((STATE, state),))


def _update(name: str, update: str, diagnosis: str, hint: str, *, fixed: bool = False) -> Mistake:
    return Mistake("optimize", name, diagnosis, hint, ((UPDATE, update),), fixed)


MISTAKES = (
    Mistake(
        "optimize",
        "no clipping",
        "The gradients are not clipped, or what clip returns is stored nowhere.",
        "clip leaves its argument as it was; follow what it returns.",
        ((CLIP, "clip(gradients, 5)"),),
    ),
    Mistake(
        "optimize",
        "clipping after the update",
        "The gradients are clipped only after the update has used them.",
        "Write the four steps down in the order in which each needs the one before.",
        ((CLIP, "pass"), (UPDATE, f"{UPDATE}\n    {CLIP}")),
    ),
    Mistake(
        "optimize",
        "unclipped gradients returned",
        "The update uses the clipped gradients, but those from before clipping are returned.",
        "Which name holds the clipped ones, and which do you return?",
        ((CLIP, "clipped = clip(gradients, 5)"), (UPDATE, UPDATE.replace("gradients", "clipped"))),
    ),
    *(
        Mistake(
            "optimize",
            f"clipped at {bound}",
            f"The gradients are clipped at {bound}.",
            "Look the bound of the clipping up in the assignment.",
            ((CLIP, f"gradients = clip(gradients, {bound})"),),
        )
        for bound in (1, 10)
    ),
    Mistake(
        "optimize",
        "clipped at the learning rate",
        "The gradients are clipped at the learning rate.",
        "Two numbers are at work here; which one bounds the gradients?",
        ((CLIP, "gradients = clip(gradients, learning_rate)"),),
    ),
    _update(
        "no update",
        "pass",
        "The parameters are not updated.",
        "What of the network has changed after one step of training?",
    ),
    _update(
        "update of a copy",
        UPDATE.replace("parameters,", "copy.deepcopy(parameters),"),
        "The update is made on a copy, so the caller's parameters stay as they were.",
        "Whose dictionary is to hold the new weights?",
    ),
    _update(
        "two updates",
        f"{UPDATE}\n    {UPDATE}",
        "The parameters are updated twice.",
        "Count the steps of gradient descent.",
    ),
    _update(
        "rate fixed at 0.01",
        UPDATE.replace("learning_rate", "0.01"),
        "The learning rate is always 0.01, whatever the argument says.",
        "Look for a number in your code that an argument should give.",
        fixed=True,
    ),
    _update(
        "rate fixed at 1",
        UPDATE.replace("learning_rate", "1.0"),
        "The whole gradient is subtracted, without the learning rate.",
        "How long should a step be?",
        fixed=True,
    ),
    _update(
        "uphill",
        UPDATE.replace("learning_rate", "-learning_rate"),
        "The parameters move along the gradient, so the loss grows.",
        "In which direction does the loss fall?",
    ),
    _update(
        "biases not updated",
        "for name in ('Wax', 'Waa', 'Wya'):\n"
        "        parameters[name] -= learning_rate * gradients['d' + name]",
        "The weights are updated, the biases are not.",
        "Count the arrays that are parameters.",
    ),
    _state(
        "first hidden state",
        "a[0]",
        "that of the first time step",
        "The next name goes on where this one ends.",
    ),
    _state(
        "state before",
        "a[-1]",
        "the one from before the first time step: a is a dictionary by time step, and its key -1 is a_prev",
        "a is no list; which key does the last time step have?",
    ),
    _state(
        "last but one",
        "a[len(X) - 2]",
        "that of the last time step but one",
        "With T time steps counted from 0, which is the last?",
    ),
    _state(
        "one too far",
        "a[len(X)]",
        "looked for one time step after the last",
        "With T time steps counted from 0, which is the last?",
    ),
    _state(
        "all states", "a", "the whole dictionary of states", "The next name needs one state to start from."
    ),
    Mistake(
        "optimize",
        "a_prev ignored",
        "The forward pass starts from zeros in place of a_prev.",
        "What carries over from one name to the next?",
        ((FORWARD, FORWARD.replace("a_prev", "np.zeros_like(a_prev)")),),
    ),
    Mistake(
        "optimize",
        "mean loss",
        "The loss returned is divided by the number of characters.",
        "Is the loss of a name a sum or a mean?",
        ((RETURN, RETURN.replace("loss", "loss / len(X)")),),
    ),
    Mistake(
        "optimize",
        "loss after the update",
        "The loss returned is that of the updated parameters.",
        "Which loss do the gradients belong to?",
        ((RETURN, f"{FORWARD}\n    {RETURN}"),),
    ),
    Mistake(
        "optimize",
        "smoothed loss",
        "The loss returned is a smoothed one.",
        "Smoothing is somebody else's work; here it is this name's own loss.",
        ((RETURN, RETURN.replace("loss", "smooth(get_initial_loss(len(parameters['by']), 7), loss)")),),
    ),
    Mistake(
        "optimize",
        "order of what is returned",
        "Gradients and loss are returned in each other's place.",
        "Compare the return line with the docstring.",
        ((RETURN, f"return gradients, loss, {STATE}"),),
    ),
    Mistake(
        "optimize",
        "parameters returned too",
        "Four values are returned: the parameters come along.",
        "The caller has the parameters already.",
        ((RETURN, f"{RETURN}, parameters"),),
    ),
    Mistake(
        "optimize",
        "nothing returned",
        "Nothing is returned (None).",
        "What does the caller get?",
        ((RETURN, "pass"),),
    ),
    Mistake(
        "optimize",
        "gradients of the mean",
        "The gradients are divided by the number of characters before they are clipped.",
        "The loss is a sum over the characters, and so are its gradients.",
        ((CLIP, "gradients = clip({name: g / len(X) for name, g in gradients.items()}, 5)"),),
    ),
)
