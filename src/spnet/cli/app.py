"""`spnet app`: the page to try it on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def app(
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    model: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    open_browser: Annotated[bool, Parameter(name="--open", negative="")] = False,
) -> int:
    """Serve a page on which images are completed, sensors simulated and methods compared.

    Parameters
    ----------
    host:
        Address to listen on.
    port:
        Port to listen on.
    model:
        Weights files or exported graphs to choose from, beside the bundled weights.
    open_browser:
        Open the page in a browser.
    """
    from spnet.app.actions import samples_folder
    from spnet.app.page import build_page, theme
    from spnet.app.session import prepare
    from spnet.errors import BadInput

    prepare()
    page = build_page(model)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            inbrowser=open_browser,
            quiet=False,
            share=False,
            max_file_size="200mb",
            allowed_paths=[str(Path(samples_folder()))],
            footer_links=[],
            ssr_mode=False,
            theme=theme(),
        )
    except OSError as error:
        raise BadInput(f"The page cannot be served on {host}:{port} ({error}).") from None
    return 0
