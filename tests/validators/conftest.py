"""What every test of a validator needs."""

import pytest

from registry.model import ValidationContext


@pytest.fixture
def context() -> ValidationContext:
    return ValidationContext("losses", "huber")
