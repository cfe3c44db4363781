"""The rules of what to do with an item, as a table and as properties."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootcellar.verdict import NEEDS_NAME, NEEDS_READING, Verdict, judge

CALM = {"known": True, "same_fingerprint": True, "same_place": True}


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({}, Verdict.UNCHANGED),
        ({"known": False}, Verdict.NEW),
        ({"same_fingerprint": False}, Verdict.CHANGED),
        ({"returned": True}, Verdict.CHANGED),
        ({"arrived": True}, Verdict.COMPLETE),
        ({"same_place": False}, Verdict.MOVED),
        ({"same_views": False}, Verdict.RERENDER),
        ({"damaged": True}, Verdict.REDO),
        # The first reason that holds wins.
        ({"known": False, "damaged": True, "arrived": True}, Verdict.NEW),
        ({"damaged": True, "returned": True, "same_fingerprint": False}, Verdict.REDO),
        ({"returned": True, "same_place": False}, Verdict.CHANGED),
        ({"arrived": True, "same_place": False}, Verdict.COMPLETE),
        ({"same_place": False, "same_views": False}, Verdict.MOVED),
    ],
)
def test_each_reason_has_its_verdict(facts: dict[str, bool], verdict: Verdict) -> None:
    assert judge(**{**CALM, **facts}) is verdict


FACTS = st.fixed_dictionaries(
    {
        name: st.booleans()
        for name in (
            *("known", "same_fingerprint", "same_place"),
            *("returned", "arrived", "damaged", "same_views"),
        )
    }
)


@given(FACTS)
def test_an_item_is_left_alone_only_when_nothing_speaks_against_it(facts: dict[str, bool]) -> None:
    calm = {**CALM, "returned": False, "arrived": False, "damaged": False, "same_views": True}
    assert (judge(**facts) is Verdict.UNCHANGED) == (facts == calm)


@given(FACTS)
def test_whatever_may_differ_in_the_source_is_read_again(facts: dict[str, bool]) -> None:
    source = {**CALM, "returned": False, "arrived": False, "damaged": False}
    differs = any(facts[name] != value for name, value in source.items())
    assert (judge(**facts) in NEEDS_READING) == differs


def test_whatever_may_need_another_name_is_given_one() -> None:
    for place, fingerprint in product((True, False), repeat=2):
        for known in (True, False):
            verdict = judge(known=known, same_fingerprint=fingerprint, same_place=place)
            if not (known and place):
                assert verdict in NEEDS_NAME
