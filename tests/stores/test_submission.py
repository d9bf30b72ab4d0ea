"""How large a submission may be, to the byte."""

import pytest

from registry.errors import TooLargeError
from registry.revisions import Change, StoreLimits
from registry.stores.submission import check_submission

LIMITS = StoreLimits(changes=2, size=10)


@pytest.mark.parametrize(
    "changes",
    [
        [Change("n", b"123456789")],
        [Change("größe", b"123")],  # 7 bytes of UTF-8
        [Change("n", b"12345"), Change("name", None)],
    ],
)
def test_names_and_records_may_have_so_many_bytes_together_and_not_one_more(changes: list[Change]) -> None:
    assert check_submission("losses", changes, "o", "", LIMITS).size == LIMITS.size
    first, *others = changes
    assert first.record is not None
    with pytest.raises(TooLargeError, match="more than 10 bytes"):
        check_submission("losses", [Change(first.name, first.record + b"0"), *others], "o", "", LIMITS)


def test_so_many_changes_and_not_one_more() -> None:
    changes = [Change(name, b"") for name in "abc"]
    assert len(check_submission("losses", changes[:2], "o", "", LIMITS).changes) == 2
    with pytest.raises(TooLargeError, match="3 changes"):
        check_submission("losses", changes, "o", "", LIMITS)
