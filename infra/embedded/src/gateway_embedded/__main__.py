"""``python -m gateway_embedded up|down|status|logs|demo``: the commands behind the Makefile."""

import argparse
import os
import signal
import sys

from gateway_embedded import control
from gateway_embedded.addresses import describe, how_to_end
from gateway_embedded.control import STOP_SIGNALS, StackError
from gateway_embedded.layout import default_layout
from gateway_embedded.supervisor import supervise

_STARTING = ("up", "demo")
_INTERRUPTED = 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway_embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything and wait until it is ready; harmless when it runs")
    commands.add_parser("down", help="end everything, keep the data")
    status = commands.add_parser("status", help="what runs, since when, how often it was restarted")
    status.add_argument("--json", action="store_true")
    logs = commands.add_parser("logs", help="the last lines of all or of the named logs")
    logs.add_argument("names", nargs="*")
    logs.add_argument("-f", "--follow", action="store_true")
    logs.add_argument("-n", "--lines", type=int, default=20)
    demo = commands.add_parser("demo", help="start everything, make one payment, show each step")
    demo.add_argument("--once", action="store_true", help="end after the story, and everything that was started for it")
    commands.add_parser("supervise", help="run the supervisor in the foreground (what `up` starts)")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    layout = default_layout()
    match arguments.command:
        case "up":
            started = control.up(layout)
            print("The stack is up." if started else "The stack was up already.")
            print(describe(layout))
            print(how_to_end(layout))
        case "down":
            print("The stack is down." if control.down(layout) else "The stack was not running.")
        case "status" if arguments.json:
            control.print_json(layout)
        case "status":
            return control.print_status(layout)
        case "logs":
            control.follow_logs(layout, arguments.names, lines=arguments.lines, follow=arguments.follow)
        case "supervise":
            return supervise(layout)
        case "demo":
            from gateway_embedded.demo import run_demo

            return run_demo(layout, once=arguments.once)
    return 0


def main() -> int:
    """Entry point; 1 with a message on failure, 130 when it was interrupted."""
    arguments = _parser().parse_args()
    if arguments.command in _STARTING:
        # However these are ended, they end what they started.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.default_int_handler)
    else:
        # `make logs | head` ends this process quietly.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        return _run(arguments)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader is gone: discard buffered output too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
