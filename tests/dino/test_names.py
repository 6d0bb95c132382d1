"""Lists of names: the course's, the one that ships, and any other."""

import re

import pytest

from charlm.errors import CorpusError
from charlm.run.corpora import bundled
from dino.names import LONGEST, load_names


def test_the_facts_of_the_course_s_list(course_data):
    text = course_data("course").read_text(encoding="utf-8")
    assert len(text) == 19_909
    assert len(set(text)) == 53
    assert sorted(set(text.lower())) == list("\nabcdefghijklmnopqrstuvwxyz")
    assert not text.endswith("\n")
    lines = text.split("\n")
    assert len(lines) == 1_536
    assert len(set(lines)) == 1_524


def test_the_course_s_list_is_read_in_lower_case_and_in_its_order(course_data):
    path = course_data("course")
    names = load_names("course")
    assert list(names.names) == path.read_text(encoding="utf-8").lower().split("\n")
    assert names.source == "course"
    assert names.sha256.startswith("ad646562")


def test_the_bundled_list_is_sorted_unique_and_long():
    lines = bundled("data/dinosaurs.txt").read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines))
    assert len(lines) >= 800
    assert [line for line in lines if not re.fullmatch("[a-z]+", line.lower())] == []
    assert list(load_names("bundled").names) == [line.lower() for line in lines]
    assert len({line.lower() for line in lines}) == len(lines)


def test_the_bundled_list_is_none_of_the_course_s(course_data, capsys):
    course_data("course")
    ours, theirs = set(load_names("bundled").names), set(load_names("course").names)
    both = ours & theirs
    with capsys.disabled():
        print(
            f"\n{len(both):,} of the {len(ours):,} bundled names are among the course's {len(theirs):,}; "
            f"{len(ours - theirs):,} are not"
        )
    assert ours - theirs
    assert theirs - ours


def test_names_of_a_file_keep_their_letters_and_their_order(tmp_path):
    path = tmp_path / "names.txt"
    path.write_bytes("Zoë\r\n\r\n  Anna Lena\t\r\nzoë\r\nZoë".encode())
    names = load_names(str(path))
    assert names.names == ("Zoë", "Anna Lena", "zoë", "Zoë")
    assert len(names) == 4
    assert names.source == str(path)


def test_one_name_is_a_list(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("rex")
    assert load_names(str(path)).names == ("rex",)


@pytest.mark.parametrize("content", ["", "\n\n", " \n\t\r\n"])
def test_a_list_of_blank_lines_is_refused(tmp_path, content):
    path = tmp_path / "names.txt"
    path.write_text(content)
    with pytest.raises(CorpusError, match="is empty"):
        load_names(str(path))


def test_the_longest_name_is_read_and_a_longer_one_is_told_by_its_line(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("rex\n" + "x" * LONGEST + "\n")
    assert len(load_names(str(path))) == 2
    path.write_text("rex\n\n" + "x" * (LONGEST + 1) + "\n")
    with pytest.raises(CorpusError, match=r"line 3 of .* has 1,001 characters; a name has at most 1,000"):
        load_names(str(path))
