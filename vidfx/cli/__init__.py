"""The command line: parse, build Settings, call one function, render."""

from vidfx.cli.app import main

__all__ = ["main"]
