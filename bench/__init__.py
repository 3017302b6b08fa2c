"""Measures the figures the design promises, on the machine it runs on: `python -m bench`, `cli.py bench`."""
