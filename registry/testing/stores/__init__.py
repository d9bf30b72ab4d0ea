"""The check of stores: programs of calls, played on a store and on a model of one, and laws."""
