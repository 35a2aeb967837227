"""``python -m transaction``."""

from transaction.app import main

if __name__ == "__main__":
    main()
