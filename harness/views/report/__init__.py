"""Runs as one page that needs nothing beside it: a table, timelines to look at, and all that they rest on."""
