"""What goes over the wire between a namespace server and its clients, as values: no sockets, no framework.

`json` reads and writes bodies, `errors` carries errors across, `events` the stream of a watch, `routes` the addresses.
"""
