"""Serves a model with llama.cpp, out of the wheel xllamacpp: `python server.py MODEL NAME KEY TOKENS`.

It has two places, each for conversations of TOKENS. Prints its address and serves until its standard input
ends. One thread: on a small machine more are slower.
"""

import sys

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.model_alias = {sys.argv[2]}
parameters.n_ctx, parameters.n_parallel = 2 * int(sys.argv[4]), 2
parameters.hostnames, parameters.port = ["127.0.0.1"], 0
parameters.api_keys = [sys.argv[3]]
parameters.use_jinja = True
parameters.cpuparams.n_threads = 1
parameters.n_threads_http = 4
server = xllamacpp.Server(parameters)
print("address", server.listening_address, flush=True)
sys.stdin.read()
