"""Configs drawn for the entries of a registry: good ones, and broken ones with the problems they must have."""
