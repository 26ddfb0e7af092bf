"""Ports on the loopback address."""

import socket

from ratchet.errors import ServiceError

LOOPBACK = "127.0.0.1"


def find_free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def require_free_port(port: int, *, service: str, setting: str) -> None:
    """Check that a service can have its port.

    Raises:
        ServiceError: something else listens there.
    """
    with socket.socket() as probe:
        # As servers bind: a port whose last connections are still closing is free to them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise ServiceError(
                f"port {port} on {LOOPBACK}, which {service} needs, is taken ({error.strerror}); "
                f"free it or choose another with {setting}"
            ) from error
