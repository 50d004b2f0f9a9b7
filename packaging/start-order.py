#!/usr/bin/env python3
"""Lists the functions that chatroom executes from its start to the first prompt on an encrypted network,
for build.rs. It needs valgrind and nm.

    RUSTFLAGS=-Cstrip=none cargo build --release
    packaging/start-order.py target/release/chatroom target/release/chatroomd >start-order.txt

The flags keep the symbols, and the build is not ordered by the list that exists.
"""

import bisect
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

# Longer names are cut: many differ only in their type parameters.
NAME_BYTES_MAX = 60
SECONDS_MAX = 300


def run(client, server, folder):
    """Starts the client under valgrind until it is in the lobby. Returns the file of the counts."""
    counts = os.path.join(folder, "counts")
    daemon = subprocess.Popen(
        [server, "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--tls-self-signed"],
        env={"HOME": folder},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        lines = [daemon.stdout.readline().split() for _ in range(3)]
        address, fingerprint = lines[1][2], lines[2][1]
        os.mkdir(os.path.join(folder, ".config"))
        with open(os.path.join(folder, ".config/chatroom.toml"), "w") as file:
            file.write(f'[servers.home]\naddress = "ircs://{address}"\nfingerprint = "{fingerprint}"\n')
        arguments = ["valgrind", "--tool=callgrind", "--dump-instr=yes"]
        arguments += [f"--callgrind-out-file={counts}", client, "home", "--nick", "alice"]
        pid, terminal = pty.fork()
        if pid == 0:
            environment = {"HOME": folder, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
            os.execvpe(arguments[0], arguments, environment | {"PATH": os.environ["PATH"]})
        wait_for(terminal, b"alone so far")
        # What comes after the first prompt: the threads that begin to wait.
        time.sleep(3)
        os.write(terminal, b"/quit\r")
        wait_for(terminal, b"refs:")
        os.waitpid(pid, 0)
    finally:
        daemon.kill()
        daemon.wait()
    return counts


def wait_for(terminal, text):
    seen, end = b"", time.monotonic() + SECONDS_MAX
    while text not in seen:
        if time.monotonic() > end:
            sys.exit(f"start-order.py: {text} did not come: {seen[-500:]}")
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 65536)


def executed(counts, client):
    """The addresses of the executed instructions of the client."""
    objects, current, last, addresses = {}, None, 0, set()
    for line in open(counts):
        if match := re.match(r"c?ob=\((\d+)\)(?: (.*))?", line):
            number, name = match.groups()
            if name:
                objects[number] = name.strip()
            if line.startswith("ob="):
                current = objects[number]
        elif match := re.match(r"(0x[0-9a-f]+|[+-]\d+|\*) ", line):
            text = match.group(1)
            if text.startswith("0x"):
                last = int(text, 16)
            elif text != "*":
                last += int(text)
            if current == client:
                addresses.add(last)
    return addresses


def names_of(addresses, client):
    """The names of the functions at these addresses."""
    output = subprocess.run(
        ["nm", "--print-size", "--defined-only", client], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in output.stdout.splitlines()]
    functions = sorted(
        (int(row[0], 16), int(row[1], 16), row[3]) for row in rows if len(row) == 4 and row[2] in "tTwW"
    )
    starts = [function[0] for function in functions]
    for address in addresses:
        start, size, name = functions[max(bisect.bisect(starts, address) - 1, 0)]
        if start <= address < start + size:
            yield name


def pattern(name):
    """The name without what another compiler or another version of a library would change."""
    name = re.sub(r"17h[0-9a-f]{16}E.*$", "17h*", name)
    name = re.sub(r"\.\d+$", "*", name)
    name = re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", name)
    name = re.sub(r"ring_core_[0-9_]+__", "ring_core_*__", name)
    return name if len(name) <= NAME_BYTES_MAX else name[:NAME_BYTES_MAX].rstrip("*") + "*"


def main():
    client, server = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        addresses = executed(run(client, server, folder), client)
    print("# Made by packaging/start-order.py: the functions that a start of chatroom executes.")
    print("\n".join(sorted({pattern(name) for name in names_of(addresses, client)})))


main()
