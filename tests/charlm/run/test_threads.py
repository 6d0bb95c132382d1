"""Small matrix products keep to one thread, whoever multiplies at the same time."""

import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

import dino
import shakespeare
from charlm.run import threads
from charlm.run.threads import OneThread
from dino import names_model
from dino.fast_rnn import BackpropagationThroughTime


@pytest.fixture
def counts(monkeypatch):
    """``counts()``: how many threads NumPy's libraries have now; two of each, to begin with."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    with threadpool_limits(2, user_api="blas"):
        now = lambda: {library.get_num_threads() for library in libraries}  # noqa: E731
        if now() != {2}:
            pytest.skip("NumPy's library of products cannot be told how many threads to use")
        yield now


def test_inside_there_is_one_and_behind_it_as_many_as_before(counts):
    one = OneThread()
    with one:
        assert counts() == {1}
        with one:
            assert counts() == {1}
        assert counts() == {1}
    assert counts() == {2}
    with pytest.raises(ValueError, match="odd"), one:
        raise ValueError("odd")
    assert counts() == {2}


def test_the_last_of_several_threads_to_leave_gives_them_back(counts):
    one, first_is_in, second_is_out, seen = OneThread(), threading.Event(), threading.Event(), []

    def stays():
        with one:
            first_is_in.set()
            second_is_out.wait(10)
            seen.append(counts())

    thread = threading.Thread(target=stays)
    thread.start()
    first_is_in.wait(10)
    with one:
        pass
    assert counts() == {1}
    second_is_out.set()
    thread.join()
    assert seen == [{1}] and counts() == {2}


def test_a_poem_s_and_a_name_s_products_are_inside(counts, tmp_path, write_poem_model, monkeypatch):
    monkeypatch.setattr(threads.one_thread, "_libraries", None)
    seen = set()

    def watched(function):
        def call(*arguments, **options):
            seen.update(counts())
            return function(*arguments, **options)

        return call

    writer = shakespeare.load(write_poem_model(tmp_path / "model.keras"))
    monkeypatch.setattr(writer, "_apply_gates", watched(writer._apply_gates))
    "".join(shakespeare.stream_poem(writer, "the ", length=5))
    monkeypatch.setattr(names_model, "generate_texts", watched(names_model.generate_texts))
    next(dino.load(dino.shipped()).stream())
    network = BackpropagationThroughTime
    monkeypatch.setattr(network, "clip", watched(network.clip))
    dino.train(["rex", "minmi"], steps=20, hidden_size=4)
    assert seen == {1} and counts() == {2}
    seen.clear()
    writer.advance(writer.start(500), np.zeros(500, dtype=np.intp))
    assert seen == {2}  # many rows are worth sharing
