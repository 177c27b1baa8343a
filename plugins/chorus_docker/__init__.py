"""(soon)"""
