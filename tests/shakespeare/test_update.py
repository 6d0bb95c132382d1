"""One update: dropout's masks, and that a batch may be cut into parts."""

import numpy as np
import pytest
import tensorflow as tf

from shakespeare.update import dropped

KEY = np.array([7], np.uint64)


def mask(rows, first=0, *, layer=0, key=KEY, rate=0.25, shape=(5, 6)):
    values = tf.ones((rows, *shape))
    return dropped(rate, key, np.uint64(first))(values, layer).numpy()


def test_a_row_s_mask_does_not_depend_on_how_the_batch_is_cut():
    whole = mask(8)
    for cut in (1, 3, 7):
        np.testing.assert_array_equal(np.concatenate([mask(cut), mask(8 - cut, cut)]), whole)


def test_masks_differ_by_row_layer_and_update():
    whole = mask(4)
    assert len({row.tobytes() for row in whole}) == 4
    assert (whole != mask(4, layer=1)).any()
    assert (whole != mask(4, key=np.array([8], np.uint64))).any()


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5])
def test_the_rate_is_what_is_left_out_and_the_mean_stays(rate):
    values = mask(64, rate=rate, shape=(50, 64))
    count = values.size
    deviations = (np.mean(values == 0) - rate) * np.sqrt(count / (rate * (1 - rate)))
    assert abs(deviations) < 4
    np.testing.assert_allclose(np.unique(values), [0, 1 / (1 - rate)], rtol=1e-6)


def test_nothing_is_left_out_at_a_rate_of_0():
    assert (mask(2, rate=0) == 1).all()
