"""What all tests share: a cache of their own, and the course's files where they are at hand."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from charlm import corpora

# No test depends on how fast the machine is.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

# Taken before any test changes them; a test may also change the current folder.
FOLDERS = [
    Path(folder).resolve() for folder in (os.environ.get("CHARLM_DATA"), corpora.cache_folder()) if folder
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts with an empty cache of its own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CHARLM_CACHE", str(folder))
    return folder


@pytest.fixture
def course_data(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """``course_data(name)``: the path of a known file, which its name then loads; never fetched.

    The test is skipped where neither CHARLM_DATA nor the cache has the file.
    """

    def at_hand(name: str) -> Path:
        file_name = corpora.KNOWN[name].file_name
        for folder in FOLDERS:
            if (folder / file_name).is_file():
                monkeypatch.setenv("CHARLM_DATA", str(folder))
                return folder / file_name
        pytest.skip(f"neither CHARLM_DATA nor the cache has {file_name} ('dino fetch {name}' gets it)")

    return at_hand
