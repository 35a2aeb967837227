"""``python -m gateway_cli``: the same as ``gateway``."""

from gateway_cli.main import main

if __name__ == "__main__":
    main()
