//! Generates the man pages and shell completions of both programs from the same description that
//! parses their options.

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::builder::PossibleValue;
use clap::{Command, CommandFactory, ValueEnum, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Something to print instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Generated {
    /// The man page, in roff.
    Man,
    /// Completions for bash.
    CompleteBash,
    /// Completions for zsh.
    CompleteZsh,
    /// Completions for fish.
    CompleteFish,
    /// Completions for elvish.
    CompleteElvish,
    /// Completions for PowerShell.
    CompletePowershell,
}

impl Generated {
    /// Prints it for the program with these options. A closed pipe, as from a pager, is not an error.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn print<Options: CommandFactory>(self) -> io::Result<()> {
        print(&self.text(Options::command()))
    }

    /// The whole text, for the program that `command` describes.
    pub fn text(self, mut command: Command) -> Vec<u8> {
        let shell = match self {
            Self::Man => return man_page(command),
            Self::CompleteBash => Shell::Bash,
            Self::CompleteZsh => Shell::Zsh,
            Self::CompleteFish => Shell::Fish,
            Self::CompleteElvish => Shell::Elvish,
            Self::CompletePowershell => Shell::PowerShell,
        };
        let values = match shell {
            Shell::Elvish => elvish_values(&mut command),
            _ => String::new(),
        };
        let name = command.get_name().to_owned();
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, name, &mut text);
        let mut text = String::from_utf8_lossy(&text).into_owned();
        if shell == Shell::Fish {
            // After an option that expects a value, completion still works.
            let strict = "2>/dev/null\n    or return\n";
            text = text.replace(strict, "2>/dev/null\n    or return 0\n");
        }
        text.push_str(&values);
        if command.find_subcommand("msg").is_some() {
            text = with_names(shell, &text);
        }
        text.into_bytes()
    }
}

/// Completions that also offer nicks, rooms and servers, from a running session and the
/// configuration.
fn with_names(shell: Shell, text: &str) -> String {
    match shell {
        Shell::Bash => {
            let named = text.replace(" -F _chatroom ", " -F _chatroom_with_names ");
            format!("{BASH_NAMES}\n{named}")
        }
        Shell::Zsh => {
            let called = "    _chatroom \"$@\"\nelse\n    compdef _chatroom chatroom\n";
            let (head, tail) = text.split_once("\n\n").unwrap_or((text, ""));
            format!(
                "{head}\n\n{ZSH_NAMES}\n{}",
                tail.replace(called, ZSH_CALLED)
            )
        }
        Shell::Fish => format!("{text}{FISH_NAMES}"),
        Shell::Elvish => format!("{text}{ELVISH_NAMES}"),
        _ => text.to_owned(),
    }
}

/// bash breaks words at `@`, so that part is removed from each candidate. `#` would begin a
/// comment, so rooms are quoted.
const BASH_NAMES: &str = r#"_chatroom_with_names() {
    local line=${COMP_LINE:0:COMP_POINT} word before name
    if [[ $line =~ [[:space:]](msg|ask)[[:space:]]+([^[:space:]]*)$ ]]; then
        word=${BASH_REMATCH[2]#\\}
        before=${word%"$2"}
        COMPREPLY=()
        while IFS= read -r name; do
            name=${name#"$before"}
            COMPREPLY+=("${name/#\#/\\#}")
        done < <(chatroom ctl names -- "$word" 2>/dev/null)
        return
    fi
    _chatroom "$@"
}
"#;
/// zsh would take the word after a server for a subcommand, which can only come first.
const ZSH_NAMES: &str = r#"_chatroom_names() {
    local -a names
    names=(${(f)"$(chatroom ctl names -- "${(Q)PREFIX}" 2>/dev/null)"})
    compadd -a names
}

_chatroom_with_names() {
    if (( CURRENT > 2 )) && [[ $words[CURRENT-1] == (msg|ask) ]]; then
        _chatroom_names
    elif (( CURRENT > 2 )) && [[ $words[CURRENT-1] == ctl ]]; then
        _chatroom__subcmd__ctl_commands
    else
        (( CURRENT == 2 )) && [[ $PREFIX != -* ]] && _chatroom_commands
        _chatroom "$@"
    fi
}
"#;
const ZSH_CALLED: &str = r#"    compdef _chatroom_with_names chatroom
    _chatroom_with_names "$@"
else
    compdef _chatroom_with_names chatroom
"#;
const FISH_NAMES: &str = r#"complete -c chatroom -n "__fish_seen_subcommand_from msg ask" -f \
    -a "(chatroom ctl names -- (commandline -ct) 2>/dev/null)"
"#;

/// In elvish the values of options are completed first; the generated part knows only the options.
fn elvish_values(command: &mut Command) -> String {
    command.build();
    let mut rows = String::new();
    let mut known = BTreeSet::new();
    let subcommands = command.get_subcommands();
    let commands = [&*command].into_iter().chain(subcommands);
    for argument in commands.flat_map(Command::get_arguments) {
        let values = argument.get_possible_values();
        let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
        let offer = match (argument.get_value_hint(), names.as_slice()) {
            (ValueHint::FilePath | ValueHint::AnyPath, _) => {
                "{|word| edit:complete-filename $word }".to_owned()
            }
            (_, []) => continue,
            (_, names) => format!("{{|_| put {} }}", names.join(" ")),
        };
        let takes_value = argument
            .get_num_args()
            .is_some_and(|count| count.takes_values());
        let long = argument.get_long().filter(|_| takes_value);
        if let Some(long) = long.filter(|long| known.insert((*long).to_owned())) {
            rows.push_str(&format!("    &--{long}={offer}\n"));
        }
    }
    let name = command.get_name();
    ELVISH_VALUES.replace("ROWS", &rows).replace("NAME", name)
}

