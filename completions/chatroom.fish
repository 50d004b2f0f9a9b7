# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_chatroom_global_optspecs
    string join \n n/nick= j/join= password-file= fingerprint= insecure no-host f/follow c/command= input= strict format= wait-for= from= from-account= room= timeout= retry= tee max-lines= interval= color= config= plain v/verbose q/quiet generate= h/help V/version
end

function __fish_chatroom_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_chatroom_global_optspecs) -- $cmd 2>/dev/null
    or return 0
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_chatroom_using_subcommand
    set -l cmd (__fish_chatroom_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c chatroom -n "__fish_chatroom_needs_command" -s n -l nick -d 'Your nick [default: your login name]' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -s j -l join -d 'Join this room too; add the key after a space: \'#room key\'; can be given several times' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l password-file -d 'Read the server password from the first line of this file' -r -F
complete -c chatroom -n "__fish_chatroom_needs_command" -l fingerprint -d 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -s c -l command -d 'Send this line instead of standard input; can be given several times' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l input -d 'How to read the lines of standard input' -r -f -a "typed\t'As if typed: text, @NICK TEXT, /COMMAND'
text\t'As text for the room, whatever they begin with'
json\t'As JSON objects with the keys to and text, or command; see --generate schema'"
complete -c chatroom -n "__fish_chatroom_needs_command" -l format -d 'The form of the output when it is not a terminal' -r -f -a "plain\t'Text for people: the time, the nick and the message'
json\t'One JSON object a line, for programs'
raw\t'The lines of the server, unchanged'"
complete -c chatroom -n "__fish_chatroom_needs_command" -l wait-for -d 'End when a message matches this regular expression, and print it' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l from -d 'With --wait-for, match only messages from this person' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l from-account -d 'With --wait-for, match only messages from users who are logged in to this account, whatever their nick' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l room -d 'With --wait-for, match only messages in this room' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l retry -d 'When a script loses its connection, wait this long for the server and go on: each line is sent once, if the server has the capability chatroom.example/once' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l max-lines -d 'With --tee, send at most this many lines in an interval: the first and the last ones, and the number of lines between them' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l interval -d 'With --tee, the length of the interval' -r
complete -c chatroom -n "__fish_chatroom_needs_command" -l color -d 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE' -r -f -a "auto\t'In a terminal, unless the environment says otherwise'
always\t'Always, also in a pipe'
never\t'Never'"
complete -c chatroom -n "__fish_chatroom_needs_command" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_needs_command" -l generate -d 'Print the man page, the completions of a shell, or another document, and exit' -r -f -a "man\t'The man page, in roff'
complete-bash\t'Completions for bash'
complete-zsh\t'Completions for zsh'
complete-fish\t'Completions for fish'
complete-elvish\t'Completions for elvish'
complete-powershell\t'Completions for PowerShell'
schema\t'A JSON Schema of the JSON input and output'
config\t'A configuration file with every key explained'"
complete -c chatroom -n "__fish_chatroom_needs_command" -l insecure -d 'Accept any certificate of the server, for this run: others could read and change everything'
complete -c chatroom -n "__fish_chatroom_needs_command" -l no-host -d 'Never host the room on this machine when no server answers'
complete -c chatroom -n "__fish_chatroom_needs_command" -s f -l follow -d 'After the end of input, continue to print what others say'
complete -c chatroom -n "__fish_chatroom_needs_command" -l strict -d 'End a script at the first line that is refused'
complete -c chatroom -n "__fish_chatroom_needs_command" -l tee -d 'Copy standard input to standard output, and send some of its lines as text'
complete -c chatroom -n "__fish_chatroom_needs_command" -l plain -d 'Print whole lines only, for screen readers, without escape sequences'
complete -c chatroom -n "__fish_chatroom_needs_command" -s v -l verbose -d 'Show more detail, such as each line of the server\'s greeting'
complete -c chatroom -n "__fish_chatroom_needs_command" -s q -l quiet -d 'Show only what people say, not joins and quits'
complete -c chatroom -n "__fish_chatroom_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroom -n "__fish_chatroom_needs_command" -s V -l version -d 'Print version'
complete -c chatroom -n "__fish_chatroom_needs_command" -a "ask" -d 'Ask a person or a room, and print the answer'
complete -c chatroom -n "__fish_chatroom_needs_command" -a "msg" -d 'Send one message to a person or a room'
complete -c chatroom -n "__fish_chatroom_needs_command" -a "log" -d 'Show the log (needs log = true)'
complete -c chatroom -n "__fish_chatroom_needs_command" -a "certificate" -d 'Create a client certificate for logging in to services'
complete -c chatroom -n "__fish_chatroom_needs_command" -a "ctl" -d 'Use a running session that has control = true in its configuration'
complete -c chatroom -n "__fish_chatroom_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -s n -l nick -d 'Your nick [default: your login name]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -s j -l join -d 'Join this room too; add the key after a space: \'#room key\'; can be given several times' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l password-file -d 'Read the server password from the first line of this file' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l fingerprint -d 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l format -d 'The form of the output when it is not a terminal [default: plain]' -r -f -a "plain\t'Text for people: the time, the nick and the message'
json\t'One JSON object a line, for programs'
raw\t'The lines of the server, unchanged'"
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l color -d 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]' -r -f -a "auto\t'In a terminal, unless the environment says otherwise'
always\t'Always, also in a pipe'
never\t'Never'"
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l account -d 'Accept an answer only from a user logged in to this account, whatever their nick' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -l insecure -d 'Accept any certificate of the server, for this run: others could read and change everything'
complete -c chatroom -n "__fish_chatroom_using_subcommand ask" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -s n -l nick -d 'Your nick [default: your login name]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -s j -l join -d 'Join this room too; add the key after a space: \'#room key\'; can be given several times' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -l password-file -d 'Read the server password from the first line of this file' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -l fingerprint -d 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -l format -d 'The form of the output when it is not a terminal [default: plain]' -r -f -a "plain\t'Text for people: the time, the nick and the message'
json\t'One JSON object a line, for programs'
raw\t'The lines of the server, unchanged'"
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -l color -d 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]' -r -f -a "auto\t'In a terminal, unless the environment says otherwise'
always\t'Always, also in a pipe'
never\t'Never'"
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -l insecure -d 'Accept any certificate of the server, for this run: others could read and change everything'
complete -c chatroom -n "__fish_chatroom_using_subcommand msg" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroom -n "__fish_chatroom_using_subcommand log" -l room -d 'Show only this room, or the whispers with this person' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand log" -l since -d 'Show only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24, "2026-11-24 14:00"' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand log" -l grep -d 'Show only lines that match this regular expression' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand log" -l format -d 'The form of the output when it is not a terminal [default: plain]' -r -f -a "plain\t'Text for people: the time, the nick and the message'
json\t'One JSON object a line, for programs'
raw\t'The lines of the server, unchanged'"
complete -c chatroom -n "__fish_chatroom_using_subcommand log" -l color -d 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]' -r -f -a "auto\t'In a terminal, unless the environment says otherwise'
always\t'Always, also in a pipe'
never\t'Never'"
complete -c chatroom -n "__fish_chatroom_using_subcommand log" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroom -n "__fish_chatroom_using_subcommand certificate" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand certificate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -l session -d 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -s h -l help -d 'Print help'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -f -a "send" -d 'Process a line as if typed in the session'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -f -a "who" -d 'List the nicks in a room'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -f -a "rooms" -d 'List the rooms of the session'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -f -a "sessions" -d 'List the running sessions: their numbers, servers, nicks and active rooms'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -f -a "tail" -d 'Print what happens in the session from now on'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -f -a "names" -d 'List the names that begin with this, for completion in the shell'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and not __fish_seen_subcommand_from send who rooms sessions tail names help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from send" -l session -d 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from send" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from send" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from send" -s h -l help -d 'Print help'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from who" -l session -d 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from who" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from who" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from who" -s h -l help -d 'Print help'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from rooms" -l session -d 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from rooms" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from rooms" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from rooms" -s h -l help -d 'Print help'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from sessions" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from sessions" -s h -l help -d 'Print help'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from tail" -l session -d 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from tail" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from tail" -l format -d 'The form of the output when it is not a terminal [default: plain]' -r -f -a "plain\t'Text for people: the time, the nick and the message'
json\t'One JSON object a line, for programs'
raw\t'The lines of the server, unchanged'"
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from tail" -l color -d 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]' -r -f -a "auto\t'In a terminal, unless the environment says otherwise'
always\t'Always, also in a pipe'
never\t'Never'"
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from tail" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from names" -l session -d 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from names" -l timeout -d 'Give up after this time, such as 30s or 5m, with exit status 75' -r
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from names" -l config -d 'Read this configuration file instead of ~/.config/chatroom.toml' -r -F
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from names" -s h -l help -d 'Print help'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "send" -d 'Process a line as if typed in the session'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "who" -d 'List the nicks in a room'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "rooms" -d 'List the rooms of the session'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "sessions" -d 'List the running sessions: their numbers, servers, nicks and active rooms'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "tail" -d 'Print what happens in the session from now on'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "names" -d 'List the names that begin with this, for completion in the shell'
complete -c chatroom -n "__fish_chatroom_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and not __fish_seen_subcommand_from ask msg log certificate ctl help" -f -a "ask" -d 'Ask a person or a room, and print the answer'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and not __fish_seen_subcommand_from ask msg log certificate ctl help" -f -a "msg" -d 'Send one message to a person or a room'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and not __fish_seen_subcommand_from ask msg log certificate ctl help" -f -a "log" -d 'Show the log (needs log = true)'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and not __fish_seen_subcommand_from ask msg log certificate ctl help" -f -a "certificate" -d 'Create a client certificate for logging in to services'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and not __fish_seen_subcommand_from ask msg log certificate ctl help" -f -a "ctl" -d 'Use a running session that has control = true in its configuration'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and not __fish_seen_subcommand_from ask msg log certificate ctl help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "send" -d 'Process a line as if typed in the session'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "who" -d 'List the nicks in a room'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "rooms" -d 'List the rooms of the session'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "sessions" -d 'List the running sessions: their numbers, servers, nicks and active rooms'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "tail" -d 'Print what happens in the session from now on'
complete -c chatroom -n "__fish_chatroom_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "names" -d 'List the names that begin with this, for completion in the shell'
complete -c chatroom -n "__fish_seen_subcommand_from msg ask" -f \
    -a "(chatroom ctl names -- (commandline -ct) 2>/dev/null)"
