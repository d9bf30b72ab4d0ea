"""Machine instructions of the hot paths, each beside a floor: unlike times they do not depend on a machine's load."""
