"""Marked fragments: marks survive, everything else is text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_search.ui.highlight import best_fragment, safe_highlight

HOSTILE = st.lists(
    st.sampled_from(["<mark>", "</mark>", "<script>", "<b onclick=x>", "&lt;", "&amp;lt;", '"', "'", "<", ">", "word"])
).map("".join)


@given(fragment=HOSTILE)
def test_only_balanced_marks_are_markup(fragment: str) -> None:
    """Whatever comes, no element but mark is made, and each that opens closes before the next."""
    shown = str(safe_highlight(fragment))
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<mark>", "</mark>"}
    assert re.fullmatch(r"[^<>]*(<mark>[^<>]*</mark>[^<>]*)*", shown)


@pytest.mark.parametrize(
    ("fragment", "shown"),
    [
        ("a <mark>red</mark> apple", "a <mark>red</mark> apple"),
        ("&lt;b&gt; <mark>red</mark>", "&lt;b&gt; <mark>red</mark>"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<mark onclick=x>red</mark>", "&lt;mark onclick=x&gt;red"),
        ("<mark><mark>red", "<mark>red</mark>"),
        ("</mark>red", "red"),
        ("salt &amp; pepper", "salt &amp; pepper"),
    ],
)
def test_a_fragment_is_shown_as_the_contract_writes_it(fragment: str, shown: str) -> None:
    """Escaped text is shown once escaped; markup that slipped in is shown as text."""
    assert str(safe_highlight(fragment)) == shown


def test_the_first_field_that_has_marks_wins() -> None:
    """Fields are asked in their order; without marks there is no snippet."""
    found = {"tags": ["<mark>red</mark>"], "description": ["very <mark>red</mark>"]}
    assert str(best_fragment(found, ("description", "tags"))) == "very <mark>red</mark>"
    assert best_fragment(found, ("caption",)) is None
