"""Lists of a bucket: one that does not say how it goes on is no list."""

import pytest

from gateway_contracts.errors import Transient
from gateway_kit.s3_bucket import _read_page

LIST = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{}</IsTruncated>{}'
    "<Contents><Key>a</Key></Contents></ListBucketResult>"
)


def page(truncated: str, more: str = "") -> bytes:
    return LIST.format(truncated, more).encode()


def test_the_last_page_has_nothing_behind_it() -> None:
    assert _read_page(page("false")) == (["a"], "")


def test_a_further_page_is_asked_for_by_its_token() -> None:
    assert _read_page(page("true", "<NextContinuationToken>t</NextContinuationToken>")) == (["a"], "t")


def test_a_page_in_the_form_of_the_first_version_is_refused() -> None:
    with pytest.raises(Transient):
        _read_page(page("true", "<NextMarker>a</NextMarker>"))
