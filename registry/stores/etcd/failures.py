"""What is said when etcd cannot do what was asked."""

from registry.errors import StoreError
from registry.names import WHOLE, quote
from registry.stores.transport.address import Address


def foreign(key: bytes) -> StoreError:
    """A key of the store holds what no store wrote."""
    return StoreError(
        f"The key {quote(key.decode(errors='replace'), WHOLE)} in etcd holds what no registry wrote.",
        suggestions=["Give the store a 'prefix' of its own, and leave what is under it to registries."],
        context={"key": key.decode(errors="replace")},
    )


def other_format(prefix: str, found: object) -> StoreError:
    """What is there was written by another version."""
    return StoreError(
        f"What is under {quote(prefix, WHOLE)} in etcd has the format {quote(found)}, and this version knows others.",
        suggestions=["Use the version of the library that wrote it, or another 'prefix'."],
        context={"prefix": prefix},
    )


def unsettled(prefix: str) -> StoreError:
    """The store changed its epoch again and again."""
    return StoreError(
        f"What is under {quote(prefix, WHOLE)} in etcd is made anew again and again.",
        suggestions=["See whether its keys are deleted, or several clusters are among the endpoints."],
        context={"prefix": prefix},
    )


def lagging(address: Address, seconds: float) -> StoreError:
    """A member does not tell what others have."""
    return StoreError(
        f"{quote(address.url, WHOLE)} has not told for {seconds:g} seconds what other members know.",
        suggestions=["Watch again from the last token that was seen; another member is asked then."],
        context={"url": address.url},
    )


def ended(address: Address, reason: str) -> StoreError:
    """A member ended a watch."""
    return StoreError(
        f"{quote(address.url, WHOLE)} ended the watch{': ' + quote(reason, 200) if reason else ''}.",
        suggestions=["Watch again from the last token that was seen."],
        context={"url": address.url, "reason": reason[:1000]},
    )
