#!/usr/bin/env bash
# Brings a bare Debian machine to the point where everything runs: uv, the Python packages, and (as root) the system
# libraries. Run it as often as you like; with --uv-only it stops after uv, with --check-only it installs no system
# packages.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
run_dir=.run
tools_dir=$run_dir/tools

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_updated=
apt_install() {
    if [ -z "$apt_updated" ]; then
        as_root apt-get update -qq >&2
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$candidate"
            return
        fi
    done
    say "error: Python 3.11 or newer is needed: run 'sudo apt-get install python3 python3-venv'"
    exit 1
}

find_uv() {
    if command -v uv; then return 0; fi
    for candidate in "$tools_dir/bin/uv" "$HOME/.local/bin/uv"; do
        if [ -x "$candidate" ]; then printf '%s\n' "$candidate"; return 0; fi
    done
    return 1
}

install_uv() {
    local python
    python=$(find_python)
    say "installing uv into $tools_dir"
    mkdir -p "$run_dir" && chmod 700 "$run_dir"
    if ! "$python" -m venv "$tools_dir" >/dev/null 2>&1; then
        rm -rf "$tools_dir"
        if "$python" -m pip --version >/dev/null 2>&1; then
            "$python" -m pip install --quiet --user --break-system-packages uv >&2
            return
        fi
        if ! can_install; then
            say "error: this Python has neither venv nor pip: run 'sudo apt-get install python3-venv'"
            exit 1
        fi
        apt_install python3-venv
        "$python" -m venv "$tools_dir"
    fi
    "$tools_dir/bin/pip" install --quiet --disable-pip-version-check uv
}

uv=$(find_uv) || { install_uv; uv=$(find_uv); }
if [ "${1:-}" = --uv-only ]; then
    printf '%s\n' "$uv"
    exit 0
fi

"$uv" sync --frozen --all-packages --quiet
mapfile -t missing < <("$uv" run --no-sync python -m gateway_embedded.preflight)
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "${1:-}" != --check-only ] && can_install; then
        say "installing system packages: ${missing[*]}"
        apt_install "${missing[@]}" || say "apt-get failed; try: sudo apt-get install ${missing[*]}"
    else
        say "missing system packages (PDF rendering, browser tests, PDF checks, benchmark):"
        say "  sudo apt-get install ${missing[*]}"
    fi
fi
