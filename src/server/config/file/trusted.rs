//! The tables of operators, proxies and gateways.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::{ConfigReader, Text};
use crate::common::config_file::ConfigError;
use crate::server::auth::password::is_hash;
use crate::server::config::validate;
use crate::server::error::invalid_value::{FileMistake, InvalidValue};
use crate::server::hub::{Credential, Gateway, IpNetwork, Operator, OperatorRight, OperatorRights};
use crate::wire::Nick;

/// The longest name of an operator or a gateway, in bytes: it leaves most of a line for the password.
const NAME_BYTES_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OperatorTable {
    pub(super) name: Text,
    password: Option<Text>,
    password_hash: Option<Text>,
    account: Option<Text>,
    certificate: Option<Text>,
    may: Option<Vec<Text>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ProxyTable {
    #[serde(default)]
    pub(super) from: Vec<Text>,
    #[serde(default)]
    pub(super) ports: Vec<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct GatewayTable {
    pub(super) name: Text,
    #[serde(default)]
    pub(super) from: Vec<Text>,
    password_hash: Text,
}

impl ConfigReader<'_> {
    /// Two operators of one name have two passwords, and only one of them could be used. The same holds
    /// for gateways.
    pub(super) fn check_names<'n>(
        &self,
        names: impl Iterator<Item = &'n Text>,
        twice: InvalidValue,
    ) -> Result<(), ConfigError<FileMistake>> {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name.get_ref()) {
                return Err(self.wrong("name", name, twice));
            }
        }
        Ok(())
    }

    /// The addresses of a table, at least one.
    pub(super) fn networks<T>(
        &self,
        key: &str,
        table: &Spanned<T>,
        from: &[Text],
    ) -> Result<Vec<IpNetwork>, ConfigError<FileMistake>> {
        if from.is_empty() {
            return Err(self.wrong(key, table, InvalidValue::NoSource));
        }
        let network = |one: &Text| {
            let read = IpNetwork::parse(one.get_ref());
            read.ok_or_else(|| self.wrong("from", one, InvalidValue::NotANetwork))
        };
        from.iter().map(network).collect()
    }

    pub(super) fn gateway(
        &self,
        table: &Spanned<GatewayTable>,
    ) -> Result<Gateway, ConfigError<FileMistake>> {
        let GatewayTable {
            name,
            from,
            password_hash,
        } = table.get_ref();
        if !is_hash(password_hash.get_ref()) {
            return Err(self.wrong(
                "password-hash",
                password_hash,
                InvalidValue::NotAPasswordHash,
            ));
        }
        Ok(Gateway {
            name: self.one_word(name)?,
            from: self.networks("gateway", table, from)?,
            password_hash: password_hash.get_ref().clone(),
        })
    }

    /// A name that is one parameter of a line.
    fn one_word(&self, name: &Text) -> Result<String, ConfigError<FileMistake>> {
        let word = name.get_ref();
        let bad = |c: char| c.is_whitespace() || c.is_control();
        if word.is_empty() || word.contains(bad) || word.starts_with(':') {
            return Err(self.wrong("name", name, InvalidValue::NotOneWord));
        }
        if word.len() > NAME_BYTES_MAX {
            return Err(self.wrong("name", name, InvalidValue::NameTooLong));
        }
        Ok(word.clone())
    }

    pub(super) fn operator(
        &self,
        table: &Spanned<OperatorTable>,
    ) -> Result<Operator, ConfigError<FileMistake>> {
        let OperatorTable {
            name,
            password,
            password_hash,
            account,
            certificate,
            may,
        } = table.get_ref();
        let word = self.one_word(name)?;
        let credential = match (password, password_hash, account, certificate) {
            (Some(text), None, None, None) => {
                let before = format!("OPER {word} :");
                Credential::Plain(self.password("password", text, text.get_ref(), &before)?)
            }
            (None, Some(hash), None, None) if is_hash(hash.get_ref()) => {
                Credential::Hash(hash.get_ref().clone())
            }
            (None, Some(hash), None, None) => {
                return Err(self.wrong("password-hash", hash, InvalidValue::NotAPasswordHash));
            }
            (None, None, Some(name), None) => {
                let account = Nick::parse(name.get_ref());
                Credential::Account(account.map_err(|error| {
                    self.wrong("account", name, InvalidValue::NotAnAccount(error))
                })?)
            }
            (None, None, None, Some(text)) => {
                let fingerprint = validate::fingerprint(text.get_ref());
                let wrong = |expected| self.wrong("certificate", text, expected);
                Credential::Certificate(fingerprint.map_err(wrong)?)
            }
            _ => {
                return Err(self.wrong("operator", table, InvalidValue::NotOneCredential));
            }
        };
        let may = match may {
            None => OperatorRights::ALL,
            Some(words) => words.iter().try_fold(OperatorRights::NONE, |may, word| {
                let mut all = OperatorRight::ALL.iter();
                let right = all.find(|right| right.word() == word.get_ref());
                let right =
                    right.ok_or_else(|| self.wrong("may", word, InvalidValue::NotARight))?;
                Ok(may.with(*right))
            })?,
        };
        Ok(Operator {
            name: word,
            credential,
            may,
        })
    }
}
