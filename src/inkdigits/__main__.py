"""`python -m inkdigits`: the same as the command `inkdigits`."""

from inkdigits.cli.main import main

if __name__ == "__main__":
    main()
