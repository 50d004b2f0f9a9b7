//! Renders bold text, colors and the like from other users as escape sequences of the terminal.
//!
//! The codes are those of mIRC and later clients: <https://modern.ircdocs.horse/formatting.html>.
//! The text between them is sanitized, and each style is switched off at the end of the text.

use std::fmt::Write as _;

use crate::common::sanitize::sanitize;

/// `text` with its formatting as escape sequences of the terminal.
pub(super) fn render(text: &str) -> String {
    if !text.contains(is_code) {
        return sanitize(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut style = Style::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(is_code).unwrap_or(rest.len());
        let (plain, codes) = rest.split_at(end);
        style.write(plain, &mut out);
        rest = style.apply(codes);
    }
    out
}

/// The styles that are switched on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    bold: bool,
    italic: bool,
    underline: bool,
    strike: bool,
    reverse: bool,
    text: Option<Color>,
    background: Option<Color>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Color {
    /// An index in the table of 256 colors.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

impl Style {
    fn write(self, text: &str, out: &mut String) {
        let text = sanitize(text);
        if text.is_empty() || self == Self::default() {
            out.push_str(&text);
            return;
        }
        let mut codes: Vec<String> = [
            (self.bold, "1"),
            (self.italic, "3"),
            (self.underline, "4"),
            (self.reverse, "7"),
            (self.strike, "9"),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, code)| code.to_owned())
        .collect();
        codes.extend(self.text.map(|color| color.code("38")));
        codes.extend(self.background.map(|color| color.code("48")));
        // Writing to a string cannot fail.
        let _ = write!(out, "\x1b[{}m{text}\x1b[0m", codes.join(";"));
    }

    /// Applies the first code and returns the text after it.
    fn apply<'a>(&mut self, codes: &'a str) -> &'a str {
        let mut characters = codes.chars();
        let Some(code) = characters.next() else {
            return codes;
        };
        let rest = characters.as_str();
        match code {
            '\x02' => self.bold = !self.bold,
            '\x1d' => self.italic = !self.italic,
            '\x1f' => self.underline = !self.underline,
            '\x1e' => self.strike = !self.strike,
            '\x16' => self.reverse = !self.reverse,
            '\x0f' => *self = Self::default(),
            '\x03' => return self.recolor(rest, 2, |digits| named_color(digits.parse().ok()?)),
            '\x04' => return self.recolor(rest, 6, hex_color),
            // Monospace: a terminal is always monospaced.
            _ => {}
        }
        rest
    }

    /// Reads a foreground color, and after a comma a background color. No color at all resets
    /// both.
    fn recolor<'a>(
        &mut self,
        rest: &'a str,
        digits_max: usize,
        read: fn(&str) -> Option<Color>,
    ) -> &'a str {
        let digits = |text: &str| {
            let is_digit = |c: &char| match digits_max {
                2 => c.is_ascii_digit(),
                _ => c.is_ascii_hexdigit(),
            };
            text.chars().take(digits_max).take_while(is_digit).count()
        };
        let (text, rest_of_text) = rest.split_at(digits(rest));
        if text.is_empty() {
            (self.text, self.background) = (None, None);
            return rest;
        }
        self.text = read(text);
        let Some(second) = rest_of_text
            .strip_prefix(',')
            .filter(|text| digits(text) > 0)
        else {
            return rest_of_text;
        };
        let (color, rest_of_text) = second.split_at(digits(second));
        self.background = read(color);
        rest_of_text
    }
}

impl Color {
    fn code(self, kind: &str) -> String {
        match self {
            Self::Indexed(index) => format!("{kind};5;{index}"),
            Self::Rgb(red, green, blue) => format!("{kind};2;{red};{green};{blue}"),
        }
    }
}

fn is_code(c: char) -> bool {
    matches!(
        c,
        '\x02' | '\x03' | '\x04' | '\x0f' | '\x11' | '\x16' | '\x1d' | '\x1e' | '\x1f'
    )
}

fn named_color(number: usize) -> Option<Color> {
    COLORS.get(number).map(|index| Color::Indexed(*index))
}

fn hex_color(digits: &str) -> Option<Color> {
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some(Color::Rgb(byte(0)?, byte(2)?, byte(4)?))
}

/// The colors 0 to 98 as indices in the table of 256; 99 is the default color.
const COLORS: [u8; 99] = [
    15, 0, 4, 2, 9, 1, 5, 202, 11, 10, 6, 14, 12, 13, 8, 7, 52, 94, 100, 58, 22, 29, 23, 24, 17,
    54, 53, 89, 88, 130, 142, 64, 28, 35, 30, 25, 18, 91, 90, 125, 124, 166, 184, 106, 34, 49, 37,
    33, 19, 129, 127, 161, 196, 208, 226, 154, 46, 86, 51, 75, 21, 171, 201, 198, 203, 215, 227,
    191, 83, 122, 87, 111, 63, 177, 207, 205, 217, 223, 229, 193, 157, 158, 159, 153, 147, 183,
    219, 212, 16, 233, 235, 237, 239, 241, 244, 247, 250, 254, 231,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_is_shown_and_ends_with_the_text() {
        assert_eq!(render("plain"), "plain");
        assert_eq!(render("a \x02b\x02 c"), "a \x1b[1mb\x1b[0m c");
        assert_eq!(render("\x02\x1d\x1f\x1e\x16x"), "\x1b[1;3;4;7;9mx\x1b[0m");
        assert_eq!(
            render("\x0304,02red\x03 no"),
            "\x1b[38;5;9;48;5;4mred\x1b[0m no"
        );
        assert_eq!(render("\x0399x"), "x");
        assert_eq!(render("\x04ff8000x\x04y"), "\x1b[38;2;255;128;0mx\x1b[0my");
        assert_eq!(render("\x02a\x0fb"), "\x1b[1ma\x1b[0mb");
        assert_eq!(render("\x11mono\x11"), "mono");
        assert_eq!(render("\x034,hello"), "\x1b[38;5;9m,hello\x1b[0m");
    }

    #[test]
    fn no_other_control_character_gets_through_whatever_the_codes() {
        assert_eq!(render("\x02\x1b[2J\x02"), "\x1b[1m^[[2J\x1b[0m");
        for broken in [
            "\x03",
            "\x0399,99,",
            "\x04ff",
            "\x03,",
            "\x04gg",
            "\x02\x1d\x1f",
        ] {
            let shown = render(broken);
            assert_eq!(
                shown.matches('\x1b').count() % 2,
                0,
                "{broken:?}: {shown:?}"
            );
        }
        assert_eq!(render("\x0312345"), "\x1b[38;5;12m345\x1b[0m");
    }
}
