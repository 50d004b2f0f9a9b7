//! The part of the file that says who can become an operator: `[[operator]]`, as often as needed.

use toml::Spanned;
use toml::de::DeValue;

use super::{Trouble, password, text, unknown_key, wrong_kind};
use crate::server::hub::{Operator, Secret};
use crate::server::password::is_hash;

/// The keys of one operator.
const KEYS: [&str; 3] = ["name", "password", "password-hash"];

/// All operators of the file, and whether one of them has a password in clear.
pub(super) fn read(value: &Spanned<DeValue<'_>>) -> Result<(Vec<Operator>, bool), Trouble> {
    const EXPECTED: &str = "a list of tables, [[operator]]";
    let list = value.get_ref().as_array();
    let list = list.ok_or_else(|| wrong_kind("operator", EXPECTED, value))?;
    let operators: Vec<_> = list.iter().map(operator).collect::<Result<_, _>>()?;
    let is_clear = |operator: &Operator| matches!(operator.secret, Secret::Clear(_));
    let any_clear = operators.iter().any(is_clear);
    Ok((operators, any_clear))
}

fn operator(value: &Spanned<DeValue<'_>>) -> Result<Operator, Trouble> {
    const EXPECTED: &str = "a name, and a password or a password-hash";
    let table = value.get_ref().as_table();
    let table = table.ok_or_else(|| wrong_kind("operator", EXPECTED, value))?;
    let (mut name, mut secret) = (None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "name" => {
                let word = text("name", value)?;
                if word.is_empty() || word.contains(char::is_whitespace) {
                    return Err(wrong_kind("name", "one word", value));
                }
                name = Some(word.to_owned());
            }
            "password" | "password-hash" if secret.is_some() => {
                return Err(wrong_kind("operator", EXPECTED, value));
            }
            "password" => {
                let clear = password("password", text("password", value)?, value)?;
                secret = Some(Secret::Clear(clear));
            }
            "password-hash" => {
                const HASH: &str = "what `chatroomd hash-password` prints";
                let hash = text("password-hash", value)?;
                if !is_hash(hash) {
                    return Err(wrong_kind("password-hash", HASH, value));
                }
                secret = Some(Secret::Hash(hash.to_owned()));
            }
            unknown => return Err(unknown_key(key.span(), unknown, KEYS.into_iter())),
        }
    }
    match (name, secret) {
        (Some(name), Some(secret)) => Ok(Operator { name, secret }),
        _ => Err(wrong_kind("operator", EXPECTED, value)),
    }
}
