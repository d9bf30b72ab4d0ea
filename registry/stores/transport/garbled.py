"""What is raised for bytes that make no sense."""


class GarbledError(Exception):
    """What came is no answer of HTTP/1.1, or more than is taken."""
