"""`registry doctor`: what is wrong with a connection, a store file, a reference, an application."""
