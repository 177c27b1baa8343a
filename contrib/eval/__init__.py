"""Proof that the harness is sound, without a big model: repair tasks, their fixes, and attempts at fraud."""
