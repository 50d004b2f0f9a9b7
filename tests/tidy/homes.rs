//! The home of each outside crate and of each effect.

use std::collections::BTreeSet;

use crate::sources::{assert_none, ends_in_word, read, sources};

/// Outside crates, and the only files and folders that may name them. Changing a library is then
/// a change to few files.
const HOMES: &[(&str, &[&str])] = &[
    ("argon2", &["src/server/auth/"]),
    ("base64ct", &["src/wire/sasl/"]),
    (
        "clap",
        &[
            "src/client/config/options.rs",
            "src/client/config/options/",
            "src/common/cli.rs",
            "src/common/generate.rs",
            "src/server/config/options.rs",
            "src/server/config/options/",
        ],
    ),
    ("clap_complete", &["src/common/generate.rs"]),
    ("clap_mangen", &["src/common/generate.rs"]),
    ("colored", &["src/client/view/"]),
    ("etcetera", &["src/client/app/"]),
    ("fastrand", &["src/client/net/"]),
    ("getrandom", &["src/client/app/", "src/server/net/"]),
    ("hmac", &["src/wire/sasl/scram.rs"]),
    ("indicatif", &["src/server/admin/progress.rs"]),
    (
        "jiff",
        &[
            "src/client/app/",
            "src/client/command/settings.rs",
            "src/client/config/",
            "src/client/event/json/",
            "src/client/event/tags.rs",
            "src/client/storage/log/",
            "src/client/view/",
            "src/common/record.rs",
            "src/common/time_zone.rs",
            "src/server/hub/time.rs",
        ],
    ),
    ("listenfd", &["src/server/systemd.rs"]),
    ("log_facade", &["src/client/editor/unknown_sequence.rs"]),
    (
        "memchr",
        &[
            "src/client/session/incoming/",
            "src/client/terminal/wrap.rs",
            "src/server/net/websocket.rs",
            "src/wire/",
        ],
    ),
    ("mio", &["src/server/net/"]),
    // The terminal's mode and the limit on open files are missing in the standard library.
    (
        "nix",
        &[
            "src/client/terminal/",
            "src/server/daemon.rs",
            "src/server/hosted_room.rs",
            "src/server/net/metrics.rs",
        ],
    ),
    ("nom", &["src/client/command/", "src/wire/message.rs"]),
    ("pbkdf2", &["src/wire/sasl/scram.rs"]),
    ("ppp", &["src/server/net/proxy_header.rs"]),
    // The TLS layer needs a certificate in its tests.
    (
        "rcgen",
        &["src/common/self_signed.rs", "src/server/net/tls.rs"],
    ),
    // The names compare their table with that of the crate in a test.
    (
        "regex",
        &["src/client/event/matcher.rs", "src/wire/name.rs"],
    ),
    ("ring", &["src/common/fingerprint.rs"]),
    ("rusqlite", &["src/server/store/"]),
    (
        "rustix",
        &[
            "src/client/net/dial.rs",
            "src/client/terminal/",
            "src/common/config_file.rs",
            "src/server/password_input.rs",
            "src/server/net/listener.rs",
        ],
    ),
    (
        "rustls",
        &["src/server/certificates.rs", "src/server/net/tls.rs"],
    ),
    ("rustls_native_certs", &["src/client/net/tls.rs"]),
    ("rustyline", &["src/client/editor/"]),
    (
        "serde",
        &[
            "src/client/config/",
            "src/client/event/json/",
            "src/common/config_file.rs",
            "src/common/record.rs",
            "src/server/config/file.rs",
            "src/server/config/file/trusted.rs",
        ],
    ),
    (
        "serde_json",
        &[
            "src/client/event/json/",
            "src/common/record.rs",
            "src/common/record/",
        ],
    ),
    (
        "signal_hook",
        &[
            "src/client/app/",
            "src/client/terminal/",
            "src/client/ui/",
            "src/common/cli.rs",
            "src/server/daemon.rs",
            "src/server/password_input.rs",
            "src/server/hosted_room.rs",
        ],
    ),
    ("sha2", &["src/wire/sasl/"]),
    ("slab", &["src/server/hub/", "src/server/net/"]),
    ("stringprep", &["src/wire/sasl/scram.rs"]),
    ("strsim", &["src/common/suggest.rs"]),
    // The script's lines wait for the network in one of its channels.
    ("tokio", &["src/client/net/", "src/client/ui/script/"]),
    ("tokio_rustls", &["src/client/net/tls.rs"]),
    (
        "toml",
        &[
            "src/client/config/",
            "src/common/config_file.rs",
            "src/server/config/file.rs",
            "src/server/config/file/trusted.rs",
        ],
    ),
    ("tracing", &["src/server/"]),
    ("tracing_subscriber", &["src/server/logging.rs"]),
    ("tungstenite", &["src/server/net/websocket.rs"]),
    (
        "unicode_segmentation",
        &[
            "src/client/editor/",
            "src/client/session/outgoing/",
            "src/client/view/prompt.rs",
            "src/client/terminal/wrap.rs",
        ],
    ),
    (
        "unicode_width",
        &["src/client/terminal/wrap.rs", "src/common/sanitize.rs"],
    ),
    (
        "x509_cert",
        &["src/client/net/tls.rs", "src/server/certificates.rs"],
    ),
];

