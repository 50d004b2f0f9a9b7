complete -c chatroomd -l listen -d 'Where to listen, 127.0.0.1:6667 unless told otherwise; can be given several times; port 0 picks one' -r
complete -c chatroomd -l name -d 'What the server calls itself, a host name in form' -r
complete -c chatroomd -l network -d 'What the network is called, one word' -r
complete -c chatroomd -l motd -d 'A file with the message of the day' -r -F
complete -c chatroomd -l lobby -d 'The room in which everybody is from the start; #lobby unless told otherwise' -r
complete -c chatroomd -l config -d 'Read settings from a TOML file' -r -F
complete -c chatroomd -l log-format -d 'How the log on standard error is written' -r -f -a "text\t'A line of text an event'
json\t'A JSON object an event, one a line'"
complete -c chatroomd -l generate -d 'Print the man page or a shell\'s completions, and do nothing else' -r -f -a "man\t'The man page, in roff'
complete-bash\t'Completions for bash'
complete-zsh\t'Completions for zsh'
complete-fish\t'Completions for fish'
complete-elvish\t'Completions for elvish'
complete-powershell\t'Completions for PowerShell'"
complete -c chatroomd -l no-lobby -d 'Put nobody into a room unasked'
complete -c chatroomd -l no-limits -d 'No flood control, no bound on connections: for benchmarks and tests'
complete -c chatroomd -l check-config -d 'Say whether the settings are right, and do nothing else'
complete -c chatroomd -s v -l verbose -d 'Log connections, too'
complete -c chatroomd -s q -l quiet -d 'Log only what goes wrong'
complete -c chatroomd -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroomd -s V -l version -d 'Print version'
