
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
            cand --websocket-origin 'Let web pages of this origin connect, or of every origin: *; can be given several times'
            cand --metrics 'Serve metrics for Prometheus at this address, at /metrics'
            cand --name 'Name of the server, in the form of a host name'
            cand --network 'Name of the network, one word'
            cand --motd 'File with the message of the day'
            cand --lobby 'Room that every user joins at the start, by default #lobby'
            cand --store 'Store messages, accounts and registered rooms in this folder'
            cand --config 'Read settings from a TOML file'
            cand --log-format 'Format of the log on standard error'
            cand --generate 'Print the man page, the completions of a shell or an example of the configuration, and exit'
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
            cand account 'Create, change, remove or list accounts; the server may be running'
            cand room 'List, drop or transfer registered rooms; the server may be running'
            cand ban 'Add, remove or list server bans; the server may be running'
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
            cand compact 'Free the disk space of deleted messages; the server must not be running'
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
            cand import 'Add messages of a log in the form of `history export` and `chatroom log --format json`; the server must not be running'
            cand prune 'Delete old messages; the server must not be running'
        }
        &'chatroomd;history;export'= {
            cand --room 'Only the messages of this room'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;history;import'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;history;prune'= {
            cand --keep-days 'Keep messages of the last DAYS days'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand add 'Create an account; the password is read from the terminal or standard input'
            cand invite 'Print the code with which a user can register this account (registration = "code")'
            cand password 'Change the password of an account; it is read from the terminal or standard input'
            cand remove 'Remove an account; its users are logged out'
            cand list 'Print the accounts, one on a line: name, time of creation, number of certificates'
            cand certificate 'Add, remove or list the certificates that can log in to an account'
            cand nick 'Add, remove or list the nicks of an account besides its name'
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
            cand add 'Add a certificate that can log in to an account'
            cand remove 'Remove a certificate that can log in to an account'
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
        &'chatroomd;account;nick'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand add 'Add a nick to an account; another user who has it has 30 seconds to log in'
            cand remove 'Remove a nick from an account'
            cand list 'Print the nicks of an account besides its name, one on a line'
        }
        &'chatroomd;account;nick;add'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;nick;remove'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;account;nick;list'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'chatroomd;room'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'Print the registered rooms, one on a line: name, founder, time of creation, number of other accounts with a rank'
            cand drop 'End the registration of a room; its members stay in it'
            cand founder 'Transfer a room to another account'
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
            cand add 'Ban a mask, a:ACCOUNT, an address or a network, and disconnect the users that it matches'
            cand remove 'End a ban'
            cand list 'Print the bans, one on a line: target, author, start, end or -, reason'
        }
        &'chatroomd;ban;add'= {
            cand --for 'Duration, such as 10d, 1h30m or 90 (minutes) [default: no end]'
            cand --reason 'Reason, shown to the banned users'
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
    &--generate={|_| put man complete-bash complete-zsh complete-fish complete-elvish complete-powershell config }
]
set edit:completion:arg-completer[chatroomd] = {|@words|
    if (has-key $values-of-chatroomd $words[-2]) {
        $values-of-chatroomd[$words[-2]] $words[-1]
    } else {
        $options-of-chatroomd $@words
    }
}
