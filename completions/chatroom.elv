
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
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand -c 'Take this line instead of standard input; can be given several times'
            cand --command 'Take this line instead of standard input; can be given several times'
            cand --input 'How to understand the lines of standard input'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --wait-for 'End when somebody says what matches this regular expression, and print it'
            cand --from 'Wait only for what this person says'
            cand --room 'Wait only for what is said in this room'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --max-lines 'With --tee, send at most so many lines in an interval, the first and the last ones, and how many more there were'
            cand --interval 'With --tee, the time for which lines are counted'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand --generate 'Print the man page or the completions of a shell, and do nothing else'
            cand --no-host 'Never host the room in this process when no server is there'
            cand -f 'After the end of input go on printing what others say'
            cand --follow 'After the end of input go on printing what others say'
            cand --strict 'End a script at the first line that is refused'
            cand --tee 'Pass standard input on to standard output while sending some of its lines as text'
            cand --plain 'Whole lines only: nothing is drawn twice and no escape sequence is written, as screen readers need it'
            cand -v 'Show also what is of use to few, such as each line of the server''s greeting'
            cand --verbose 'Show also what is of use to few, such as each line of the server''s greeting'
            cand -q 'Show only what people say, not who comes and goes'
            cand --quiet 'Show only what people say, not who comes and goes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand ask 'Ask a person, and print the answer'
            cand msg 'Say one thing to a person or in a room'
            cand log 'Show what was seen, where the configuration has log = true'
            cand ctl 'Use a running session that has control = true in its configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'chatroom;ask'= {
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;msg'= {
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;log'= {
            cand --room 'Only what happened in this room, or what was whispered with this person'
            cand --since 'Only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24, "2026-11-24 14:00"'
            cand --grep 'Only lines that match this regular expression'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl'= {
            cand --session 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand send 'Take a line as if it were typed there'
            cand who 'List who is in a room'
            cand rooms 'List the rooms it is in'
            cand sessions 'List the sessions that are running: their numbers, servers, nicks and active rooms'
            cand tail 'Print what happens there from now on'
            cand names 'List the names that begin with this, for the completion of shells'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'chatroom;ctl;send'= {
            cand --session 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl;who'= {
            cand --session 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl;rooms'= {
            cand --session 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl;sessions'= {
            cand --session 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl;tail'= {
            cand --session 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl;names'= {
            cand --session 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]'
            cand -n 'The name others know you by [default: your login name]'
            cand --nick 'The name others know you by [default: your login name]'
            cand -j 'Enter this room as well, with its key behind a space; can be given several times'
            cand --join 'Enter this room as well, with its key behind a space; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --timeout 'Give up after this time, such as 30s or 5m, with exit status 75'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'chatroom;ctl;help'= {
            cand send 'Take a line as if it were typed there'
            cand who 'List who is in a room'
            cand rooms 'List the rooms it is in'
            cand sessions 'List the sessions that are running: their numbers, servers, nicks and active rooms'
            cand tail 'Print what happens there from now on'
            cand names 'List the names that begin with this, for the completion of shells'
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
            cand ask 'Ask a person, and print the answer'
            cand msg 'Say one thing to a person or in a room'
            cand log 'Show what was seen, where the configuration has log = true'
            cand ctl 'Use a running session that has control = true in its configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'chatroom;help;ask'= {
        }
        &'chatroom;help;msg'= {
        }
        &'chatroom;help;log'= {
        }
        &'chatroom;help;ctl'= {
            cand send 'Take a line as if it were typed there'
            cand who 'List who is in a room'
            cand rooms 'List the rooms it is in'
            cand sessions 'List the sessions that are running: their numbers, servers, nicks and active rooms'
            cand tail 'Print what happens there from now on'
            cand names 'List the names that begin with this, for the completion of shells'
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
