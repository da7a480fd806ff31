"""Exercises: unsolved arms of the labs, which a learner solves by hand and the claim's own judge checks."""
