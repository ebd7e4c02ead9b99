"""`damsight encode-serve`: the encoders behind HTTP."""

import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fastapi import FastAPI

_FINISH_WITHIN_S = 25


def command(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 8081,
    joint: Annotated[
        str | None, typer.Option(help="Model for pictures and words: a hub id or a folder. DAMSIGHT_MODELS__JOINT")
    ] = None,
    caption: Annotated[
        str | None, typer.Option(help="Model for sentences: a hub id or a folder. DAMSIGHT_MODELS__CAPTION")
    ] = None,
    look: Annotated[
        str | None,
        typer.Option(help="Model for pictures alone: a hub id, a folder, handcrafted:... DAMSIGHT_MODELS__LOOK"),
    ] = None,
    audio: Annotated[
        str | None,
        typer.Option(help="Model for sounds, to search them by words: a hub id or a folder. DAMSIGHT_MODELS__AUDIO"),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1 or mps. DAMSIGHT_MODELS__DEVICE")] = None,
    dtype: Annotated[
        str | None, typer.Option(help="auto, float32, bfloat16 or float16. DAMSIGHT_MODELS__DTYPE")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="CPU threads; 0 leaves it to torch. DAMSIGHT_MODELS__THREADS", min=0)
    ] = None,
) -> None:
    """Serve the encoders over HTTP, so that a media library's own process needs no torch.

    POST /v1/embeddings is OpenAI's, for texts and for pictures (as data: URLs); POST /v1/explain, our own, tells where
    in a picture it shows what was looked for; GET /v1/models tells the spaces; /livez, /readyz and /metrics are for
    the orchestrator. With DAMSIGHT_MODELS__API_KEY set, clients must send that key. Options win over the environment.
    Searches and consumers use the service with DAMSIGHT_MODELS__URL.

    Examples: damsight encode-serve --joint google/siglip2-base-patch16-224 ·
    DAMSIGHT_MODELS__API_KEY=... damsight encode-serve --host 0.0.0.0 --joint /models/clip --caption /models/minilm
    """
    from damsight_encoders.errors import EncoderError, EncoderSettingsError
    from damsight_encoders.settings import load_service_settings

    try:
        settings = load_service_settings(
            joint=joint, caption=caption, look=look, audio=audio, device=device, dtype=dtype, threads=threads
        )
    except EncoderSettingsError as error:
        typer.echo(f"damsight encode-serve: {error}", err=True)
        raise typer.Exit(2) from error

    from damsight_encoders.service.bootstrap import build_service

    try:
        # The port first: a taken one is told before the models take their minutes. Nobody can connect to it yet.
        with _bind(host, port) as listening:
            app = build_service(settings)
            # Whoever reads the address may call at once: calls wait here until the server takes them.
            listening.listen()
            address = f"http://{host}:{listening.getsockname()[1]}"
            typer.echo(f"damsight encode-serve: listening on {address}", err=True)
            _serve(app, listening)
    except (EncoderError, OSError) as error:
        typer.echo(f"damsight encode-serve: {error}", err=True)
        raise typer.Exit(1) from error


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port") from error
    return bound


def _serve(app: "FastAPI", listening: socket.socket) -> None:
    import uvicorn

    from damsight_encoders.garbage import freeze_what_is_loaded

    # uvicorn raises the signal again once all is answered; being told to stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    freeze_what_is_loaded()
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_FINISH_WITHIN_S)
    uvicorn.Server(config).run(sockets=[listening])
