//! Commands that say something.

use super::{Argument, Slash};
use crate::client::input::{Fault, Intent, some, tell, word};

/// In the order in which help lists them.
pub(super) const TALK: &[Slash] = &[
    Slash {
        name: "msg",
        usage: "NICK|#ROOM TEXT",
        help: "whisper to a person (as @NICK TEXT does) or talk in another room",
        arguments: &[Argument::Target, Argument::Text],
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(Fault::Missing("whom it is for"))?;
            tell(target, text)
        },
    },
    Slash {
        name: "me",
        usage: "TEXT",
        help: "say what you do: /me waves",
        arguments: &[Argument::Text],
        make: |arguments| {
            let text = some(arguments).ok_or(Fault::Missing("what you do"))?;
            Ok(Intent::Act { text })
        },
    },
    Slash {
        name: "reply",
        usage: "TEXT",
        help: "whisper to whoever whispered to you last",
        arguments: &[Argument::Text],
        make: reply,
    },
    Slash {
        name: "r",
        usage: "TEXT",
        help: "the same as /reply",
        arguments: &[Argument::Text],
        make: reply,
    },
    Slash {
        name: "notice",
        usage: "NICK|#ROOM TEXT",
        help: "say something that no program should answer",
        arguments: &[Argument::Target, Argument::Text],
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(Fault::Missing("whom it is for"))?;
            match tell(target, text)? {
                Intent::Tell { target, text } => Ok(Intent::Notice { target, text }),
                other => Ok(other),
            }
        },
    },
];

fn reply(arguments: &str) -> Result<Intent<'_>, Fault> {
    let text = some(arguments).ok_or(Fault::Missing("the text"))?;
    Ok(Intent::Reply { text })
}
