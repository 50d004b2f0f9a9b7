complete -c chatroom -s n -l nick -d 'The name others know you by [default: your login name]' -r
complete -c chatroom -s j -l join -d 'Enter this room as well; can be given several times' -r
complete -c chatroom -l password-file -d 'Read the password of the server from the first line of this file' -r -F
complete -c chatroom -l format -d 'How to print what arrives when standard output is not a terminal' -r -f -a "plain\t'For people: the time, who, and what'
raw\t'The lines of the server as they are'"
complete -c chatroom -l color -d 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE' -r -f -a "auto\t'When a person is looking and does not mind'
always\t'Even into a pipe'
never\t'Not at all'"
complete -c chatroom -l config -d 'Read this configuration instead of the usual one' -r -F
complete -c chatroom -l generate -d 'Print the man page or the completions of a shell, and do nothing else' -r -f -a "man\t'The man page, in roff'
complete-bash\t'Completions for bash'
complete-zsh\t'Completions for zsh'
complete-fish\t'Completions for fish'
complete-elvish\t'Completions for elvish'
complete-powershell\t'Completions for PowerShell'"
complete -c chatroom -l no-host -d 'Never host the room in this process when no server is there'
complete -c chatroom -s f -l follow -d 'After the end of input go on printing what others say'
complete -c chatroom -l strict -d 'End a script at the first line that is refused'
complete -c chatroom -s v -l verbose -d 'Show also what is of use to few, such as each line of the server\'s greeting'
complete -c chatroom -s q -l quiet -d 'Show only what people say, not who comes and goes'
complete -c chatroom -s h -l help -d 'Print help (see more with \'--help\')'
complete -c chatroom -s V -l version -d 'Print version'
