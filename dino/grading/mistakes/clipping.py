"""Known mistakes in ``clip``."""

from dino.grading.mistakes import Mistake

COPY = "clipped = copy.deepcopy(gradients)"
LINE = "clipped[name] = np.clip(clipped[name], -maxValue, maxValue)"
NAMES = '("dWax", "dWaa", "dWya", "db", "dby")'
RETURN = "return clipped"


def _instead(name: str, line: str, diagnosis: str, hint: str, *, fixed: bool = False) -> Mistake:
    return Mistake("clip", name, diagnosis, hint, ((LINE, line),), fixed)


def _forgotten(key: str) -> tuple[Mistake, Mistake]:
    names = NAMES.replace(f'"{key}"', "").replace(", )", ")").replace("(, ", "(").replace(", ,", ",")
    return (
        Mistake(
            "clip",
            f"{key} not clipped",
            f"{key} comes back without having been clipped.",
            "Count the arrays that your loop visits.",
            ((NAMES, names),),
        ),
        Mistake(
            "clip",
            f"{key} left out",
            f"The dictionary that is returned has no {key}.",
            "Compare the keys that go in with those that come out.",
            ((RETURN, f"clipped.pop({key!r})\n    {RETURN}"),),
        ),
    )


MISTAKES = (
    _instead(
        "result not stored",
        "np.clip(clipped[name], -maxValue, maxValue)",
        "The gradients come back as they went in: what was clipped is stored nowhere, or only in the loop's variable.",
        "Does np.clip change its argument, or return something new? And where does that go?",
    ),
    Mistake(
        "clip",
        "argument changed",
        "The values are right, but the caller's own arrays are changed: they are not copied, or only the dictionary is.",
        "A copy of a dictionary still holds the same arrays; think about what a deeper copy would be.",
        (
            (COPY, "clipped = gradients"),
            (LINE, "np.clip(clipped[name], -maxValue, maxValue, out=clipped[name])"),
        ),
    ),
    Mistake(
        "clip",
        "argument's dictionary changed",
        "The values are right, but they are stored into the caller's own dictionary.",
        "Which dictionary do you write into, and whose is it?",
        ((COPY, "clipped = gradients"),),
    ),
    _instead(
        "upper bound only",
        "clipped[name] = np.minimum(clipped[name], maxValue)",
        "Only what is above maxValue is clipped; what is far below zero passes.",
        "A gradient can explode in two directions.",
    ),
    _instead(
        "lower bound only",
        "clipped[name] = np.maximum(clipped[name], -maxValue)",
        "Only what is below -maxValue is clipped; what is far above passes.",
        "A gradient can explode in two directions.",
    ),
    *(
        _instead(
            f"threshold fixed at {bound}",
            f"clipped[name] = np.clip(clipped[name], -{bound}, {bound})",
            f"The threshold is always {bound}, whatever maxValue says.",
            "Look for a number in your code that an argument should give.",
            fixed=True,
        )
        for bound in (5, 10)
    ),
    _instead(
        "by each array's norm",
        "clipped[name] = clipped[name] * min(1, maxValue / np.linalg.norm(clipped[name]))",
        "Each array is scaled down as a whole by its norm, where each element should be clipped by itself.",
        "After element-wise clipping, an element that was small is exactly as it was.",
    ),
    Mistake(
        "clip",
        "by the norm of all",
        "All arrays are scaled down together by their common norm, where each element should be clipped by itself.",
        "After element-wise clipping, an element that was small is exactly as it was.",
        (
            (COPY, f"{COPY}\n    norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))"),
            (LINE, "clipped[name] = clipped[name] * min(1, maxValue / norm)"),
        ),
    ),
    _instead(
        "scaled by the largest",
        "clipped[name] = clipped[name] * (maxValue / np.abs(clipped[name]).max())",
        "Each array is scaled so that its largest element becomes maxValue.",
        "After element-wise clipping, an element that was small is exactly as it was.",
    ),
    _instead(
        "zero below",
        "clipped[name] = np.clip(clipped[name], 0, maxValue)",
        "Everything negative becomes zero.",
        "Write the two ends of the interval down and compare them with your code.",
    ),
    _instead(
        "sign lost",
        "clipped[name] = np.minimum(np.abs(clipped[name]), maxValue)",
        "The absolute value is clipped, so every sign is lost.",
        "Which direction would a step of gradient descent take now?",
    ),
    _instead(
        "set to zero",
        "clipped[name] = np.where(np.abs(clipped[name]) > maxValue, 0, clipped[name])",
        "What is out of range becomes 0 in place of the nearest bound.",
        "Clipping keeps the direction of a gradient that is too large.",
    ),
    _instead(
        "bounds swapped in sign",
        "clipped[name] = np.where(np.abs(clipped[name]) > maxValue, maxValue, clipped[name])",
        "What is far below zero becomes plus maxValue.",
        "Try one large negative number by hand.",
    ),
    _instead(
        "bounds the wrong way round",
        "clipped[name] = np.clip(clipped[name], maxValue, -maxValue)",
        "The lower and the upper bound change places, so that everything becomes one of them.",
        "In which order does np.clip take its bounds?",
    ),
    Mistake(
        "clip",
        "db and dby exchanged",
        "The gradients of the two biases come back under each other's key.",
        "Go through the returned dictionary key by key.",
        ((RETURN, 'clipped["db"], clipped["dby"] = clipped["dby"], clipped["db"]\n    return clipped'),),
    ),
    Mistake(
        "clip",
        "nothing returned",
        "Nothing is returned (None).",
        "What does the caller get?",
        ((RETURN, "pass"),),
    ),
    Mistake(
        "clip",
        "a tuple returned",
        "The arrays come back in a row, not in a dictionary.",
        "Return what the docstring promises.",
        ((RETURN, "return tuple(clipped.values())"),),
    ),
    *(mistake for key in ("dWax", "dWaa", "dWya", "db", "dby") for mistake in _forgotten(key)),
)
