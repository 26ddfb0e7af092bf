"""`python -m ratchet` and `ratchet`."""

from ratchet.cli.app import main

if __name__ == "__main__":
    main()
