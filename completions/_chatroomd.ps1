
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'chatroomd' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'chatroomd'
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
        'chatroomd' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Listen on this address, by default 127.0.0.1:6667; can be given several times; port 0 selects a free port')
            [CompletionResult]::new('--unix-listen', '--unix-listen', [CompletionResultType]::ParameterName, 'Listen on this path, for programs of this machine; can be given several times')
            [CompletionResult]::new('--tls-listen', '--tls-listen', [CompletionResultType]::ParameterName, 'Listen on this address for connections with TLS; can be given several times')
            [CompletionResult]::new('--websocket-listen', '--websocket-listen', [CompletionResultType]::ParameterName, 'Listen on this address for WebSocket connections; can be given several times')
            [CompletionResult]::new('--websocket-tls-listen', '--websocket-tls-listen', [CompletionResultType]::ParameterName, 'Listen on this address for WebSocket connections with TLS; can be given several times')
            [CompletionResult]::new('--websocket-origin', '--websocket-origin', [CompletionResultType]::ParameterName, 'Let web pages of this origin connect, or of every origin: *; can be given several times')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Serve metrics for Prometheus at this address, at /metrics')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Name of the server, in the form of a host name')
            [CompletionResult]::new('--network', '--network', [CompletionResultType]::ParameterName, 'Name of the network, one word')
            [CompletionResult]::new('--motd', '--motd', [CompletionResultType]::ParameterName, 'File with the message of the day')
            [CompletionResult]::new('--lobby', '--lobby', [CompletionResultType]::ParameterName, 'Room that every user joins at the start, by default #lobby')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store messages, accounts and registered rooms in this folder')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from a TOML file')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Format of the log on standard error')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Print the man page, the completions of a shell or an example of the configuration, and exit')
            [CompletionResult]::new('--tls-self-signed', '--tls-self-signed', [CompletionResultType]::ParameterName, 'Make a certificate at the first start, and print its fingerprint')
            [CompletionResult]::new('--no-lobby', '--no-lobby', [CompletionResultType]::ParameterName, 'Do not make users join a room at the start')
            [CompletionResult]::new('--accept-clock', '--accept-clock', [CompletionResultType]::ParameterName, 'Start although the newest stored message is more than a day ahead of the clock')
            [CompletionResult]::new('--no-limits', '--no-limits', [CompletionResultType]::ParameterName, 'Disable flood control and the limits on connections, for benchmarks and tests')
            [CompletionResult]::new('--check-config', '--check-config', [CompletionResultType]::ParameterName, 'Check the settings and exit')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log connections as well')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log connections as well')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Log only warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Log only warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('hash-password', 'hash-password', [CompletionResultType]::ParameterValue, 'Read a password from standard input and print its hash for the configuration file')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Check, copy or compact a store of messages')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Print or delete stored messages')
            [CompletionResult]::new('account', 'account', [CompletionResultType]::ParameterValue, 'Create, change, remove or list accounts; the server may be running')
            [CompletionResult]::new('room', 'room', [CompletionResultType]::ParameterValue, 'List, drop or transfer registered rooms; the server may be running')
            [CompletionResult]::new('ban', 'ban', [CompletionResultType]::ParameterValue, 'Add, remove or list server bans; the server may be running')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Print the status of the server that uses a store: connections, traffic, queues, memory')
            break
        }
        'chatroomd;hash-password' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;store' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Read all of the store and report damage; the server may be running')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Copy the messages to a new file, which can take the place of history.db; the server may be running')
            [CompletionResult]::new('compact', 'compact', [CompletionResultType]::ParameterValue, 'Free the disk space of deleted messages; the server must not be running')
            break
        }
        'chatroomd;store;check' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;store;backup' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;store;compact' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;history' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Print the messages room by room, one JSON object on a line, as `chatroom log --format json`; the server may be running')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Add messages of a log in the form of `history export` and `chatroom log --format json`; the server must not be running')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete old messages; the server must not be running')
            break
        }
        'chatroomd;history;export' {
            [CompletionResult]::new('--room', '--room', [CompletionResultType]::ParameterName, 'Only the messages of this room')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;history;import' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;history;prune' {
            [CompletionResult]::new('--keep-days', '--keep-days', [CompletionResultType]::ParameterName, 'Keep messages of the last DAYS days')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Create an account; the password is read from the terminal or standard input')
            [CompletionResult]::new('invite', 'invite', [CompletionResultType]::ParameterValue, 'Print the code with which a user can register this account (registration = "code")')
            [CompletionResult]::new('password', 'password', [CompletionResultType]::ParameterValue, 'Change the password of an account; it is read from the terminal or standard input')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove an account; its users are logged out')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the accounts, one on a line: name, time of creation, number of certificates')
            [CompletionResult]::new('certificate', 'certificate', [CompletionResultType]::ParameterValue, 'Add, remove or list the certificates that can log in to an account')
            [CompletionResult]::new('nick', 'nick', [CompletionResultType]::ParameterValue, 'Add, remove or list the nicks of an account besides its name')
            break
        }
        'chatroomd;account;add' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;invite' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;password' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;remove' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;list' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;certificate' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a certificate that can log in to an account')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a certificate that can log in to an account')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the certificates of an account, one on a line')
            break
        }
        'chatroomd;account;certificate;add' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;certificate;remove' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;certificate;list' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;nick' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a nick to an account; another user who has it has 30 seconds to log in')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a nick from an account')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the nicks of an account besides its name, one on a line')
            break
        }
        'chatroomd;account;nick;add' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;nick;remove' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;account;nick;list' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;room' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the registered rooms, one on a line: name, founder, time of creation, number of other accounts with a rank')
            [CompletionResult]::new('drop', 'drop', [CompletionResultType]::ParameterValue, 'End the registration of a room; its members stay in it')
            [CompletionResult]::new('founder', 'founder', [CompletionResultType]::ParameterValue, 'Transfer a room to another account')
            break
        }
        'chatroomd;room;list' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;room;drop' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;room;founder' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;ban' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Ban a mask, a:ACCOUNT, an address or a network, and disconnect the users that it matches')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'End a ban')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the bans, one on a line: target, author, start, end or -, reason')
            break
        }
        'chatroomd;ban;add' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Duration, such as 10d, 1h30m or 90 (minutes) [default: no end]')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason, shown to the banned users')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;ban;remove' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;ban;list' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'chatroomd;status' {
            [CompletionResult]::new('--users', '--users', [CompletionResultType]::ParameterName, 'List the users, too: nick, account, host and the number of rooms')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Print it again each second, with the traffic of the last minute')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
