//! The accounts in the database of a store.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::markers;
use super::problem::problem;
use super::rooms;
use crate::server::error::{StoreDamage, StoreProblem};
use crate::server::hub::CertificateFingerprint;
use crate::server::hub::account::{
    Account, AccountChange, AccountChangeKind, SecretKey, StoredAccounts,
};
use crate::wire::Nick;
use crate::wire::sasl::scram_server::StoredPassword;

/// Reads all accounts, in the order of their names.
pub(super) fn load(connection: &Connection) -> Result<StoredAccounts, StoreProblem> {
    let query = "SELECT value FROM meta WHERE key = 'secret'";
    let secret = connection.query_row(query, [], |row| row.get(0)).optional();
    let secret: Option<[u8; 32]> = secret.map_err(problem)?;
    let secret = secret.ok_or_else(|| StoreProblem::Damaged(StoreDamage::NoSecret))?;
    let nonce_key = connection.query_row("SELECT randomblob(32)", [], |row| row.get(0));
    Ok(StoredAccounts {
        accounts: list(connection)?,
        invitations: invitations(connection)?,
        secret: SecretKey(secret),
        nonce_key: SecretKey(nonce_key.map_err(problem)?),
    })
}

/// The accounts without the secrets of the store.
pub(super) fn list(connection: &Connection) -> Result<Vec<Account>, StoreProblem> {
    let mut accounts = Vec::new();
    let query = "SELECT folded, name, password, created FROM account ORDER BY folded";
    let mut statement = connection.prepare(query).map_err(problem)?;
    let certificates = "SELECT fingerprint FROM certificate WHERE account = ?1";
    let mut certificates = connection.prepare(certificates).map_err(problem)?;
    let nicks = "SELECT name FROM nick WHERE account = ?1 ORDER BY no";
    let mut nicks = connection.prepare(nicks).map_err(problem)?;
    let mut rows = statement.query([]).map_err(problem)?;
    while let Some(row) = rows.next().map_err(problem)? {
        let read = || -> rusqlite::Result<(String, String, String, i64)> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        let (folded, name, password, created) = read().map_err(problem)?;
        let found = certificates.query_map([&folded], |row| row.get::<_, String>(0));
        let found = found.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>);
        let found = found.map_err(problem)?;
        let found = found.iter().map(|one| CertificateFingerprint::parse(one));
        let more = nicks.query_map([&folded], |row| row.get::<_, String>(0));
        let more = more.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>);
        let more = more.map_err(problem)?;
        let more = more.iter().map(|one| Nick::parse(one).ok());
        let parts = (
            Nick::parse(&name).ok(),
            StoredPassword::parse(&password),
            found.collect::<Option<Vec<_>>>(),
            more.collect::<Option<Vec<_>>>(),
        );
        let (Some(name), Some(password), Some(certificates), Some(nicks)) = parts else {
            return Err(StoreProblem::Damaged(StoreDamage::Account(folded)));
        };
        accounts.push(Account {
            name,
            password,
            created: created.cast_unsigned(),
            certificates,
            nicks,
        });
    }
    Ok(accounts)
}

fn invitations(connection: &Connection) -> Result<Vec<(Nick, String)>, StoreProblem> {
    let query = "SELECT folded, code FROM invitation ORDER BY folded";
    let mut statement = connection.prepare(query).map_err(problem)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
    let rows = rows.map_err(problem)?;
    rows.map(|row| {
        let (folded, code) = row.map_err(problem)?;
        let name =
            Nick::parse(&folded).map_err(|_| StoreProblem::Damaged(StoreDamage::Invitation))?;
        Ok((name, code))
    })
    .collect()
}

/// Writes a change that was checked, in the current transaction.
pub(super) fn write(connection: &Connection, change: &AccountChange) -> rusqlite::Result<()> {
    let key = change.name.key();
    let key = key.as_str();
    match &change.kind {
        AccountChangeKind::Add(password, created) => {
            let insert = "INSERT INTO account(folded, name, password, created)
                          VALUES(?1, ?2, ?3, ?4)";
            let (name, password) = (change.name.as_str(), password.to_string());
            connection.execute(insert, params![key, name, password, created.cast_signed()])?;
            connection.execute("DELETE FROM invitation WHERE folded = ?1", [key])?;
            retire_conversations(connection, key)?;
        }
        AccountChangeKind::Invite(code) => {
            let insert = "INSERT OR REPLACE INTO invitation(folded, code) VALUES(?1, ?2)";
            connection.execute(insert, [key, code])?;
        }
        AccountChangeKind::Remove => {
            connection.execute("DELETE FROM certificate WHERE account = ?1", [key])?;
            connection.execute("DELETE FROM nick WHERE account = ?1", [key])?;
            connection.execute("DELETE FROM account WHERE folded = ?1", [key])?;
            rooms::remove_account(connection, key)?;
            markers::remove_account(connection, key)?;
            retire_conversations(connection, key)?;
        }
        AccountChangeKind::Password(password) => {
            let update = "UPDATE account SET password = ?2 WHERE folded = ?1";
            connection.execute(update, [key, &password.to_string()])?;
        }
        AccountChangeKind::AddCertificate(certificate) => {
            let insert = "INSERT INTO certificate(fingerprint, account) VALUES(?1, ?2)";
            connection.execute(insert, [&*certificate.to_string(), key])?;
        }
        AccountChangeKind::RemoveCertificate(certificate) => {
            let delete = "DELETE FROM certificate WHERE fingerprint = ?1 AND account = ?2";
            connection.execute(delete, [&*certificate.to_string(), key])?;
        }
        AccountChangeKind::AddNick(nick) => {
            let insert = "INSERT INTO nick(folded, name, account) VALUES(?1, ?2, ?3)";
            connection.execute(insert, [nick.key().as_str(), nick.as_str(), key])?;
        }
        AccountChangeKind::RemoveNick(nick) => {
            let delete = "DELETE FROM nick WHERE folded = ?1 AND account = ?2";
            connection.execute(delete, [nick.key().as_str(), key])?;
        }
    }
    Ok(())
}

/// Makes the conversations of an account unreadable for clients: a later account of the same name
/// can be another person's.
fn retire_conversations(connection: &Connection, account: &str) -> rusqlite::Result<()> {
    let rename = "UPDATE buffer SET name = name || char(0) || no
                  WHERE no IN (SELECT buffer FROM conversation WHERE account = ?1)";
    connection.execute(rename, [account])?;
    let delete = "DELETE FROM conversation WHERE buffer IN
                  (SELECT buffer FROM conversation WHERE account = ?1)";
    connection.execute(delete, [account])?;
    Ok(())
}
