
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'chatroom' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'chatroom'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'chatroom' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Your nick [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'Your nick [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Join this room too; add the key after a space: ''#room key''; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Join this room too; add the key after a space: ''#room key''; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the server password from the first line of this file')
            [CompletionResult]::new('--fingerprint', '--fingerprint', [CompletionResultType]::ParameterName, 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Send this line instead of standard input; can be given several times')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'Send this line instead of standard input; can be given several times')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'How to read the lines of standard input')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output when it is not a terminal')
            [CompletionResult]::new('--wait-for', '--wait-for', [CompletionResultType]::ParameterName, 'End when a message matches this regular expression, and print it')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'With --wait-for, match only messages from this person')
            [CompletionResult]::new('--from-account', '--from-account', [CompletionResultType]::ParameterName, 'With --wait-for, match only messages from users who are logged in to this account, whatever their nick')
            [CompletionResult]::new('--room', '--room', [CompletionResultType]::ParameterName, 'With --wait-for, match only messages in this room')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'When a script loses its connection, wait this long for the server and go on: each line is sent once, if the server has the capability chatroom.example/once')
            [CompletionResult]::new('--max-lines', '--max-lines', [CompletionResultType]::ParameterName, 'With --tee, send at most this many lines in an interval: the first and the last ones, and the number of lines between them')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'With --tee, the length of the interval')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Print the man page, the completions of a shell, or another document, and exit')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept any certificate of the server, for this run: others could read and change everything')
            [CompletionResult]::new('--no-host', '--no-host', [CompletionResultType]::ParameterName, 'Never host the room on this machine when no server answers')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'After the end of input, continue to print what others say')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'After the end of input, continue to print what others say')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'End a script at the first line that is refused')
            [CompletionResult]::new('--tee', '--tee', [CompletionResultType]::ParameterName, 'Copy standard input to standard output, and send some of its lines as text')
            [CompletionResult]::new('--plain', '--plain', [CompletionResultType]::ParameterName, 'Print whole lines only, for screen readers, without escape sequences')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show more detail, such as each line of the server''s greeting')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show more detail, such as each line of the server''s greeting')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what people say, not joins and quits')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what people say, not joins and quits')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('ask', 'ask', [CompletionResultType]::ParameterValue, 'Ask a person or a room, and print the answer')
            [CompletionResult]::new('msg', 'msg', [CompletionResultType]::ParameterValue, 'Send one message to a person or a room')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the log (needs log = true)')
            [CompletionResult]::new('certificate', 'certificate', [CompletionResultType]::ParameterValue, 'Create a client certificate for logging in to services')
            [CompletionResult]::new('ctl', 'ctl', [CompletionResultType]::ParameterValue, 'Use a running session that has control = true in its configuration')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'chatroom;ask' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Your nick [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'Your nick [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Join this room too; add the key after a space: ''#room key''; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Join this room too; add the key after a space: ''#room key''; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the server password from the first line of this file')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--fingerprint', '--fingerprint', [CompletionResultType]::ParameterName, 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output when it is not a terminal [default: plain]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Accept an answer only from a user logged in to this account, whatever their nick')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept any certificate of the server, for this run: others could read and change everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;msg' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Your nick [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'Your nick [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Join this room too; add the key after a space: ''#room key''; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Join this room too; add the key after a space: ''#room key''; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the server password from the first line of this file')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--fingerprint', '--fingerprint', [CompletionResultType]::ParameterName, 'Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be given several times')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output when it is not a terminal [default: plain]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept any certificate of the server, for this run: others could read and change everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;log' {
            [CompletionResult]::new('--room', '--room', [CompletionResultType]::ParameterName, 'Show only this room, or the whispers with this person')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Show only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24, "2026-11-24 14:00"')
            [CompletionResult]::new('--grep', '--grep', [CompletionResultType]::ParameterName, 'Show only lines that match this regular expression')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output when it is not a terminal [default: plain]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;certificate' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Process a line as if typed in the session')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'List the nicks in a room')
            [CompletionResult]::new('rooms', 'rooms', [CompletionResultType]::ParameterValue, 'List the rooms of the session')
            [CompletionResult]::new('sessions', 'sessions', [CompletionResultType]::ParameterValue, 'List the running sessions: their numbers, servers, nicks and active rooms')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Print what happens in the session from now on')
            [CompletionResult]::new('names', 'names', [CompletionResultType]::ParameterValue, 'List the names that begin with this, for completion in the shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'chatroom;ctl;send' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroom;ctl;who' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroom;ctl;rooms' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroom;ctl;sessions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroom;ctl;tail' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the output when it is not a terminal [default: plain]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl;names' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which session, if several are running: its server, or its number from ctl sessions [default: the one that started last]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file instead of ~/.config/chatroom.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroom;ctl;help' {
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Process a line as if typed in the session')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'List the nicks in a room')
            [CompletionResult]::new('rooms', 'rooms', [CompletionResultType]::ParameterValue, 'List the rooms of the session')
            [CompletionResult]::new('sessions', 'sessions', [CompletionResultType]::ParameterValue, 'List the running sessions: their numbers, servers, nicks and active rooms')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Print what happens in the session from now on')
            [CompletionResult]::new('names', 'names', [CompletionResultType]::ParameterValue, 'List the names that begin with this, for completion in the shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'chatroom;ctl;help;send' {
            break
        }
        'chatroom;ctl;help;who' {
            break
        }
        'chatroom;ctl;help;rooms' {
            break
        }
        'chatroom;ctl;help;sessions' {
            break
        }
        'chatroom;ctl;help;tail' {
            break
        }
        'chatroom;ctl;help;names' {
            break
        }
        'chatroom;ctl;help;help' {
            break
        }
        'chatroom;help' {
            [CompletionResult]::new('ask', 'ask', [CompletionResultType]::ParameterValue, 'Ask a person or a room, and print the answer')
            [CompletionResult]::new('msg', 'msg', [CompletionResultType]::ParameterValue, 'Send one message to a person or a room')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the log (needs log = true)')
            [CompletionResult]::new('certificate', 'certificate', [CompletionResultType]::ParameterValue, 'Create a client certificate for logging in to services')
            [CompletionResult]::new('ctl', 'ctl', [CompletionResultType]::ParameterValue, 'Use a running session that has control = true in its configuration')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'chatroom;help;ask' {
            break
        }
        'chatroom;help;msg' {
            break
        }
        'chatroom;help;log' {
            break
        }
        'chatroom;help;certificate' {
            break
        }
        'chatroom;help;ctl' {
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Process a line as if typed in the session')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'List the nicks in a room')
            [CompletionResult]::new('rooms', 'rooms', [CompletionResultType]::ParameterValue, 'List the rooms of the session')
            [CompletionResult]::new('sessions', 'sessions', [CompletionResultType]::ParameterValue, 'List the running sessions: their numbers, servers, nicks and active rooms')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Print what happens in the session from now on')
            [CompletionResult]::new('names', 'names', [CompletionResultType]::ParameterValue, 'List the names that begin with this, for completion in the shell')
            break
        }
        'chatroom;help;ctl;send' {
            break
        }
        'chatroom;help;ctl;who' {
            break
        }
        'chatroom;help;ctl;rooms' {
            break
        }
        'chatroom;help;ctl;sessions' {
            break
        }
        'chatroom;help;ctl;tail' {
            break
        }
        'chatroom;help;ctl;names' {
            break
        }
        'chatroom;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
