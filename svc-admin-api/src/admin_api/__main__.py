"""``python -m admin_api``: run svc-admin-api until SIGTERM."""

from admin_api.app import SERVICE, build
from admin_api.settings import Settings
from gateway_kit.service import run_service

if __name__ == "__main__":
    run_service(Settings(), SERVICE, build)
