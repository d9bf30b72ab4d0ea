"""`registry new-plugin`, and the packages that it makes."""
