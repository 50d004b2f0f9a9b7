//! The subcommand `chatroomd account`.

use std::path::Path;

use super::{date, print};
use crate::server::config::options::{AccountAction, AccountCertificateAction, AccountNickAction};
use crate::server::error::{ServerError, StoreProblem};
use crate::server::hub::account::{Account, AccountChange, AccountChangeKind, AccountProblem};
use crate::server::hub::stored::StoreChange;
use crate::server::password_input::read_new_password;
use crate::server::store::{self, StoreReader};
use crate::wire::Nick;
use crate::wire::sasl::scram_server::StoredPassword;

/// The length of the code of an invitation, in bytes before they are written as digits.
const CODE_BYTES: usize = 8;

/// Runs `chatroomd account`.
pub(in crate::server) fn run_account(action: &AccountAction) -> Result<(), ServerError> {
    match action {
        AccountAction::Add { folder, name } => {
            // There is no reason to ask for the password of an account that exists.
            if find(folder, name)?.is_some() {
                return Err(refused(folder, AccountProblem::Exists));
            }
            let password = new_password(folder)?;
            let now = store::unix_seconds();
            change(folder, name, AccountChangeKind::Add(password, now))
        }
        AccountAction::Invite { folder, name } => {
            let random = StoreReader::open(folder)?.salt(folder)?;
            let digits = random.iter().take(CODE_BYTES);
            let code: String = digits.map(|byte| format!("{byte:02x}")).collect();
            change(folder, name, AccountChangeKind::Invite(code.clone()))?;
            print(std::iter::once(code))
        }
        AccountAction::Password { folder, name } => {
            require(folder, name)?;
            let password = new_password(folder)?;
            change(folder, name, AccountChangeKind::Password(password))
        }
        AccountAction::Remove { folder, name } => {
            require(folder, name)?;
            change(folder, name, AccountChangeKind::Remove)
        }
        AccountAction::List { folder } => {
            let accounts = StoreReader::open(folder)?.accounts(folder)?;
            print(accounts.iter().map(|account| {
                let created = date(account.created);
                let count = account.certificates.len();
                format!("{} {created} {count}", account.name)
            }))
        }
        AccountAction::Certificate(action) => run_certificate(action),
        AccountAction::Nick(action) => run_nick(action),
    }
}

fn run_nick(action: &AccountNickAction) -> Result<(), ServerError> {
    match action {
        AccountNickAction::Add { folder, name, nick } => {
            require(folder, name)?;
            change(folder, name, AccountChangeKind::AddNick(nick.clone()))
        }
        AccountNickAction::Remove { folder, name, nick } => {
            require(folder, name)?;
            change(folder, name, AccountChangeKind::RemoveNick(nick.clone()))
        }
        AccountNickAction::List { folder, name } => {
            let account = require(folder, name)?;
            print(account.nicks.iter().map(ToString::to_string))
        }
    }
}

fn run_certificate(action: &AccountCertificateAction) -> Result<(), ServerError> {
    match action {
        AccountCertificateAction::Add {
            folder,
            name,
            fingerprint,
        } => {
            require(folder, name)?;
            change(
                folder,
                name,
                AccountChangeKind::AddCertificate(*fingerprint),
            )
        }
        AccountCertificateAction::Remove {
            folder,
            name,
            fingerprint,
        } => {
            require(folder, name)?;
            change(
                folder,
                name,
                AccountChangeKind::RemoveCertificate(*fingerprint),
            )
        }
        AccountCertificateAction::List { folder, name } => {
            let account = require(folder, name)?;
            print(account.certificates.iter().map(ToString::to_string))
        }
    }
}

fn change(folder: &Path, name: &Nick, kind: AccountChangeKind) -> Result<(), ServerError> {
    let name = name.clone();
    store::change(folder, &StoreChange::Account(AccountChange { name, kind }))
}

/// The account of this name; a store that is missing is an error and is not created.
fn find(folder: &Path, name: &Nick) -> Result<Option<Account>, ServerError> {
    let accounts = StoreReader::open(folder)?.accounts(folder)?;
    let key = name.key();
    Ok(accounts
        .into_iter()
        .find(|account| account.name.key() == key))
}

fn require(folder: &Path, name: &Nick) -> Result<Account, ServerError> {
    find(folder, name)?.ok_or_else(|| refused(folder, AccountProblem::Missing))
}

fn new_password(folder: &Path) -> Result<StoredPassword, ServerError> {
    let salt = StoreReader::open(folder)?.salt(folder)?;
    let password = read_new_password().map_err(ServerError::Password)?;
    Ok(StoredPassword::derive(
        &password,
        &salt,
        StoredPassword::ITERATIONS,
    ))
}

fn refused(folder: &Path, problem: AccountProblem) -> ServerError {
    ServerError::Store {
        folder: folder.to_owned(),
        problem: StoreProblem::Refused(problem),
    }
}
