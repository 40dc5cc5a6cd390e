"""`spnet`: the entry point. A user's error ends in one sentence and exit status 1, never in a traceback."""

from __future__ import annotations

import sys

from cyclopts import App

from spnet.errors import SpnetError

app = App(name="spnet", help="Dense metric depth from one RGB image and any sparse depth.")
# Import strings: a command's module is loaded only when that command runs, so `spnet --help` costs no torch.
app.command("spnet.cli.complete:complete", name="complete")
app.command("spnet.cli.models:app", name="models")
app.command("spnet.cli.train:train", name="train")
app.command("spnet.cli.eval:evaluate", name="eval")


def main() -> None:
    """Run the command line; exits the process."""
    try:
        result = app()
    except SpnetError as error:
        print(f"spnet: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("spnet: interrupted; finished results are kept, nothing is half written.", file=sys.stderr)
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)
