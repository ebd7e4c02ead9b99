"""`damsight serve`: the HTTP API and the search page."""

from typing import Annotated

import typer

from damsight_cli.search_faults import faults_told

# A cursor in an address is longer than the 16 KiB of headers that the server takes by default.
LONGEST_HEADERS = 128 * 1024


def command(
    host: Annotated[str, typer.Option(help="Where to listen. 0.0.0.0 lets other computers in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65_535)] = 8080,
    log_level: Annotated[str, typer.Option(help="critical, error, warning, info or debug.")] = "info",
) -> None:
    """Serve the search: the HTTP API under /api/v1, its description at /openapi.json, and the search page at /.

    Settings: DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS, DAMSIGHT_MODELS__JOINT, __CAPTION or __URL;
    DAMSIGHT_AUTH__SECRET or __JWKS, or DAMSIGHT_AUTH__ANONYMOUS=true; DAMSIGHT_FETCH__ROOTS (for previews);
    DAMSIGHT_SEARCH__CURSOR_SECRET (where there are several replicas).

    Examples: DAMSIGHT_AUTH__ANONYMOUS=true damsight serve · damsight serve --host 0.0.0.0 --port 80
    """
    import uvicorn

    from damsight_encoders.garbage import freeze_what_is_loaded
    from damsight_search.api.app import create_app
    from damsight_search.bootstrap import wire
    from damsight_search.settings import load_settings

    with faults_told("damsight serve"):
        settings = load_settings()
        search = wire(settings)
        try:
            app = create_app(search.service, settings, search.features)
            freeze_what_is_loaded()
            uvicorn.run(
                app,
                host=host,
                port=port,
                log_level=log_level,
                h11_max_incomplete_event_size=LONGEST_HEADERS,
                server_header=False,
            )
        finally:
            search.close()
