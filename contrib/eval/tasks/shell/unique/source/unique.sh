#!/bin/sh
# Prints each line of stdin once, in the order in which they first came.
uniq
