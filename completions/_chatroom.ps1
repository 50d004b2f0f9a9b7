
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
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Take this line instead of standard input; can be given several times')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'Take this line instead of standard input; can be given several times')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'How to understand the lines of standard input')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--wait-for', '--wait-for', [CompletionResultType]::ParameterName, 'End when somebody says what matches this regular expression, and print it')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Wait only for what this person says')
            [CompletionResult]::new('--room', '--room', [CompletionResultType]::ParameterName, 'Wait only for what is said in this room')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--max-lines', '--max-lines', [CompletionResultType]::ParameterName, 'With --tee, send at most so many lines in an interval, the first and the last ones, and how many more there were')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'With --tee, the time for which lines are counted')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Print the man page or the completions of a shell, and do nothing else')
            [CompletionResult]::new('--no-host', '--no-host', [CompletionResultType]::ParameterName, 'Never host the room in this process when no server is there')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'After the end of input go on printing what others say')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'After the end of input go on printing what others say')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'End a script at the first line that is refused')
            [CompletionResult]::new('--tee', '--tee', [CompletionResultType]::ParameterName, 'Pass standard input on to standard output while sending some of its lines as text')
            [CompletionResult]::new('--plain', '--plain', [CompletionResultType]::ParameterName, 'Whole lines only: nothing is drawn twice and no escape sequence is written, as screen readers need it')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show also what is of use to few, such as each line of the server''s greeting')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show also what is of use to few, such as each line of the server''s greeting')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what people say, not who comes and goes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what people say, not who comes and goes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('ask', 'ask', [CompletionResultType]::ParameterValue, 'Ask a person, and print the answer')
            [CompletionResult]::new('msg', 'msg', [CompletionResultType]::ParameterValue, 'Say one thing to a person or in a room')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what was seen, where the configuration has log = true')
            [CompletionResult]::new('ctl', 'ctl', [CompletionResultType]::ParameterValue, 'Use a running session that has control = true in its configuration')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'chatroom;ask' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;msg' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;log' {
            [CompletionResult]::new('--room', '--room', [CompletionResultType]::ParameterName, 'Only what happened in this room, or what was whispered with this person')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24, "2026-11-24 14:00"')
            [CompletionResult]::new('--grep', '--grep', [CompletionResultType]::ParameterName, 'Only lines that match this regular expression')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Take a line as if it were typed there')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'List who is in a room')
            [CompletionResult]::new('rooms', 'rooms', [CompletionResultType]::ParameterValue, 'List the rooms it is in')
            [CompletionResult]::new('sessions', 'sessions', [CompletionResultType]::ParameterValue, 'List the sessions that are running: their numbers, servers, nicks and active rooms')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Print what happens there from now on')
            [CompletionResult]::new('names', 'names', [CompletionResultType]::ParameterValue, 'List the names that begin with this, for the completion of shells')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'chatroom;ctl;send' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl;who' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl;rooms' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl;sessions' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl;tail' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl;names' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'Which one, where several are running: its server, or its number as ctl sessions lists it [default: the one that was started last]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well, with its key behind a space; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time, such as 30s or 5m, with exit status 75')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'chatroom;ctl;help' {
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Take a line as if it were typed there')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'List who is in a room')
            [CompletionResult]::new('rooms', 'rooms', [CompletionResultType]::ParameterValue, 'List the rooms it is in')
            [CompletionResult]::new('sessions', 'sessions', [CompletionResultType]::ParameterValue, 'List the sessions that are running: their numbers, servers, nicks and active rooms')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Print what happens there from now on')
            [CompletionResult]::new('names', 'names', [CompletionResultType]::ParameterValue, 'List the names that begin with this, for the completion of shells')
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
            [CompletionResult]::new('ask', 'ask', [CompletionResultType]::ParameterValue, 'Ask a person, and print the answer')
            [CompletionResult]::new('msg', 'msg', [CompletionResultType]::ParameterValue, 'Say one thing to a person or in a room')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what was seen, where the configuration has log = true')
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
        'chatroom;help;ctl' {
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Take a line as if it were typed there')
            [CompletionResult]::new('who', 'who', [CompletionResultType]::ParameterValue, 'List who is in a room')
            [CompletionResult]::new('rooms', 'rooms', [CompletionResultType]::ParameterValue, 'List the rooms it is in')
            [CompletionResult]::new('sessions', 'sessions', [CompletionResultType]::ParameterValue, 'List the sessions that are running: their numbers, servers, nicks and active rooms')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Print what happens there from now on')
            [CompletionResult]::new('names', 'names', [CompletionResultType]::ParameterValue, 'List the names that begin with this, for the completion of shells')
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
