"""`spnet`: the entry point. A user's error ends in one sentence and exit status 1, never in a traceback."""

from __future__ import annotations

import io
import sys
import warnings

from cyclopts import App

from spnet.errors import SpnetError, SpnetWarning

app = App(
    name="spnet",
    help="Dense metric depth from one RGB image and any sparse depth.",
    suppress_keyboard_interrupt=False,  # it gets its sentence below
)
# Import strings: a command's module is loaded only when that command runs, so `spnet --help` costs no torch.
app.command("spnet.cli.complete:complete", name="complete", help="Complete sparse depth with the help of an image.")
app.command("spnet.cli.models:app", name="models", help="List, describe, convert and check weights.")
app.command(
    "spnet.cli.export:app", name="export", help="Write weights as ONNX, OpenVINO or torch.export; check such a file."
)
app.command("spnet.cli.data:app", name="data", help="List, describe and convert official archives of data sets.")
app.command("spnet.cli.scenes:app", name="scenes", help="Render synthetic scenes to train on; a contact sheet; assets.")
app.command("spnet.cli.train:train", name="train", help="Train a network by a recipe.")
app.command("spnet.cli.ablate:ablate", name="ablate", help="Train a network once a norm; score at other scales.")
app.command("spnet.cli.test:run_test", name="test", help="Test weights as the original does: its folders and figures.")
app.command("spnet.cli.eval:app", name="eval", help="Score methods on data sets; compare runs.")
app.command("spnet.cli.app:app", name="app", help="Serve a page to try it on.")
app.command("spnet.cli.serve:serve", name="serve", help="Answer requests over HTTP.")
app.command(
    "spnet.cli.bench:bench", name="bench", help="Time networks in every back end; memory, throughput, rooflines."
)
app.command("spnet.cli.sparsify:sparsify", name="sparsify", help="Write sparse inputs for benchmarks, with hashes.")


def main() -> None:
    """Run the command line; exits the process: 0, 1 (the task failed), 2 (wrong arguments) or 130 (Ctrl-C)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names that the terminal cannot show are no error
    try:
        with warnings.catch_warnings():
            _show_warnings_as_one_line()
            result = app(sys.argv[1:])
    except SpnetError as error:
        print(f"spnet: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("spnet: interrupted; finished results are kept, nothing is half written.", file=sys.stderr)
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)


def _show_warnings_as_one_line() -> None:
    """Ours without file and line, each time; others as ever."""
    warnings.simplefilter("always", SpnetWarning)
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *rest: object, **more: object) -> None:
        if issubclass(category, SpnetWarning):
            print(f"spnet: warning: {message}", file=sys.stderr)
        else:
            usual(message, category, *rest, **more)  # type: ignore[arg-type]

    warnings.showwarning = show
