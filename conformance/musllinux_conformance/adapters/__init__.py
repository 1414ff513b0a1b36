"""Implementations that the suite knows by name, one file for each."""
