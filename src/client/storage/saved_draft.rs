//! The line of a file for a text that was typed and not sent.
//!
//! Each line begins with a checksum, so that a damaged line is not mistaken for a text that the user
//! typed.

/// A text that was typed and not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct SavedDraft {
    /// When it was last changed, in Unix seconds.
    pub(in crate::client) unix_seconds: i64,
    /// The nick of the user.
    pub(in crate::client) nick: String,
    /// The room it was typed in, or its recipient.
    pub(in crate::client) target: Option<String>,
    /// Its stage.
    pub(in crate::client) stage: DraftStage,
    /// The text, of one line or several.
    pub(in crate::client) text: String,
}

/// The stage of a text on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum DraftStage {
    /// It was being typed.
    Typed,
    /// It was entered and not sent. It names its recipient, so that it can be entered in any room.
    Entered,
    /// The same, but it was sent, and the server had not confirmed it.
    InTransit,
}

impl DraftStage {
    const fn name(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Entered => "addressed",
            Self::InTransit => "in-transit",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Typed, Self::Entered, Self::InTransit];
        all.into_iter().find(|stage| stage.name() == name)
    }
}

impl SavedDraft {
    /// Encodes the draft as a line, with its ending.
    pub(super) fn encode(&self) -> String {
        let fields = format!(
            "{}\t{}\t{}\t{}\t{}",
            self.unix_seconds,
            escape(&self.nick),
            escape(self.target.as_deref().unwrap_or_default()),
            self.stage.name(),
            escape(&self.text)
        );
        format!("{:016x}\t{fields}\n", checksum(&fields))
    }

    /// Decodes a line without its ending; `None` when it is damaged.
    pub(super) fn decode(line: &[u8]) -> Option<Self> {
        let (sum, fields) = str::from_utf8(line).ok()?.split_once('\t')?;
        if u64::from_str_radix(sum, 16).ok()? != checksum(fields) {
            return None;
        }
        let mut fields = fields.split('\t');
        let mut next = || fields.next();
        Some(Self {
            unix_seconds: next()?.parse().ok()?,
            nick: unescape(next()?),
            target: Some(unescape(next()?)).filter(|target| !target.is_empty()),
            stage: DraftStage::of_name(next()?)?,
            text: unescape(next()?),
        })
    }
}

/// The FNV-1a hash, 64 bits.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            // A paste can contain NUL; a line with it cannot be sent.
            '\0' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        plain.push(match c {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                _ => '\\',
            },
            c => c,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_was_written_and_a_damaged_line_is_not_read() {
        for stage in [
            DraftStage::Typed,
            DraftStage::Entered,
            DraftStage::InTransit,
        ] {
            assert_eq!(DraftStage::of_name(stage.name()), Some(stage));
        }
        let draft = SavedDraft {
            unix_seconds: 1_764_270_120,
            nick: "al[ice]".into(),
            target: Some("#dév".into()),
            stage: DraftStage::Typed,
            text: "one\n\ttwo \\n \\\\ \r three日".into(),
        };
        let line = draft.encode();
        let line = line.strip_suffix('\n').unwrap().as_bytes();
        assert_eq!(SavedDraft::decode(line), Some(draft));
        for length in 0..line.len() {
            assert_eq!(SavedDraft::decode(&line[..length]), None, "{length}");
        }
        for at in 0..line.len() {
            let mut bad = line.to_vec();
            bad[at] = 0xff;
            assert_eq!(SavedDraft::decode(&bad), None, "{at}");
        }
    }
}
