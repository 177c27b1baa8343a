"""The mesh over libp2p: TCP, the cluster's secret, Noise, yamux; gossip and a distributed hash table on top.

Only this plugin imports libp2p, and only when the service starts: it takes more than a second. Version 0.8.1
has traps, and where the code here looks odd it avoids one of them and says which.
"""
