"""``python -m ipn``: runs svc-ipn until SIGTERM."""

from gateway_kit.service import run_service
from ipn.app import SERVICE, build
from ipn.settings import Settings

if __name__ == "__main__":
    run_service(Settings(), SERVICE, build)
