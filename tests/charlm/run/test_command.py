"""How a command ends when something beneath it fails."""

import pytest

from charlm.run.command import application, exit_code

FAILURES = [
    (ImportError("libbig.so: failed to map segment"), "a library cannot be loaded: libbig.so: failed to map"),
    (MemoryError(), "out of memory; take a smaller model"),
    (OSError(28, "No space left on device"), "cannot write standard output: No space left on device"),
]


@pytest.mark.parametrize(("failure", "told"), FAILURES, ids=lambda value: type(value).__name__)
def test_what_fails_beneath_is_told_in_one_line(capsys, failure, told):
    app = application("")

    @app.command()
    def fail() -> None:
        raise failure

    assert exit_code(app, "pets", ["fail"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith(f"pets: {told}")
