"""The check of factorizers: against calls by hand."""
