"""Runs tasks in hardened containers of a Docker engine.

The hot path (open, run, collect, close) speaks to the engine's socket itself; docker-py is imported only
to ask a registry for an image that is not here.
"""
