"""``python -m webhook_ingest``."""

from webhook_ingest.app import main

if __name__ == "__main__":
    main()
