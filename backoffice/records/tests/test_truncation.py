"""Truncation of long texts."""

import pytest

from backoffice.records.truncation import truncate
from facility.models import Complaint

LONG = "Loftsliften på stue 11 kører kun nedad. Vi låner den fra stuen ved siden af imellem"


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("short", 5, "short"),
        ("some words, here", 15, "some words…"),
        ("some words and more", 11, "some words…"),
        ("x" * 20, 10, "x" * 9 + "…"),
        ("a " + "x" * 20, 10, "a " + "x" * 7 + "…"),  # a word that is longer than the rest
    ],
)
def test_texts_are_cut_at_words(text, length, shown):
    assert truncate(text, length) == shown
    assert len(shown) <= length


def test_the_title_of_a_complaint_ends_with_a_whole_word():
    assert (
        str(Complaint(desc=LONG))
        == "Loftsliften på stue 11 kører kun nedad. Vi låner den fra stuen ved siden af…"
    )
