//! Example scripts for the man page and docs/scripts.md. The tests run them as they are written here.

/// An example script.
#[derive(Debug)]
pub struct Recipe {
    /// The title, which names the task.
    pub title: &'static str,
    /// The lines for the shell.
    pub script: &'static str,
}

/// All recipes.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        title: "Report the progress of a build to a room, in at most five lines a minute",
        script: "make 2>&1 | chatroom --nick ci --join '#builds' --tee --max-lines 5 --interval 1m",
    },
    Recipe {
        title: "Send each new line of a log as text",
        script: "tail -F app.log | chatroom --nick log --input text",
    },
    Recipe {
        title: "A bot in ten lines: it answers each whisper",
        script: r#"coproc room { chatroom --nick bot --format json --input json; }
while IFS= read -r line <&"${room[0]}"; do
    jq --compact-output '
        select(.kind == "whisper" and .manner == null)
        | {to: .nick, text: ("you said: " + .text)}
    ' <<<"$line"
done >&"${room[1]}""#,
    },
    Recipe {
        title: "Ask for approval before a deployment",
        script: "\
if answer=$(chatroom --nick deploy ask @ann 'deploy 1.4? yes or no' --timeout 5m) &&
    [ \"$answer\" = yes ]
then
    ./deploy
else
    echo 'not deployed'
fi",
    },
    Recipe {
        title: "Watch two rooms for a word",
        script: "\
chatroom --nick watch --join '#dev' --join '#ops' --follow </dev/null |
    grep --line-buffered deploy",
    },
];

/// The section of the help with all recipes, in the form that [`crate::common::generate`] expects.
pub fn help() -> String {
    let mut help = "Recipes:\n".to_owned();
    for recipe in RECIPES {
        help.push_str(&format!("  {}:\n", recipe.title));
        for line in recipe.script.lines() {
            help.push_str(&format!("    | {line}\n"));
        }
    }
    help
}
