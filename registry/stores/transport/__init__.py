"""How stores ask other machines: HTTP/1.1 on sockets of the standard library, with deadlines, of several servers."""
