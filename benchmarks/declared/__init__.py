"""The classes of `plain` once more, as libraries want them that build only what was declared for them."""
