"""``python -m invoice``: run svc-invoice until SIGTERM."""


def main() -> None:
    """Entry point; imports late, because the renderer's processes start through this module too."""
    from gateway_kit.service import run_service
    from invoice.app import SERVICE, build
    from invoice.settings import Settings

    run_service(Settings(), SERVICE, build)


if __name__ == "__main__":
    main()
