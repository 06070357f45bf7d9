"""`python -m vidfx` is `vidfx`."""

from vidfx.cli import main

if __name__ == "__main__":
    main()
