"""What all tests share: a cache of their own, and the course's files where they are at hand."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from charlm.run import corpora, fetching
from shakespeare.course import h5_file

# No test depends on how fast the machine is, or on luck: what fails, fails each time. The search has both.
settings.register_profile("project", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2_000)
settings.load_profile("project")

# Taken before any test changes them; a test may also change the current folder.
FOLDERS = [
    Path(folder).resolve() for folder in (os.environ.get("CHARLM_DATA"), fetching.cache_folder()) if folder
]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    if terminalreporter.config.option.markexpr == "not slow":
        terminalreporter.write_line(
            "The long campaigns were left out (kills, clusters, fuzzing, every known mistake, ...); "
            "'python -m pytest -m slow' runs them."
        )


@pytest.fixture(autouse=True, scope="session")
def signals_as_at_a_terminal() -> None:
    """Whatever runs the tests in the background may ignore signals, and what they start would too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts with an empty cache of its own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CHARLM_CACHE", str(folder))
    return folder


@pytest.fixture
def course_data(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """``course_data(name)``: the path of a known file, which its name then loads; never fetched.

    Where neither CHARLM_DATA nor the cache has it, the test is skipped; with CHARLM_REQUIRE_DATA it fails.
    """

    def at_hand(name: str) -> Path:
        file_name = (corpora.KNOWN | h5_file.KNOWN)[name].file_name
        for folder in FOLDERS:
            if (folder / file_name).is_file():
                monkeypatch.setenv("CHARLM_DATA", str(folder))
                return folder / file_name
        missing = f"neither CHARLM_DATA nor the cache has {file_name} (`dino fetch`, `shakespeare fetch`)"
        if os.environ.get("CHARLM_REQUIRE_DATA"):
            pytest.fail(missing)
        pytest.skip(missing)

    return at_hand


@pytest.fixture
def flipping() -> Callable[[Path, Iterable[int]], Iterator[int]]:
    """``flipping(path, bits)``: each bit's number, while that bit is flipped; then the file is mended."""

    def flip(path: Path, bits: Iterable[int]) -> Iterator[int]:
        with path.open("rb+", buffering=0) as file:
            for bit in bits:
                file.seek(bit // 8)
                old = file.read(1)
                file.seek(bit // 8)
                file.write(bytes([old[0] ^ 1 << bit % 8]))
                yield bit
                file.seek(bit // 8)
                file.write(old)

    return flip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a Unix is skipped on Windows."""
    if sys.platform == "win32":
        for item in items:
            if item.get_closest_marker("unix"):
                item.add_marker(pytest.mark.skip(reason="needs a Unix: signals, pipes or a pseudo-terminal"))


@pytest.fixture(scope="session")
def write_poem_model() -> Callable[..., Path]:
    """``write_poem_model(path, **config)``: a small random ``.keras`` file, made without Keras."""
    import io
    import json
    import zipfile

    import h5py
    import numpy as np

    from shakespeare.archive import sign

    def write(path: Path, *, class_name="CharacterLSTM", change=None, signed=True, **changes) -> Path:
        config = {
            "vocabulary": "\n ',.abcdefghijklmnopqrstuvwxyz",
            "units": 12,
            "layers": 2,
            "embedding_size": 6,
            "dropout": 0.1,
            "recurrent_activation": "sigmoid",
            "window": None,
            "about": {},
        } | changes
        size, units = len(config["vocabulary"]), config["units"]
        shapes = {"embedding": [(size, config["embedding_size"])], "head": [(units, size), (size,)]}
        for index in range(config["layers"]):
            inputs = units if index else config["embedding_size"]
            shapes[f"layers/fast_lstm_{index}".removesuffix("_0")] = [
                (inputs, 4 * units),
                (units, 4 * units),
                (4 * units,),
            ]
        generator = np.random.default_rng(0)
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            for name, of_layer in shapes.items():
                for number, shape in enumerate(of_layer):
                    file[f"{name}/vars/{number}"] = generator.standard_normal(shape).astype(np.float32)
            if change:
                change(file)
        with zipfile.ZipFile(path, "w") as archive:
            whole = {"module": "shakespeare.network", "class_name": class_name, "config": config}
            archive.writestr("config.json", json.dumps(whole))
            archive.writestr("model.weights.h5", content.getvalue())
        if signed:
            with path.open("rb+") as file:
                sign(file)
        return path

    return write
