"""Shakespeare's own sonnets, where they are at hand."""

import re

import pytest


@pytest.fixture
def sonnets(course_data):
    """The sonnets of fourteen lines, each a list of lines."""
    text = course_data("sonnets").read_text(encoding="utf-8")
    blocks = (
        [line.strip() for line in block.split("\n") if line.strip()] for block in re.split(r"\n\s*\n", text)
    )
    found = [block for block in blocks if len(block) == 14]
    assert len(found) == 152
    return found
