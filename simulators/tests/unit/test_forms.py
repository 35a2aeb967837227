import pytest

from gateway_simulators.stripe import forms
from gateway_simulators.stripe.errors import ApiError


def test_brackets_become_hashes_and_lists() -> None:
    parsed = forms.parse("amount=100&metadata[order]=7&metadata[0]=x&expand[0]=a&expand[1]=b&types[]=card")

    assert parsed == {
        "amount": "100",
        "metadata": {"order": "7", "0": "x"},
        "expand": ["a", "b"],
        "types": ["card"],
    }


@pytest.mark.parametrize("encoded", ["a[b=1", "[a]=1", "a]b[=1", "a=1&a[b]=2"])
def test_malformed_names_are_refused(encoded: str) -> None:
    with pytest.raises(ApiError) as refused:
        forms.parse(encoded)

    assert refused.value.status == 400


@pytest.mark.parametrize("text", ["1.5", "", "-", "1e3", "9999999999999999", "\u0661"])
def test_only_whole_numbers_are_amounts(text: str) -> None:
    with pytest.raises(ApiError):
        forms.required_integer({"amount": text}, "amount")


def test_an_empty_metadata_value_deletes_the_key() -> None:
    assert forms.metadata({"metadata": {"a": "", "c": "3"}}, {"a": "1", "b": "2"}) == {"b": "2", "c": "3"}


def test_metadata_limits() -> None:
    for given in ({"k" * 41: "v"}, {"k": "v" * 501}, {f"k{n}": "v" for n in range(51)}):
        with pytest.raises(ApiError):
            forms.metadata({"metadata": given})
