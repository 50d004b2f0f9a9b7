# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_chatroomd_global_optspecs
    string join \n listen= name= network= motd= lobby= no-lobby no-limits config= check-config v/verbose q/quiet log-format= generate= h/help V/version
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

complete -c chatroomd -n "__fish_chatroomd_needs_command" -l listen -d 'Where to listen, 127.0.0.1:6667 unless told otherwise; can be given several times; port 0 picks one' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l name -d 'What the server calls itself, a host name in form' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l network -d 'What the network is called, one word' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l motd -d 'A file with the message of the day' -r -F
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l lobby -d 'The room in which everybody is from the start; #lobby unless told otherwise' -r
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l config -d 'Read settings from a TOML file' -r -F
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l log-format -d 'How the log on standard error is written' -r -f -a "text\t'A line of text an event'
json\t'A JSON object an event, one a line'"
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l generate -d 'Print the man page or a shell\'s completions, and do nothing else' -r -f -a "man\t'The man page, in roff'
complete-bash\t'Completions for bash'
complete-zsh\t'Completions for zsh'
complete-fish\t'Completions for fish'
complete-elvish\t'Completions for elvish'
complete-powershell\t'Completions for PowerShell'"
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l no-lobby -d 'Put nobody into a room unasked'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l no-limits -d 'No flood control, no bound on connections: for benchmarks and tests'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -l check-config -d 'Say whether the settings are right, and do nothing else'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s v -l verbose -d 'Log connections, too'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s q -l quiet -d 'Log only what goes wrong'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -s V -l version -d 'Print version'
complete -c chatroomd -n "__fish_chatroomd_needs_command" -f -a "hash-password" -d 'Read a password from standard input, and print what can stand for it in the file'
complete -c chatroomd -n "__fish_chatroomd_using_subcommand hash-password" -s h -l help -d 'Print help'
