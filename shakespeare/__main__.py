"""``python -m shakespeare`` is the command ``shakespeare``."""

from charlm.run.signals import end_without_a_word

end_without_a_word()  # loading takes a moment, during which Ctrl-C may come

from shakespeare.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
