//! Example scripts. The man page and docs/scripts.md have them, and the tests run them as they are
//! written here.

/// One script and what it is for.
#[derive(Debug)]
pub struct Recipe {
    /// What it does.
    pub title: &'static str,
    /// What a shell is given.
    pub script: &'static str,
}

/// All of them.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        title: "Tell a room how a build goes, in at most five lines a minute, the first and the last ones",
        script: "make 2>&1 | chatroom --nick ci --join '#builds' --tee --max-lines 5 --interval 1m",
    },
    Recipe {
        title: "Say each line of a log as it comes, whatever it begins with",
        script: "tail -F app.log | chatroom --nick log --input text",
    },
    Recipe {
        title: "A bot in ten lines: whispers come back",
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
        title: "Follow two rooms and print what matters",
        script: "\
chatroom --nick watch --join '#dev' --join '#ops' --follow </dev/null |
    grep --line-buffered deploy",
    },
];

/// A section of the help, as [`crate::common::generate`] reads it.
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
