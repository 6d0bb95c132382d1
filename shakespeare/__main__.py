"""``python -m shakespeare`` is the command ``shakespeare``."""

from shakespeare.cli import main

main()
