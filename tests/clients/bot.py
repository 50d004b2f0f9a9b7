"""A bot made with the Python package `irc`: it prints its events, and obeys these commands
in a whisper: `say TEXT`, `whisper TEXT`, `nick NAME`."""

import sys

import irc.client


def main() -> None:
    port, nick = int(sys.argv[1]), sys.argv[2]
    # Older versions of the package use another name.
    reactor = getattr(irc.client, "Reactor", getattr(irc.client, "IRC", None))()
    connection = reactor.server().connect("127.0.0.1", port, nick)

    def show(connection, event) -> None:
        print(event.type, event.source, event.target, *event.arguments, flush=True)

    def obey(connection, event) -> None:
        show(connection, event)
        what, _, text = event.arguments[0].partition(" ")
        if what == "say":
            connection.privmsg("#lobby", text)
        elif what == "whisper":
            connection.privmsg(event.source.nick, text)
        elif what == "nick":
            connection.nick(text)

    for kind in ("join", "pubmsg", "nick", "kick", "quit", "nicknameinuse"):
        connection.add_global_handler(kind, show)
    connection.add_global_handler("privmsg", obey)
    reactor.process_forever(timeout=0.05)


main()
