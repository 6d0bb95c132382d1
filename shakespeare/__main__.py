"""``python -m shakespeare`` is the command ``shakespeare``."""

from charlm.run.signals import end_without_a_word

end_without_a_word()  # loading takes a moment, and Ctrl-C may come in it

from shakespeare.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
