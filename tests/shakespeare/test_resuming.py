"""What a checkpoint says: each number that no run could have written is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from charlm.errors import ModelFileError, WrongCall
from charlm.run.checkpoints import Checkpoint
from shakespeare.resuming import network_in, position, require_like

NAN, INF = float("nan"), float("inf")
PATH = Path("run.keras.checkpoint")
BATCHES = 5
KEPT = {
    "best": [1, 2.5],
    "history": [[0.2, 3.0, None], [1.0, 2.8, 2.5]],
    "epochs": [[2.9, 2.5]],
    "taken": [1, 2.9],
}
GOOD = Checkpoint(
    {},
    {"epochs": 3, "epoch": 1, "batches": 2, "kept": KEPT, "patience": [0, 2.5]},
    {"model/0": np.ones((2, 3), np.float32), "kept/0": np.ones(3, np.float32)},
)


def refused(call, *arguments):
    with pytest.raises(ModelFileError, match="is not a checkpoint as this version writes it") as error:
        call(*arguments)
    assert len(str(error.value)) < 300


def test_a_good_one():
    assert position(None, PATH, 3, BATCHES) == (0, 0)
    assert position(GOOD, PATH, 3, BATCHES) == (1, 2)
    require_like(GOOD, GOOD.arrays, PATH)
    with pytest.raises(WrongCall, match="--epochs must be at least as many"):
        position(GOOD, PATH, 1, BATCHES)


def test_one_of_the_first_moment_without_patience():
    kept = {"best": None, "history": [], "epochs": [], "taken": [0, 0.0]}
    progress = {"epochs": 3, "epoch": 0, "batches": 0, "kept": kept, "patience": None}
    assert position(replace(GOOD, progress=progress), PATH, 3, BATCHES) == (0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": "x"},
        {"epoch": INF},
        {"epoch": 0.5},
        {"epoch": True},
        {"epoch": "1" * 10_000},
        {"epochs": {"a": "b"}},
        {"batches": BATCHES + 1},
        {"batches": -1},
        {"batches": INF},
        {"kept": {}},
        {"kept": None},
        {"patience": [1]},
        {"patience": ["a", None]},
        {"patience": [0, "b"]},
        {"patience": [0, 10**400]},
    ],
)
def test_progress_that_makes_no_sense(changes):
    refused(position, replace(GOOD, progress={**GOOD.progress, **changes}), PATH, 3, BATCHES)


@pytest.mark.parametrize(
    "changes",
    [
        {"best": ["a", "b"]},
        {"best": [2, 2.5]},
        {"best": [1, NAN]},
        {"best": [1, 2, 3]},
        {"history": [["a", "b", "c"]]},
        {"history": [[0.1, INF, None]]},
        {"history": []},
        {"epochs": [["a", "b"]]},
        {"epochs": []},
        {"epochs": 1},
        {"taken": [INF, 0.0]},
        {"taken": [BATCHES, 0.0]},
        {"taken": [0, NAN]},
    ],
)
def test_losses_that_make_no_sense(changes):
    progress = {**GOOD.progress, "kept": {**KEPT, **changes}}
    refused(position, replace(GOOD, progress=progress), PATH, 3, BATCHES)


@pytest.mark.parametrize(
    "array",
    [
        None,
        np.ones((3, 2), np.float32),
        np.ones((2, 3), np.float64),
        np.full((2, 3), "abc"),
        np.full((2, 3), np.nan, np.float32),
        np.full((2, 3), np.inf, np.float32),
    ],
)
def test_arrays_that_do_not_fit(array):
    arrays = {name: other for name, other in {**GOOD.arrays, "model/0": array}.items() if other is not None}
    refused(require_like, replace(GOOD, arrays=arrays), GOOD.arrays, PATH)


def test_one_of_names_is_of_another_run():
    with pytest.raises(WrongCall, match="is of another run, which did not train a network of poems"):
        network_in(Checkpoint({}, {"step": 3}, {}), PATH)
