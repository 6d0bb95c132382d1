"""``python -m dino`` is the command ``dino``."""

from dino.cli import main

main()
