
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'chatroom' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'chatroom'
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
        'chatroom' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('--nick', '--nick', [CompletionResultType]::ParameterName, 'The name others know you by [default: your login name]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Enter this room as well; can be given several times')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Enter this room as well; can be given several times')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password of the server from the first line of this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print what arrives when standard output is not a terminal')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration instead of the usual one')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Print the man page or the completions of a shell, and do nothing else')
            [CompletionResult]::new('--no-host', '--no-host', [CompletionResultType]::ParameterName, 'Never host the room in this process when no server is there')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'After the end of input go on printing what others say')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'After the end of input go on printing what others say')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'End a script at the first line that is refused')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show also what is of use to few, such as each line of the server''s greeting')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show also what is of use to few, such as each line of the server''s greeting')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what people say, not who comes and goes')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what people say, not who comes and goes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
