"""``python -m checkout_api``"""

from checkout_api.app import main

if __name__ == "__main__":
    main()
