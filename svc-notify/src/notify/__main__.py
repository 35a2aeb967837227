"""``python -m notify``: run svc-notify until SIGTERM."""

from gateway_kit.service import run_service
from notify.app import SERVICE, build
from notify.settings import Settings

if __name__ == "__main__":
    run_service(Settings(), SERVICE, build)
