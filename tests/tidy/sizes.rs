//! The budget of each part in lines of code. A budget is raised by a commit that says why, never by
//! writing denser code.

use crate::sources::{Source, assert_none, sources};

/// Lines of code, without blank lines, comments and tests. The comments have the parts of a budget in
/// rounded numbers.
const BUDGETS: &[(&[&str], usize)] = &[
    // 1,750 for the protocol; 1,650 for accounts, with SASL, registration and NickServ; 1,300 for
    // stored messages and events; 450 for messages of several lines; 300 for read markers; 350 for
    // messages with an id of their client; 900 for registered rooms, with ChanServ; 500 for bans;
    // 350 for operators and cloaked hosts; 350 for gateways and proxies; 5,800 for users, rooms,
    // messages and limits; and 800 are free.
    (&["src/wire/", "src/server/hub/"], 14_500),
    // 850 for the layers of TLS and WebSocket, with their stand-ins; 300 for the PROXY protocol; 500
    // for the metrics; 300 for the steps that wait for the store; 2,000 for the event loop, its
    // listeners and connections; and 150 are free.
    (&["src/server/net/"], 4_100),
    (&["src/server/auth/"], 500),
    (&["src/server/store/"], 2_200),
    (&["src/server/admin/"], 1_500),
    (
        &[
            "src/server/config/",
            "src/server/certificates.rs",
            "src/server/daemon.rs",
            "src/server/no_admin.rs",
            "src/server/no_certificates.rs",
            "src/server/no_store.rs",
            "src/server/embedded.rs",
            "src/server/error.rs",
            "src/server/error/",
            "src/server/hash_password.rs",
            "src/server/password_input.rs",
            "src/server/hosted_room.rs",
            "src/server/logging.rs",
            "src/server/mod.rs",
            "src/server/systemd.rs",
        ],
        // 1,300 for the command line and the configuration; 350 for the errors; 350 for the parts that
        // start a server; 250 for certificates; 200 for the log and the service manager; and 100 for
        // passwords and stand-ins.
        2_550,
    ),
];

#[test]
fn each_part_of_the_server_stays_within_its_budget() {
    let files = sources("src");
    let mut mistakes = Vec::new();
    for (places, budget) in BUDGETS {
        let lines = lines_in(&files, places);
        println!("{lines:5} of {budget:5}  {}", places.join(" "));
        if lines > *budget {
            mistakes.push(format!("{lines} lines, {budget} allowed: {places:?}"));
        }
    }
    for source in files.iter().filter(|source| source.is_in("src/server/")) {
        let mut places = BUDGETS.iter().flat_map(|(places, _)| places.iter());
        if !places.any(|place| source.is_in(place)) {
            mistakes.push(format!("{} is in no budget", source.name));
        }
    }
    assert_none("parts that are larger than their budget", &mistakes);
}

fn lines_in(files: &[Source], places: &[&str]) -> usize {
    let files = files.iter().filter(|source| !source.is_test());
    let files = files.filter(|source| places.iter().any(|place| source.is_in(place)));
    files.map(code_lines).sum()
}

fn code_lines(source: &Source) -> usize {
    let lines = source.program_text().lines().map(str::trim);
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    lines.filter(is_code).count()
}

#[test]
fn blank_lines_comments_and_tests_are_not_counted() {
    let source = Source {
        name: "src/a.rs".to_owned(),
        text: "//! A.\n\nfn a() {\n    // Why.\n}\n\n#[cfg(test)]\nmod tests {}\n".to_owned(),
    };
    assert_eq!(code_lines(&source), 2);
}