#[test]
fn each_outside_crate_stays_at_home() {
    let sources = sources("src");
    let mut mistakes = Vec::new();
    for (name, homes) in HOMES {
        for source in &sources {
            if homes.iter().any(|home| source.is_in(home)) {
                continue;
            }
            for (number, code) in source.code() {
                if names_crate(code, name) {
                    mistakes.push(format!("{}:{number}: {}", source.name, code.trim()));
                }
            }
        }
    }
    assert_none("crates outside their home", &mistakes);
}

#[test]
fn each_dependency_has_a_home_and_each_home_a_dependency() {
    let manifest = read("Cargo.toml");
    let dependencies: BTreeSet<String> = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_")))
        .collect();
    let homes: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut mistakes: Vec<String> = dependencies
        .difference(&homes)
        .map(|name| format!("{name} has no row in HOMES of {}", file!()))
        .collect();
    for name in homes.difference(&dependencies) {
        mistakes.push(format!("{name} is no longer a dependency"));
    }
    assert_none("differences from Cargo.toml", &mistakes);
}

#[test]
fn only_the_holders_of_effects_read_the_clock() {
    let mut mistakes = Vec::new();
    for source in sources("src") {
        // The editor recognizes a paste by its pauses; `app` starts the time limit of a script.
        if source.is_in("src/client/app/")
            || source.is_in("src/client/editor/")
            || source.is_in("src/client/net/")
            || source.is_in("src/client/storage/drafts.rs")
            || source.is_in("src/client/ui/script/tee.rs")
            // The rates of `status --watch`.
            || source.is_in("src/server/admin/status.rs")
            || source.is_in("src/server/admin/progress.rs")
            || source.is_in("src/server/certificates.rs")
            || source.is_in("src/server/net/")
            // Whether the newest message is ahead of the clock; and how long a query takes.
            || source.is_in("src/server/store/")
        {
            continue;
        }
        for (number, code) in source.code() {
            if code.contains("Instant::now") || code.contains("SystemTime::now") {
                mistakes.push(format!("{}:{number}: {}", source.name, code.trim()));
            }
        }
    }
    assert_none("places that should take the time as an argument", &mistakes);
}

/// Whether a path in this code begins with the crate `name`.
fn names_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    let mut starts = code.match_indices(&path).map(|(at, _)| &code[..at]);
    let is_first = |before: &str| !before.ends_with(':') && !ends_in_word(before);
    starts.any(is_first) || code.trim() == format!("use {name};")
}
