"""What goes wrong in the commands that search, index and serve, told in one line: 2 for wrong usage, 1 for the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def faults_told(command: str) -> Iterator[None]:
    """Print an error of ours and exit.

    Args:
        command: As typed, to begin the line with.
    """
    from damsight_encoders.errors import EncoderError
    from damsight_index.errors import SearchIndexError
    from damsight_schemas.errors import ContractError, SpaceMismatchError
    from damsight_search.errors import RefusedRequestError, SearchError, SettingsError

    try:
        yield
    except (SettingsError, RefusedRequestError) as error:
        raise _told(command, error, 2) from error
    except SpaceMismatchError as error:
        raise _told(command, error, 1) from error
    except ContractError as error:
        raise _told(command, error, 2) from error
    except (SearchError, SearchIndexError, EncoderError) as error:
        raise _told(command, error, 1) from error


def _told(command: str, error: Exception, code: int) -> typer.Exit:
    typer.echo(f"{command}: {error}", err=True)
    return typer.Exit(code)
