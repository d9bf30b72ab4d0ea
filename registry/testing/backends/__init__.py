"""The check of backends: programs of calls, played on a backend and on a model of one."""
