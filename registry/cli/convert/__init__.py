"""`registry convert`: configs of other tools become ours, or are refused with a place."""
