"""How requests come in: sockets, connections, the gate before every route, answers and problems."""
