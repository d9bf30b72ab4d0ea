"""`registry migrate`: everything of one store, put into another and compared there."""
