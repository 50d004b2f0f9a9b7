//! Commands that say something.

use super::Slash;
use crate::client::command::{Fault, Intent, some, tell, word};

/// In the order in which help lists them.
pub(super) const TALK: &[Slash] = &[
    Slash {
        name: "msg",
        usage: "NICK|#ROOM TEXT",
        help: "whisper to a person (as @NICK TEXT does) or talk in another room",
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(Fault::Missing("whom it is for"))?;
            tell(target, text)
        },
    },
    Slash {
        name: "me",
        usage: "TEXT",
        help: "say what you do: /me waves",
        make: |arguments| {
            let text = some(arguments).ok_or(Fault::Missing("what you do"))?;
            Ok(Intent::Act { text })
        },
    },
    Slash {
        name: "reply",
        usage: "TEXT",
        help: "whisper to whoever whispered to you last",
        make: |arguments| {
            let text = some(arguments).ok_or(Fault::Missing("the text"))?;
            Ok(Intent::Reply { text })
        },
    },
    Slash {
        name: "notice",
        usage: "NICK|#ROOM TEXT",
        help: "say something that no program should answer",
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(Fault::Missing("whom it is for"))?;
            match tell(target, text)? {
                Intent::Tell { target, text } => Ok(Intent::Notice { target, text }),
                other => Ok(other),
            }
        },
    },
];
