"""What a config would build, as a picture."""
