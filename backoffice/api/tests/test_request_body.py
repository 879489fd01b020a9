"""Values that cannot be stored are found without a full inspection of every body."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.api.errors import ApiError
from backoffice.api.transport import request_body

ODD = ["\x00", "\ud800", "\udfff", "\\u0000", "\\ud800", "ø", "\U0001f600", "\n", "u0000", "\\"]
TEXTS = st.text(max_size=4) | st.lists(st.sampled_from(ODD), max_size=3).map("".join)
NUMBERS = st.integers(-(2**65), 2**65) | st.sampled_from(
    [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**18, 0]
)
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@settings(derandomize=True, deadline=None)
@given(body=st.dictionaries(TEXTS, VALUES, max_size=4), escaped=st.booleans())
def test_the_quick_check_equals_a_full_inspection(body, escaped):
    text = json.dumps(body, ensure_ascii=escaped)
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return  # not UTF-8, refused before
    body = json.loads(text)  # the two halves of a pair have become one character
    errors: dict[tuple, str] = {}
    request_body._inspect(body, (), {}, errors)
    assert request_body.parse_object(content) == (body, errors)


@pytest.mark.parametrize("number", ["1e400", "-1e999", "9223372036854775808", "-9223372036854775809"])
def test_numbers_that_cannot_be_stored_are_refused(number):
    assert list(request_body.parse_object(f'{{"a": [0, {number}]}}'.encode())[1]) == [("a", 1)]


def test_nesting_is_limited():
    def nested(depth):
        return ('{"a":' * depth + "1" + "}" * depth).encode()

    assert request_body.parse_object(nested(64))[1] == {}
    with pytest.raises(ApiError):
        request_body.parse_object(nested(65))
    wide = json.dumps({"a": [{} for _each in range(200)]}).encode()
    assert request_body.parse_object(wide)[1] == {}
