//! Encodes a request for sending. Every line that a client sends passes here, so it is exactly one
//! line and within the length limit.

use std::fmt;

use crate::wire::message::BODY_BYTES_MAX;

/// The request as a line with its ending, or why it cannot be sent.
///
/// # Errors
///
/// The line would be too long, or two lines.
pub fn encode(request: &impl fmt::Display) -> Result<String, WriteError> {
    let mut line = request.to_string();
    if let Some(bad) = line.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) {
        return Err(WriteError::ForbiddenCharacter(bad));
    }
    let bytes_max = BODY_BYTES_MAX - "\r\n".len();
    if line.len() > bytes_max {
        return Err(WriteError::TooLong {
            excess_bytes: line.len() - bytes_max,
        });
    }
    line.push_str("\r\n");
    Ok(line)
}

/// Why a request cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// A character that would end the line early.
    ForbiddenCharacter(char),
    /// It is longer than a line can be.
    TooLong {
        /// By how many bytes.
        excess_bytes: usize,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForbiddenCharacter(c) => {
                write!(f, "U+{:04X} cannot be sent in a line", u32::from(*c))
            }
            Self::TooLong { excess_bytes } => {
                write!(f, "This is {excess_bytes} bytes too long for one line.")
            }
        }
    }
}

impl std::error::Error for WriteError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Request;

    #[test]
    fn nothing_written_can_be_read_as_a_second_line() {
        for (text, bad) in [("a\r\nQUIT", '\r'), ("a\nQUIT", '\n'), ("a\0", '\0')] {
            let request = Request::Privmsg {
                targets: "#a",
                text,
            };
            assert_eq!(encode(&request), Err(WriteError::ForbiddenCharacter(bad)));
        }
    }

    #[test]
    fn a_line_of_512_bytes_can_be_sent_and_one_of_513_cannot() {
        let text = "x".repeat(BODY_BYTES_MAX - "PRIVMSG #a :\r\n".len());
        let request = |text| Request::Privmsg {
            targets: "#a",
            text,
        };
        assert_eq!(encode(&request(&text)).unwrap().len(), BODY_BYTES_MAX);
        let longer = format!("{text}y");
        assert_eq!(
            encode(&request(&longer)),
            Err(WriteError::TooLong { excess_bytes: 1 })
        );
    }
}
