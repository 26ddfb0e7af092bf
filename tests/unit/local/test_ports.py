import socket

import pytest

from ratchet.errors import ServiceError
from ratchet.local.ports import LOOPBACK, find_free_port, require_free_port


def test_a_free_port_is_let_through():
    require_free_port(find_free_port(), service="Airflow", setting="RATCHET_PORT")


def test_a_taken_port_is_named_with_the_setting_that_changes_it():
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} .*Airflow.*taken.*RATCHET_PORT"):
            require_free_port(port, service="Airflow", setting="RATCHET_PORT")
