"""How tests start Debian's Chromium."""

import os
import shutil

CHROMIUM = os.environ.get("CHROMIUM_BIN") or shutil.which("chromium")

SHOWN_MS = 60_000
"""How long a test waits for what a page must show: it costs nothing where the page shows it."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A frame of another site (the card form) otherwise runs in a process of its own, and the browser decides from the
    # last picture that was drawn which process gets a mouse event. Playwright scrolls and presses at once, before the
    # next picture: the press then goes to where the frame was. No user can press what was not drawn yet, only a test.
    # The frame stays cross-origin for the page.
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process",
]
