//! Aliases of the configuration: short names for the beginning of a line.

use std::collections::BTreeMap;

use super::{ParseError, UserCommand, parse};

/// Parses a line that can begin with an alias.
pub(in crate::client) fn parse_with_aliases(
    line: &str,
    aliases: &BTreeMap<String, String>,
) -> Result<UserCommand, ParseError> {
    let expanded = expand_alias(line, aliases);
    parse(expanded.as_deref().unwrap_or(line))
}

/// The line with its alias replaced by what it stands for, if it begins with one.
pub(in crate::client) fn expand_alias(
    line: &str,
    aliases: &BTreeMap<String, String>,
) -> Option<String> {
    let (name, rest) = match line.strip_prefix('/')?.split_once(' ') {
        Some((name, rest)) => (name, Some(rest)),
        None => (line.strip_prefix('/')?, None),
    };
    let expansion = aliases.get(name)?;
    Some(match rest {
        Some(rest) => format!("{expansion} {rest}"),
        None => expansion.clone(),
    })
}