const ELVISH_VALUES: &str = r#"
var options-of-NAME = $edit:completion:arg-completer[NAME]
var values-of-NAME = [
ROWS]
set edit:completion:arg-completer[NAME] = {|@words|
    if (has-key $values-of-NAME $words[-2]) {
        $values-of-NAME[$words[-2]] $words[-1]
    } else {
        $options-of-NAME $@words
    }
}
"#;
const ELVISH_NAMES: &str = r#"
var others-of-chatroom = $edit:completion:arg-completer[chatroom]
set edit:completion:arg-completer[chatroom] = {|@words|
    if (and (> (count $words) 2) (has-value [msg ask] $words[-2])) {
        try { e:chatroom ctl names -- $words[-1] 2>/dev/null | from-lines } catch { }
    } else {
        $others-of-chatroom $@words
    }
}
"#;

/// Prints a text to standard output. A closed pipe is not an error.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn print(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The man page: the library's rendering of the options, and a section for each part of the long
/// help after them.
fn man_page(command: Command) -> Vec<u8> {
    let help = command.get_after_long_help().map(ToString::to_string);
    let mut sections = sections(&help.unwrap_or_default());
    let variables = variables(&command);
    let environment = |section: &&mut Section| section.heading == "ENVIRONMENT";
    match sections.iter_mut().find(environment) {
        Some(section) => drop(section.rows.splice(0..0, variables)),
        None => sections.push(Section {
            heading: "ENVIRONMENT".to_owned(),
            rows: variables,
        }),
    }
    let has_subcommands = command.has_subcommands();
    let man = Man::new(command);
    let mut page = Vec::new();
    let written = man
        .render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| match has_subcommands {
            true => man.render_subcommands_section(&mut page),
            false => Ok(()),
        })
        .and_then(|()| roff(&sections).to_writer(&mut page))
        .and_then(|()| man.render_version_section(&mut page));
    debug_assert!(written.is_ok(), "memory can be written");
    page
}

/// A part of the help: pairs of a word and its meaning, or of a title and a script.
#[derive(Debug, PartialEq, Eq)]
struct Section {
    heading: String,
    rows: Vec<(String, String)>,
}

/// Reads help of this form; a meaning can continue in lines with more indentation.
///
/// ```text
/// Exit status:
///   0   all was done
///   64  wrong options
///
/// Recipes:
///   Say something:
///     | echo hello | chatroom
/// ```
fn sections(help: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in help.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(heading) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
            sections.push(Section {
                heading: heading.to_uppercase(),
                rows: Vec::new(),
            });
            continue;
        }
        let Some(section) = sections.last_mut() else {
            debug_assert!(false, "help begins with a heading, not with {line:?}");
            continue;
        };
        if let Some(script) = line.trim_start().strip_prefix("| ") {
            if let Some((_, meaning)) = section.rows.last_mut() {
                meaning.push('\n');
                meaning.push_str(script);
            }
            continue;
        }
        let is_more = line.starts_with("   ");
        match (section.rows.last_mut(), line.trim().split_once("  ")) {
            (Some((_, meaning)), _) if is_more => {
                meaning.push(' ');
                meaning.push_str(line.trim());
            }
            (_, Some((word, meaning))) => {
                let row = (word.to_owned(), meaning.trim().to_owned());
                section.rows.push(row);
            }
            (_, None) => section.rows.push((line.trim().to_owned(), String::new())),
        }
    }
    sections
}

/// The environment variables that set an option.
fn variables(command: &Command) -> Vec<(String, String)> {
    let described = command.get_arguments().filter_map(|argument| {
        let variable = argument.get_env()?.to_string_lossy().into_owned();
        let same = match argument.get_long() {
            Some(long) => format!("--{long}"),
            None => argument.get_id().to_string().to_uppercase(),
        };
        Some((variable, format!("the same as {same}, which wins over it")))
    });
    described.collect()
}

fn roff(sections: &[Section]) -> Roff {
    let mut roff = Roff::new();
    for section in sections {
        roff.control("SH", [section.heading.as_str()]);
        for (word, meaning) in &section.rows {
            roff.control("TP", []);
            roff.text([bold(word.as_str())]);
            // The lines of a script are not joined.
            let Some(script) = meaning.strip_prefix('\n') else {
                roff.text([roman(meaning.as_str())]);
                continue;
            };
            roff.control("nf", []);
            for line in script.lines() {
                roff.text([roman(line)]);
            }
            roff.control("fi", []);
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_read_as_sections_of_words_and_meanings() {
        let help = "Exit status:\n  0   all was done\n  64  wrong options,\n      or none\n\n\
            Files:\n  ~/x  a file\nRecipes:\n  Talk:\n    | if a\n    |     b";
        let row = |word: &str, meaning: &str| (word.to_owned(), meaning.to_owned());
        let section = |heading: &str, rows: &[_]| Section {
            heading: heading.to_owned(),
            rows: rows.to_vec(),
        };
        assert_eq!(
            sections(help),
            [
                section(
                    "EXIT STATUS",
                    &[
                        row("0", "all was done"),
                        row("64", "wrong options, or none")
                    ]
                ),
                section("FILES", &[row("~/x", "a file")]),
                section("RECIPES", &[row("Talk:", "\nif a\n    b")]),
            ]
        );
    }
}
