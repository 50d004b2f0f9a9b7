# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_chatroomd_global_optspecs
    string join \n listen= unix-listen= tls-listen= tls-self-signed websocket-listen= websocket-tls-listen= websocket-origin= metrics= name= network= motd= lobby= no-lobby store= accept-clock no-limits config= check-config v/verbose q/quiet log-format= generate= h/help V/version
end

function __fish_chatroomd_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_chatroomd_global_optspecs) -- $cmd 2>/dev/null
    or return 0
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_chatroomd_using_subcommand
    set -l cmd (__fish_chatroomd_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c chatroomd -n "__fish_chatroomd_needs_command" -l listen -d 'Listen on this address, by default 127.0.0.1:6667; can be given several times; port 0 selects a free port' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l unix-listen -d 'Listen on this path, for programs of this machine; can be given several times' -r -F
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l tls-listen -d 'Listen on this address for connections with TLS; can be given several times' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l websocket-listen -d 'Listen on this address for WebSocket connections; can be given several times' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l websocket-tls-listen -d 'Listen on this address for WebSocket connections with TLS; can be given several times' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l websocket-origin -d 'Let web pages of this origin connect, or of every origin: *; can be given several times' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l metrics -d 'Serve metrics for Prometheus at this address, at /metrics' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l name -d 'Name of the server, in the form of a host name' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l network -d 'Name of the network, one word' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l motd -d 'File with the message of the day' -r -F
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l lobby -d 'Room that every user joins at the start, by default #lobby' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l store -d 'Store messages, accounts and registered rooms in this folder' -r -F
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l config -d 'Read settings from a TOML file' -r -F
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l log-format -d 'Format of the log on standard error' -r -f -a "text\t'One line of text for each event'
json\t'One JSON object on a line for each event'"
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l generate -d 'Print the man page, the completions of a shell or an example of the configuration, and exit' -r -f -a "man\t'The man page, in roff'
complete-bash\t'Completions for bash'
complete-zsh\t'Completions for zsh'
complete-fish\t'Completions for fish'
complete-elvish\t'Completions for elvish'
complete-powershell\t'Completions for PowerShell'
config\t'A configuration file with every key explained'"
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l tls-self-signed -d 'Make a certificate at the first start, and print its fingerprint'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l no-lobby -d 'Do not make users join a room at the start'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l accept-clock -d 'Start although the newest stored message is more than a day ahead of the clock'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l no-limits -d 'Disable flood control and the limits on connections, for benchmarks and tests'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l check-config -d 'Check the settings and exit'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s v -l verbose -d 'Log connections as well'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s q -l quiet -d 'Log only warnings and errors'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s V -l version -d 'Print version'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "hash-password" -d 'Read a password from standard input and print its hash for the configuration file'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "store" -d 'Check, copy or compact a store of messages'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "history" -d 'Print or delete stored messages'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "account" -d 'Create, change, remove or list accounts; the server may be running'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "room" -d 'List, drop or transfer registered rooms; the server may be running'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "ban" -d 'Add, remove or list server bans; the server may be running'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "status" -d 'Print the status of the server that uses a store: connections, traffic, queues, memory'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand hash-password" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand store; and not __fish_seen_subcommand_from check backup compact" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand store; and not __fish_seen_subcommand_from check backup compact" -f -a "check" -d 'Read all of the store and report damage; the server may be running'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand store; and not __fish_seen_subcommand_from check backup compact" -f -a "backup" -d 'Copy the messages to a new file, which can take the place of history.db; the server may be running'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand store; and not __fish_seen_subcommand_from check backup compact" -f -a "compact" -d 'Free the disk space of deleted messages; the server must not be running'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand store; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand store; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand store; and __fish_seen_subcommand_from compact" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and not __fish_seen_subcommand_from export import prune" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and not __fish_seen_subcommand_from export import prune" -f -a "export" -d 'Print the messages room by room, one JSON object on a line, as `chatroom log --format json`; the server may be running'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and not __fish_seen_subcommand_from export import prune" -f -a "import" -d 'Add messages of a log in the form of `history export` and `chatroom log --format json`; the server must not be running'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and not __fish_seen_subcommand_from export import prune" -f -a "prune" -d 'Delete old messages; the server must not be running'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and __fish_seen_subcommand_from export" -l room -d 'Only the messages of this room' -r
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and __fish_seen_subcommand_from prune" -l keep-days -d 'Keep messages of the last DAYS days' -r
complete -c chatroomd -n "__fish_chatroomd_using_subcommand history; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -f -a "add" -d 'Create an account; the password is read from the terminal or standard input'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -f -a "invite" -d 'Print the code with which a user can register this account (registration = "code")'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -f -a "password" -d 'Change the password of an account; it is read from the terminal or standard input'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -f -a "remove" -d 'Remove an account; its users are logged out'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -f -a "list" -d 'Print the accounts, one on a line: name, time of creation, number of certificates'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -f -a "certificate" -d 'Add, remove or list the certificates that can log in to an account'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and not __fish_seen_subcommand_from add invite password remove list certificate nick" -f -a "nick" -d 'Add, remove or list the nicks of an account besides its name'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from invite" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from certificate" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from certificate" -f -a "add" -d 'Add a certificate that can log in to an account'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from certificate" -f -a "remove" -d 'Remove a certificate that can log in to an account'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from certificate" -f -a "list" -d 'Print the certificates of an account, one on a line'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from nick" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from nick" -f -a "add" -d 'Add a nick to an account; another user who has it has 30 seconds to log in'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from nick" -f -a "remove" -d 'Remove a nick from an account'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand account; and __fish_seen_subcommand_from nick" -f -a "list" -d 'Print the nicks of an account besides its name, one on a line'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand room; and not __fish_seen_subcommand_from list drop founder" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand room; and not __fish_seen_subcommand_from list drop founder" -f -a "list" -d 'Print the registered rooms, one on a line: name, founder, time of creation, number of other accounts with a rank'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand room; and not __fish_seen_subcommand_from list drop founder" -f -a "drop" -d 'End the registration of a room; its members stay in it'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand room; and not __fish_seen_subcommand_from list drop founder" -f -a "founder" -d 'Transfer a room to another account'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand room; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand room; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand room; and __fish_seen_subcommand_from founder" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and not __fish_seen_subcommand_from add remove list" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and not __fish_seen_subcommand_from add remove list" -f -a "add" -d 'Ban a mask, a:ACCOUNT, an address or a network, and disconnect the users that it matches'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and not __fish_seen_subcommand_from add remove list" -f -a "remove" -d 'End a ban'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and not __fish_seen_subcommand_from add remove list" -f -a "list" -d 'Print the bans, one on a line: target, author, start, end or -, reason'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and __fish_seen_subcommand_from add" -l for -d 'Duration, such as 10d, 1h30m or 90 (minutes) [default: no end]' -r
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and __fish_seen_subcommand_from add" -l reason -d 'Reason, shown to the banned users' -r
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand ban; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand status" -l users -d 'List the users, too: nick, account, host and the number of rooms'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand status" -l watch -d 'Print it again each second, with the traffic of the last minute'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand status" -s h -l help -d 'Print help'
