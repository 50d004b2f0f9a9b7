"""Starts chatroomd for the conformance suite irctest (https://github.com/progval/irctest).

The suite finds it by its module name, with this folder in PYTHONPATH; run.sh beside this file
does all of it.
"""

import os
import shutil
import subprocess
from typing import Optional, Type

from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.runner import NotImplementedByController

# The suite expects this name, this operator, and no flood control.
SETTINGS = """
listen = ["{hostname}:{port}"]
name = "My.Little.Server"
network = "irctest"
lobby = false
{password}

[store]
folder = "store"
rooms = "all"
events = true

[accounts]
{accounts}

[[operator]]
name = "operuser"
password = "operpassword"

[limits]
enabled = false
"""


class ChatroomdController(BaseServerController, DirectoryBasedController):
    software_name = "chatroomd"
    supported_sasl_mechanisms = {"PLAIN", "SCRAM-SHA-256"}
    extban_account_char = "a"
    supports_sts = False
    extban_mute_char = "m"
    isupport = {
        "CASEMAPPING": "ascii",
        "NETWORK": "irctest",
        "PREFIX": "(ov)@+",
        "UTF8ONLY": None,
    }

    def create_config(self) -> None:
        super().create_config()

    def wait_for_services(self) -> None:
        """The accounts are in the server itself."""

    def registerUser(self, case, username: str, password: Optional[str] = None) -> None:
        assert password and self.directory
        self.wait_for_port()
        command = [os.environ["CHATROOMD"], "account", "add"]
        command += [str(self.directory / "store"), username]
        subprocess.run(command, input=password.encode() + b"\n", check=True)

    def run(
        self,
        hostname: str,
        port: int,
        *,
        password: Optional[str],
        ssl: bool,
        run_services: bool,
        faketime: Optional[str],
        websocket_hostname: Optional[str],
        websocket_port: Optional[int],
    ) -> None:
        if ssl:
            raise NotImplementedByController("TLS")
        assert self.proc is None
        self.hostname = hostname
        self.port = port
        self.create_config()
        assert self.directory
        line = f'password = "{password}"' if password else ""
        accounts = 'registration = "open"'
        if self.test_config.account_registration_requires_email:
            accounts = 'registration = "command"\nverify-command = ["true"]'
        if not self.test_config.account_registration_before_connect:
            accounts += "\nregister-before-connect = false"
        settings = SETTINGS.format(
            hostname=hostname, port=port, password=line, accounts=accounts
        )
        with self.open_file("chatroomd.toml") as file:
            file.write(settings)
            if websocket_port is not None:
                address = f"{websocket_hostname}:{websocket_port}"
                file.write(f'[websocket]\nlisten = ["{address}"]\n')
        command = [os.environ["CHATROOMD"], "--quiet", "--config"]
        command.append(str(self.directory / "chatroomd.toml"))
        # Some tests wait for minutes; with faketime they pass in seconds.
        if faketime and shutil.which("faketime"):
            command = ["faketime", "-f", faketime] + command
            self.faketime_enabled = True
        self.proc = self.execute(command)


def get_irctest_controller_class() -> Type[ChatroomdController]:
    return ChatroomdController
