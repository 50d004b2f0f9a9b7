//! The kinds of parameters that requests have: how each is read, and how it is written.

use std::array;
use std::fmt;

use super::RequestError;
use crate::wire::Message;
use crate::wire::message::PARAMETERS_MAX;

/// The type of a kind of parameter, and the way to read it.
#[rustfmt::skip]
macro_rules! parameter {
    // Required and not empty.
    (type word) => { &'a str };
    (type text) => { &'a str };
    (read word $wanted:ident) => { $wanted.needed()? };
    (read text $wanted:ident) => { $wanted.needed()? };
    // The second of two, or the only one.
    (type last_word) => { &'a str };
    (read last_word $wanted:ident) => { $wanted.last()? };
    // Empty counts as missing.
    (type maybe_word) => { Option<&'a str> };
    (type maybe_text) => { Option<&'a str> };
    (read maybe_word $wanted:ident) => { $wanted.filled() };
    (read maybe_text $wanted:ident) => { $wanted.filled() };
    // Empty and missing are different.
    (type any_text) => { Option<&'a str> };
    (read any_text $wanted:ident) => { $wanted.any() };
    // As many as there are, and at least one.
    (type nicks) => { [Option<&'a str>; PARAMETERS_MAX] };
    (read nicks $wanted:ident) => { $wanted.nicks()? };
    // The parameters of mode letters; more are ignored.
    (type for_modes) => { [Option<&'a str>; MODES_MAX] };
    (read for_modes $wanted:ident) => { std::array::from_fn(|_| $wanted.any()) };
}
pub(super) use parameter;

/// Reads the parameters of a message in the order of a command's fields.
pub(super) struct ParamReader<'m, 'a> {
    pub(super) message: &'m Message<'a>,
    pub(super) command: &'static str,
    /// How many were taken.
    pub(super) taken: usize,
}

impl<'a> ParamReader<'_, 'a> {
    pub(super) fn any(&mut self) -> Option<&'a str> {
        self.taken += 1;
        self.message.parameter(self.taken - 1)
    }

    pub(super) fn filled(&mut self) -> Option<&'a str> {
        self.any().filter(|text| !text.is_empty())
    }

    pub(super) fn needed(&mut self) -> Result<&'a str, RequestError<'a>> {
        let missing = RequestError::Missing {
            command: self.command,
            is_first: self.taken == 0,
        };
        self.filled().ok_or(missing)
    }

    pub(super) fn last(&mut self) -> Result<&'a str, RequestError<'a>> {
        let first = self.needed()?;
        Ok(self.filled().unwrap_or(first))
    }

    pub(super) fn nicks(&mut self) -> Result<[Option<&'a str>; PARAMETERS_MAX], RequestError<'a>> {
        let mut first = Some(self.needed()?);
        Ok(array::from_fn(|_| first.take().or_else(|| self.filled())))
    }
}

/// A parameter as it is written in a line; it can be absent.
pub(super) trait Words {
    fn words(&self) -> impl Iterator<Item = &str>;
}

impl Words for &str {
    fn words(&self) -> impl Iterator<Item = &str> {
        Some(*self).into_iter()
    }
}

impl Words for Option<&str> {
    fn words(&self) -> impl Iterator<Item = &str> {
        self.iter().copied()
    }
}

impl<const N: usize> Words for [Option<&str>; N] {
    fn words(&self) -> impl Iterator<Item = &str> {
        self.iter().flatten().copied()
    }
}

/// Writes a parameter. After a colon it can be empty and contain spaces.
pub(super) fn write(f: &mut fmt::Formatter<'_>, kind: &str, parameter: &impl Words) -> fmt::Result {
    let is_text = kind.ends_with("text");
    parameter.words().try_for_each(|word| {
        let needs_colon = is_text || word.contains(' ') || word.starts_with(':');
        write!(f, " {}{word}", if needs_colon { ":" } else { "" })
    })
}
