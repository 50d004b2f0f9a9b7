
use builtin;
use str;

set edit:completion:arg-completer[chatroomd] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'chatroomd'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'chatroomd'= {
            cand --listen 'Listen on this address, by default 127.0.0.1:6667; can be given several times; port 0 selects a free port'
            cand --unix-listen 'Listen on this path, for programs of this machine; can be given several times'
            cand --tls-listen 'Listen on this address for connections with TLS; can be given several times'
            cand --websocket-listen 'Listen on this address for WebSocket connections; can be given several times'
            cand --websocket-tls-listen 'Listen on this address for WebSocket connections with TLS; can be given several times'
            cand --websocket-origin 'Let the pages of this origin connect, or those of every origin: *; can be given several times'
            cand --metrics 'Serve metrics for Prometheus at this address, at /metrics'
            cand --name 'Name of the server, in the form of a host name'
            cand --network 'Name of the network, one word'
            cand --motd 'File with the message of the day'
            cand --lobby 'Room that every user joins at the start, by default #lobby'
            cand --store 'Store messages, accounts and registered rooms in this folder'
            cand --config 'Read settings from a TOML file'
            cand --log-format 'Format of the log on standard error'
            cand --generate 'Print the man page or the completions of a shell, and exit'
            cand --tls-self-signed 'Make a certificate at the first start, and print its fingerprint'
            cand --no-lobby 'Do not make users join a room at the start'
            cand --accept-clock 'Start although the newest stored message is more than a day ahead of the clock'
            cand --no-limits 'Disable flood control and the limits on connections, for benchmarks and tests'
            cand --check-config 'Check the settings and exit'
            cand -v 'Log connections as well'
            cand --verbose 'Log connections as well'
            cand -q 'Log only warnings and errors'
            cand --quiet 'Log only warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand hash-password 'Read a password from standard input and print its hash for the configuration file'
            cand store 'Check, copy or compact a store of messages'
            cand history 'Print or delete stored messages'
            cand account 'Make, change, remove or list accounts; the server may be running'
            cand room 'List, drop or give away registered rooms; the server may be running'
            cand ban 'Add, remove or list bans of the server; it may be running'
            cand status 'Print the status of the server that uses a store: connections, traffic, queues, memory'
        }
        &'chatroomd;hash-password'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;store'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand check 'Read all of the store and report damage; the server may be running'
            cand backup 'Copy the messages to a new file, which can take the place of history.db; the server may be running'
            cand compact 'Give the space of deleted messages back to the system; the server must not be running'
        }
        &'chatroomd;store;check'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;store;backup'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;store;compact'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;history'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand export 'Print the messages room by room, one JSON object on a line, as `chatroom log --format json`; the server may be running'
            cand prune 'Delete old messages; the server must not be running'
        }
        &'chatroomd;history;export'= {
            cand --room 'Only the messages of this room'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;history;prune'= {
            cand --keep-days 'Keep the messages of so many days'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand add 'Make an account; its password is asked for, or read from standard input'
            cand invite 'Let a user register this account, and print the code for it (registration = "code")'
            cand password 'Give an account another password, which is asked for, or read from standard input'
            cand remove 'Remove an account; those who use it are logged out'
            cand list 'Print the accounts, one on a line: the name, when it was made, and how many certificates it has'
            cand certificate 'Add, remove or list the certificates that can log in to an account'
        }
        &'chatroomd;account;add'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;invite'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;password'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;remove'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;list'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;certificate'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand add 'Let a certificate log in to an account'
            cand remove 'Let a certificate no longer log in to an account'
            cand list 'Print the certificates of an account, one on a line'
        }
        &'chatroomd;account;certificate;add'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;certificate;remove'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;certificate;list'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;room'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'Print the registered rooms, one on a line: the name, its founder, when it was created, and how many more accounts have a rank in it'
            cand drop 'End the registration of a room; its members stay in it'
            cand founder 'Give a room to another account'
        }
        &'chatroomd;room;list'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;room;drop'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;room;founder'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;ban'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand add 'Ban a mask, a:ACCOUNT, an address or a network; users who are banned are disconnected'
            cand remove 'End a ban'
            cand list 'Print the bans, one on a line: the target, who has set it, when, until when or -, and the reason'
        }
        &'chatroomd;ban;add'= {
            cand --for 'How long, such as 10d or 1h30m, or in minutes; by default for ever'
            cand --reason 'The reason, which the banned users see'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;ban;remove'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;ban;list'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;status'= {
            cand --users 'List the users, too: nick, account, host and the number of rooms'
            cand --watch 'Print it again each second, with the traffic of the last minute'
            cand -h 'Print help'
            cand --help 'Print help'
        }
    ]
    $completions[$command]
}

var options-of-chatroomd = $edit:completion:arg-completer[chatroomd]
var values-of-chatroomd = [
    &--unix-listen={|word| edit:complete-filename $word }
    &--motd={|word| edit:complete-filename $word }
    &--store={|word| edit:complete-filename $word }
    &--config={|word| edit:complete-filename $word }
    &--log-format={|_| put text json }
    &--generate={|_| put man complete-bash complete-zsh complete-fish complete-elvish complete-powershell }
]
set edit:completion:arg-completer[chatroomd] = {|@words|
    if (has-key $values-of-chatroomd $words[-2]) {
        $values-of-chatroomd[$words[-2]] $words[-1]
    } else {
        $options-of-chatroomd $@words
    }
}
