
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
            cand --listen 'Where to listen, 127.0.0.1:6667 unless told otherwise; can be given several times; port 0 picks one'
            cand --name 'What the server calls itself, a host name in form'
            cand --network 'What the network is called, one word'
            cand --motd 'A file with the message of the day'
            cand --lobby 'The room in which everybody is from the start; #lobby unless told otherwise'
            cand --config 'Read settings from a TOML file'
            cand --log-format 'How the log on standard error is written'
            cand --generate 'Print the man page or a shell''s completions, and do nothing else'
            cand --no-lobby 'Put nobody into a room unasked'
            cand --no-limits 'No flood control, no bound on connections: for benchmarks and tests'
            cand --check-config 'Say whether the settings are right, and do nothing else'
            cand -v 'Log connections, too'
            cand --verbose 'Log connections, too'
            cand -q 'Log only what goes wrong'
            cand --quiet 'Log only what goes wrong'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand hash-password 'Read a password from standard input, and print what can stand for it in the file'
        }
        &'chatroomd;hash-password'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
    ]
    $completions[$command]
}

var options-of-chatroomd = $edit:completion:arg-completer[chatroomd]
var values-of-chatroomd = [
    &--motd={|word| edit:complete-filename $word }
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
