
use builtin;
use str;

set edit:completion:arg-completer[chatroom] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'chatroom'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'chatroom'= {
            cand -n 'Your nick [default: your login name]'
            cand --nick 'Your nick [default: your login name]'
            cand -j 'Join this room too; add the key after a space: ''#room key''; can be given several times'
            cand --join 'Join this room too; add the key after a space: ''#room key''; can be given several times'
            cand --password-file 'Read the server password from the first line of this file'
            cand --fingerprint 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times'
            cand -c 'Send this line instead of standard input; can be given several times'
            cand --command 'Send this line instead of standard input; can be given several times'
            cand --input 'How to read the lines of standard input'
            cand --format 'The form of the output when it is not a terminal'
            cand --wait-for 'End when a message matches this regular expression, and print it'
            cand --from 'With --wait-for, match only messages from this person'
            cand --from-account 'With --wait-for, match only messages from users who are logged in to this account, whatever their nick'
            cand --room 'With --wait-for, match only messages in this room'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --retry 'When a script loses its connection, wait this long for the server and go on: each line is sent once, if the server has the capability chatroom.example/once'
            cand --max-lines 'With --tee, send at most this many lines in an interval: the first and the last ones, and the number of lines between them'
            cand --interval 'With --tee, the length of the interval'
            cand --color 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand --generate 'Print the man page, the completions of a shell, or another document, and exit'
            cand --insecure 'Accept any certificate of the server, for this run: others could read and change everything'
            cand --no-host 'Never host the room on this machine when no server answers'
            cand -f 'After the end of input, continue to print what others say'
            cand --follow 'After the end of input, continue to print what others say'
            cand --strict 'End a script at the first line that is refused'
            cand --tee 'Copy standard input to standard output, and send some of its lines as text'
            cand --plain 'Print whole lines only, for screen readers, without escape sequences'
            cand -v 'Show more detail, such as each line of the server''s greeting'
            cand --verbose 'Show more detail, such as each line of the server''s greeting'
            cand -q 'Show only what people say, not joins and quits'
            cand --quiet 'Show only what people say, not joins and quits'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand ask 'Ask a person or a room, and print the answer'
            cand msg 'Send one message to a person or a room'
            cand log 'Show the log (needs log = true)'
            cand certificate 'Create a client certificate for logging in to services'
            cand ctl 'Use a running session that has control = true in its configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'chatroom;ask'= {
            cand -n 'Your nick [default: your login name]'
            cand --nick 'Your nick [default: your login name]'
            cand -j 'Join this room too; add the key after a space: ''#room key''; can be given several times'
            cand --join 'Join this room too; add the key after a space: ''#room key''; can be given several times'
            cand --password-file 'Read the server password from the first line of this file'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --fingerprint 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times'
            cand --format 'The form of the output when it is not a terminal [default: plain]'
            cand --color 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand --account 'Accept an answer only from a user logged in to this account, whatever their nick'
            cand --insecure 'Accept any certificate of the server, for this run: others could read and change everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;msg'= {
            cand -n 'Your nick [default: your login name]'
            cand --nick 'Your nick [default: your login name]'
            cand -j 'Join this room too; add the key after a space: ''#room key''; can be given several times'
            cand --join 'Join this room too; add the key after a space: ''#room key''; can be given several times'
            cand --password-file 'Read the server password from the first line of this file'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --fingerprint 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times'
            cand --format 'The form of the output when it is not a terminal [default: plain]'
            cand --color 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand --insecure 'Accept any certificate of the server, for this run: others could read and change everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;log'= {
            cand --room 'Show only this room, or the whispers with this person'
            cand --since 'Show only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24, "2026-11-24 14:00"'
            cand --grep 'Show only lines that match this regular expression'
            cand --format 'The form of the output when it is not a terminal [default: plain]'
            cand --color 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;certificate'= {
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl'= {
            cand --session 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help'
            cand --help 'Print help'
            cand send 'Process a line as if typed in the session'
            cand who 'List the nicks in a room'
            cand rooms 'List the rooms of the session'
            cand sessions 'List the running sessions: their numbers, servers, nicks and active rooms'
            cand tail 'Print what happens in the session from now on'
            cand names 'List the names that begin with this, for completion in the shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'chatroom;ctl;send'= {
            cand --session 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroom;ctl;who'= {
            cand --session 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroom;ctl;rooms'= {
            cand --session 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroom;ctl;sessions'= {
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroom;ctl;tail'= {
            cand --session 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --format 'The form of the output when it is not a terminal [default: plain]'
            cand --color 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl;names'= {
            cand --session 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --config 'Read this configuration file instead of ~/.config/chatroom.toml'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroom;ctl;help'= {
            cand send 'Process a line as if typed in the session'
            cand who 'List the nicks in a room'
            cand rooms 'List the rooms of the session'
            cand sessions 'List the running sessions: their numbers, servers, nicks and active rooms'
            cand tail 'Print what happens in the session from now on'
            cand names 'List the names that begin with this, for completion in the shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'chatroom;ctl;help;send'= {
        }
        &'chatroom;ctl;help;who'= {
        }
        &'chatroom;ctl;help;rooms'= {
        }
        &'chatroom;ctl;help;sessions'= {
        }
        &'chatroom;ctl;help;tail'= {
        }
        &'chatroom;ctl;help;names'= {
        }
        &'chatroom;ctl;help;help'= {
        }
        &'chatroom;help'= {
            cand ask 'Ask a person or a room, and print the answer'
            cand msg 'Send one message to a person or a room'
            cand log 'Show the log (needs log = true)'
            cand certificate 'Create a client certificate for logging in to services'
            cand ctl 'Use a running session that has control = true in its configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'chatroom;help;ask'= {
        }
        &'chatroom;help;msg'= {
        }
        &'chatroom;help;log'= {
        }
        &'chatroom;help;certificate'= {
        }
        &'chatroom;help;ctl'= {
            cand send 'Process a line as if typed in the session'
            cand who 'List the nicks in a room'
            cand rooms 'List the rooms of the session'
            cand sessions 'List the running sessions: their numbers, servers, nicks and active rooms'
            cand tail 'Print what happens in the session from now on'
            cand names 'List the names that begin with this, for completion in the shell'
        }
        &'chatroom;help;ctl;send'= {
        }
        &'chatroom;help;ctl;who'= {
        }
        &'chatroom;help;ctl;rooms'= {
        }
        &'chatroom;help;ctl;sessions'= {
        }
        &'chatroom;help;ctl;tail'= {
        }
        &'chatroom;help;ctl;names'= {
        }
        &'chatroom;help;help'= {
        }
    ]
    $completions[$command]
}

var options-of-chatroom = $edit:completion:arg-completer[chatroom]
var values-of-chatroom = [
    &--password-file={|word| edit:complete-filename $word }
    &--input={|_| put typed text json }
    &--format={|_| put plain json raw }
    &--color={|_| put auto always never }
    &--config={|word| edit:complete-filename $word }
    &--generate={|_| put man complete-bash complete-zsh complete-fish complete-elvish complete-powershell schema config }
]
set edit:completion:arg-completer[chatroom] = {|@words|
    if (has-key $values-of-chatroom $words[-2]) {
        $values-of-chatroom[$words[-2]] $words[-1]
    } else {
        $options-of-chatroom $@words
    }
}

var others-of-chatroom = $edit:completion:arg-completer[chatroom]
set edit:completion:arg-completer[chatroom] = {|@words|
    if (and (> (count $words) 2) (has-value [msg ask] $words[-2])) {
        try { e:chatroom ctl names -- $words[-1] 2>/dev/null | from-lines } catch { }
    } else {
        $others-of-chatroom $@words
    }
}
