"""A scripted provider: a server that plays a model from a script, over the wires of OpenAI and of Ollama.

A tool for tests and demos. Nothing thinks here; the only model that it offers is called `scripted`, and a
program reaches it as it would reach any other, by URL. See README.md for the steps of a script.
"""
