"""`registry stubs`: what type checkers and editors are told of the names that are registered."""
