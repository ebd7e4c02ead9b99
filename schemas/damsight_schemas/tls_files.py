"""Whether the files of a TLS connection can be used, found out when the settings are read and not at midnight."""

import ssl
from pathlib import Path


def require_readable(path: str) -> None:
    """Pass if the file is there and this process may read it.

    Raises:
        ValueError: It is not, or may not.
    """
    try:
        with Path(path).open("rb"):
            return
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from error


def require_certificates(path: str) -> None:
    """Pass if the file holds certificates of authorities, as PEM.

    Raises:
        ValueError: It cannot be read, or holds none.
    """
    require_readable(path)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError as error:
        raise ValueError(f"the file holds no certificates as PEM: {error.reason or error}") from error


def require_pair(certificate: str, key: str, password: str | None) -> None:
    """Pass if a key opens with a password and belongs to a certificate.

    Raises:
        ValueError: It does not.
    """
    try:
        # Without a password of ours OpenSSL would ask for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password=password or "")
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        if reason == "KEY_VALUES_MISMATCH":
            raise ValueError("the key of ssl_keyfile does not belong to the certificate of ssl_certfile") from error
        raise ValueError(
            f"the key of ssl_keyfile does not open with this password, or the files are no PEM: {reason}"
        ) from error
