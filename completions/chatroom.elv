
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
            cand -j 'Enter this room as well; can be given several times'
            cand --join 'Enter this room as well; can be given several times'
            cand --password-file 'Read the password of the server from the first line of this file'
            cand --format 'How to print what arrives when standard output is not a terminal'
            cand --color 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE'
            cand --config 'Read this configuration instead of the usual one'
            cand --generate 'Print the man page or the completions of a shell, and do nothing else'
            cand --no-host 'Never host the room in this process when no server is there'
            cand -f 'After the end of input go on printing what others say'
            cand --follow 'After the end of input go on printing what others say'
            cand --strict 'End a script at the first line that is refused'
            cand -v 'Show also what is of use to few, such as each line of the server''s greeting'
            cand --verbose 'Show also what is of use to few, such as each line of the server''s greeting'
            cand -q 'Show only what people say, not who comes and goes'
            cand --quiet 'Show only what people say, not who comes and goes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
    ]
    $completions[$command]
}
