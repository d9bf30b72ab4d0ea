"""How fast the library is beside hand-written code and its peers, as ratios. `make bench` runs it."""
