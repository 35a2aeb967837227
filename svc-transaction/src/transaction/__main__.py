"""``python -m transaction``: run svc-transaction until SIGTERM."""

from transaction.app import main

if __name__ == "__main__":
    main()
