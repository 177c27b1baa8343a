"""Registers the HTTP API."""
