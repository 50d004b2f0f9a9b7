//! The text after the options in `--help` and the man page.

use crate::common::record::KINDS;

pub(super) const EXAMPLES: &str = "\
Examples:
  chatroom                                   join the room on this machine, or host it
  chatroom chat.example --nick alice         join the room on another machine
  make 2>&1 | tail -1 | chatroom --nick ci   send the result of a build
  chatroom --nick log --follow </dev/null    print what others say until Ctrl-C
  chatroom --nick ci -c '@bob done'          whisper to bob from a script
  chatroom ask @ann 'deploy?' --timeout 5m   ask ann, and print the answer";

/// The man page has a section for each part of this.
pub(super) fn more_help() -> String {
    let (first, second) = KINDS.split_at(KINDS.len() / 2);
    let indent = " ".repeat("  the kinds      ".len());
    let kinds = format!("{},\n{indent}{}", first.join(", "), second.join(", "));
    MORE_HELP.replace("KINDS", &kinds)
}

const MORE_HELP: &str = r##"Exit status:
  0    all lines were delivered
  64   wrong options
  65   the server refused a line; the others were sent
  66   a file could not be read
  68   unknown host
  69   the server could not be reached, or the connection was lost
  70   an error in chatroom itself
  73   a certificate could not be written, or exists already
  74   writing the output failed
  75   --timeout expired
  76   the server broke the protocol, or its certificate is not trusted
  77   not admitted: the nick is in use, a password is wrong, the login to the account failed,
       or a room is closed
  78   wrong configuration
  129, 130, 143  ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM

JSON:
  --format json  one object a line: always with kind, time (RFC 3339, UTC) and network (its name in
                 the configuration, or its host), and where they apply with room, nick, account,
                 other, text, manner (action, notice), people, rooms, details, own, mention, msgid,
                 replayed (history from before you connected)
  the kinds      KINDS
  the log        the same, with your own lines and their fate: delivered, refused, unknown if the
                 connection was lost before the server accepted the line, or unsent
  chatroom log - shows such lines from standard input as they were shown when they happened
  --input json   one object a line: {"to":"#room or nick","text":"..."} ("home/#room" where several
                 networks are named), {"text":"..."} for the active room,
                 {"command":"/join #room"}; a line that is not valid is reported with its number
  --generate schema  prints both forms as a JSON Schema

Delivery report, when the connection is lost:
  lines delivered  the server has accepted them
  unknown          they were in transit, and may or may not have arrived
  not sent         they never left chatroom

Environment:
  NO_COLOR        no colors, if it is not empty
  CLICOLOR_FORCE  colors also in a pipe, if it is neither empty nor 0
  ALL_PROXY       the SOCKS5 proxy for connections to other machines: socks5://HOST:PORT
  USER, LOGNAME   the nick, if nothing else sets it
  TZ              the time zone of displayed times

Files:
  $XDG_RUNTIME_DIR/chatroom/       the control sockets of the sessions with control = true, for
                                   chatroom ctl; without that variable, ~/.local/state/chatroom/
  ~/.config/chatroom/              the certificates of chatroom certificate
  ~/.config/chatroom.toml          the configuration: nick, server, and for each [servers.NAME]
                                   address, nick, rooms, account, password-file. With connect = true
                                   a session at a terminal connects to it besides others; a script
                                   connects to those that it names, or to server. The files that it
                                   names are relative to its folder
  ~/.local/state/chatroom/certificates  the certificates that you have accepted: one line for each
                                   server; a server whose line is removed is asked about again, and
                                   one of the same network at another address is recognized by it
  ~/.local/state/chatroom/sts      the hosts that have asked for encrypted connections (STS): host,
                                   port and end in Unix seconds in each line
  ~/.local/state/chatroom/history  typed lines, for the arrow keys and Ctrl-R: one file for each
                                   network, named like its table in the configuration or its address
  ~/.local/state/chatroom/seen     when the last line of each network was seen, for ZNC's playback
  ~/.local/state/chatroom/draft    unsent text: one file for each network and session
  ~/.local/state/chatroom/log      the log, with log = true: one folder for each network, with one
                                   file for each day and one JSON object a line"##;
