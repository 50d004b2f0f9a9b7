
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
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen, 127.0.0.1:6667 unless told otherwise; can be given several times; port 0 picks one')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What the server calls itself, a host name in form')
            [CompletionResult]::new('--network', '--network', [CompletionResultType]::ParameterName, 'What the network is called, one word')
            [CompletionResult]::new('--motd', '--motd', [CompletionResultType]::ParameterName, 'A file with the message of the day')
            [CompletionResult]::new('--lobby', '--lobby', [CompletionResultType]::ParameterName, 'The room in which everybody is from the start; #lobby unless told otherwise')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from a TOML file')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'How the log on standard error is written')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Print the man page or a shell''s completions, and do nothing else')
            [CompletionResult]::new('--no-lobby', '--no-lobby', [CompletionResultType]::ParameterName, 'Put nobody into a room unasked')
            [CompletionResult]::new('--no-limits', '--no-limits', [CompletionResultType]::ParameterName, 'No flood control, no bound on connections: for benchmarks and tests')
            [CompletionResult]::new('--check-config', '--check-config', [CompletionResultType]::ParameterName, 'Say whether the settings are right, and do nothing else')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log connections, too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log connections, too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Log only what goes wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Log only what goes wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('hash-password', 'hash-password', [CompletionResultType]::ParameterValue, 'Read a password from standard input, and print what can stand for it in the file')
            break
        }
        'chatroomd;hash-password' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
