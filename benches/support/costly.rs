//! The costliest form of each command, as an attacker would send it.
//!
//! `cargo bench --bench abuse` has many connections say it to the real server, `--bench hub` says
//! what one line costs, and `tests/charges.rs` that it is charged for.

/// Rooms with as many masks as a room can keep, none of which matches an attacker.
pub(crate) const MASKED_ROOMS: usize = 49;
/// Rooms whose last mask bans the attackers.
pub(crate) const CLOSED_ROOMS: usize = 10;
/// How many masks each of them has.
pub(crate) const MASKS: usize = 100;
/// The network of all attackers.
pub(crate) const NETWORK: &str = "127.0.2";

/// The users and the attackers of the hub in which lines are measured.
pub(crate) const MEASURED_PEOPLE: usize = 300;
pub(crate) const MEASURED_ATTACKERS: usize = 20;

/// One way to keep the server busy.
pub(crate) struct Costly {
    pub(crate) name: &'static str,
    /// How many do it at the same time.
    pub(crate) attackers: usize,
    /// How long one line takes in the hub, as measured with [`MEASURED_PEOPLE`] in the lobby and
    /// [`MEASURED_ATTACKERS`].
    pub(crate) nanoseconds: u32,
    /// The lines each of them sends once before that, by the number of the attacker.
    pub(crate) prepare: fn(usize) -> Vec<String>,
    /// The lines each of them sends over and over, by the same number.
    pub(crate) lines: fn(usize) -> Vec<String>,
}

fn nothing(_: usize) -> Vec<String> {
    Vec::new()
}

fn one(line: &str) -> Vec<String> {
    vec![line.to_owned()]
}

/// The names of rooms with commas between them.
fn rooms(start: &str, count: usize) -> String {
    let names: Vec<String> = (0..count).map(|at| format!("{start}{at}")).collect();
    names.join(",")
}

/// Enters `count` rooms, ten with each line.
fn enter(start: &str, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|at| format!("{start}{at}")).collect();
    let lines = names.chunks(10);
    lines
        .map(|names| format!("JOIN {}", names.join(",")))
        .collect()
}

/// A nick as long as it can be: `at` tells it from the others, `turn` from the one before.
pub(crate) fn nick(at: usize, turn: usize) -> String {
    format!("{}{at:03}{turn}", "a".repeat(26))
}

/// The masks of the rooms: as long as they can be, with as many `*` as they can have, and all of
/// them have to be gone through to the end.
pub(crate) fn masks(closed: bool) -> impl Iterator<Item = String> {
    let mask = |at: usize| format!("{}!*a*@1*q{at:02}*", "*a".repeat(11));
    let count = if closed { MASKS - 1 } else { MASKS };
    let last = closed.then(|| format!("*!*@{NETWORK}.*"));
    (0..count).map(mask).chain(last)
}

/// All rooms there have to be before anybody attacks, each with the lines that make it.
pub(crate) fn prepared_rooms() -> Vec<Vec<String>> {
    let room = |name: String, closed: bool| {
        let mut lines = vec![format!("JOIN {name}"), format!("MODE {name} -t")];
        let masks: Vec<String> = masks(closed).collect();
        for four in masks.chunks(4) {
            lines.push(format!("MODE {name} +bbbb {}", four.join(" ")));
        }
        lines
    };
    let masked = (0..MASKED_ROOMS).map(|at| room(format!("#m{at}"), false));
    let closed = (0..CLOSED_ROOMS).map(|at| room(format!("#b{at}"), true));
    masked.chain(closed).collect()
}

/// `mask` with as many wildcards as the limit allows.
fn full_mask(part: &str, end: &str) -> String {
    format!("{}{end}", part.repeat(15))
}

/// All of them.
pub(crate) const ALL: &[Costly] = &[
    Costly {
        name: "PING",
        attackers: 250,
        nanoseconds: 280,
        prepare: nothing,
        lines: |_| one("PING x"),
    },
    Costly {
        name: "WHO: 236 wildcards",
        attackers: 250,
        nanoseconds: 4_200,
        prepare: nothing,
        lines: |_| vec![format!("WHO *{}!", "*z".repeat(235))],
    },
    Costly {
        name: "WHO: 16 wildcards",
        attackers: 250,
        nanoseconds: 67_000,
        prepare: nothing,
        lines: |_| vec![format!("WHO {}", "*0".repeat(14) + "*!*")],
    },
    Costly {
        name: "WHO *",
        attackers: 250,
        nanoseconds: 160_000,
        prepare: nothing,
        lines: |_| one("WHO * %tcuihsnfdlaor,999"),
    },
    Costly {
        name: "WHO of a room",
        attackers: 250,
        nanoseconds: 140_000,
        prepare: nothing,
        lines: |_| one("WHO #lobby %tcuihsnfdlaor,999"),
    },
    Costly {
        name: "WHO of the hidden",
        attackers: 250,
        nanoseconds: 150_000,
        prepare: |at| {
            let mut lines = enter(&format!("#h{at}x"), 48);
            lines.insert(0, "PART #lobby".to_owned());
            lines.push(format!("MODE {} +i", nick(at, 0)));
            lines
        },
        lines: |_| one("WHO *a*"),
    },
    Costly {
        name: "LIST: 10 long conditions",
        attackers: 250,
        nanoseconds: 1_600,
        prepare: |at| {
            enter(
                &format!("#l{at:03}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
                49,
            )
        },
        lines: |_| {
            vec![format!(
                "LIST {}",
                ["!*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*xy"; 10].join(",")
            )]
        },
    },
    Costly {
        name: "LIST: 10 conditions",
        attackers: 250,
        nanoseconds: 950_000,
        prepare: |at| {
            enter(
                &format!("#l{at:03}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
                49,
            )
        },
        lines: |_| {
            let condition = |at| format!("!{}{at}", full_mask("*x", "y*"));
            let conditions: Vec<String> = (0..10).map(condition).collect();
            vec![format!("LIST {}", conditions.join(","))]
        },
    },
    Costly {
        name: "LIST",
        attackers: 250,
        nanoseconds: 11_000,
        prepare: nothing,
        lines: |_| one("LIST"),
    },
    Costly {
        name: "JOIN: kept out by masks",
        attackers: 250,
        nanoseconds: 78_000,
        prepare: nothing,
        lines: |_| vec![format!("JOIN {}", rooms("#b", 10))],
    },
    Costly {
        name: "JOIN and PART: masks",
        attackers: 250,
        nanoseconds: 81_000,
        prepare: nothing,
        lines: |_| {
            let rooms = rooms("#m", 10);
            vec![format!("JOIN {rooms}"), format!("PART {rooms} :bye")]
        },
    },
    Costly {
        name: "JOIN and PART: the lobby",
        attackers: 250,
        nanoseconds: 11_000,
        prepare: nothing,
        lines: |_| vec!["PART #lobby :bye".to_owned(), "JOIN #lobby".to_owned()],
    },
    Costly {
        name: "NICK: in 49 rooms",
        attackers: 100,
        nanoseconds: 320_000,
        prepare: |_| enter("#m", MASKED_ROOMS),
        lines: |at| {
            (1..3)
                .map(|turn| format!("NICK {}", nick(at, turn)))
                .collect()
        },
    },
    Costly {
        name: "PRIVMSG to 10 rooms",
        attackers: 250,
        nanoseconds: 4_500,
        prepare: |_| enter("#r", 10),
        lines: |_| vec![format!("PRIVMSG {} :{}", rooms("#r", 10), "x".repeat(300))],
    },
    Costly {
        name: "PRIVMSG to 10 people",
        attackers: 250,
        nanoseconds: 5_900,
        prepare: nothing,
        lines: |at| {
            let nick = |who: usize| format!("p{:05}", who % 1_000);
            let line = |turn: usize| {
                let nicks: Vec<String> = (0..10).map(|n| nick((at * 10 + turn) * 10 + n)).collect();
                format!("PRIVMSG {} :x", nicks.join(","))
            };
            (0..100).map(line).collect()
        },
    },
    Costly {
        name: "PRIVMSG to the lobby",
        attackers: 250,
        nanoseconds: 1_700,
        prepare: nothing,
        lines: |_| vec![format!("PRIVMSG #lobby :{}", "x".repeat(400))],
    },
    Costly {
        name: "PRIVMSG: masks",
        attackers: 250,
        nanoseconds: 77_000,
        prepare: |_| enter("#m", 10),
        lines: |_| vec![format!("PRIVMSG {} :x", rooms("#m", 10))],
    },
    Costly {
        name: "NOTICE: masks",
        attackers: 250,
        nanoseconds: 76_000,
        prepare: |_| enter("#m", 10),
        lines: |_| vec![format!("NOTICE {} :x", rooms("@#m", 10))],
    },
    Costly {
        name: "TAGMSG",
        attackers: 250,
        nanoseconds: 2_300,
        prepare: |_| one("CAP REQ :message-tags"),
        lines: |_| one("@+x=y TAGMSG #lobby,@#lobby,+#lobby"),
    },
    Costly {
        name: "PRIVMSG with 4 KB of tags",
        attackers: 250,
        nanoseconds: 92_000,
        prepare: |_| one("CAP REQ :message-tags echo-message"),
        lines: |at| {
            let tags: Vec<String> = (0..700).map(|tag| format!("+{tag:03x}")).collect();
            vec![format!("@{} PRIVMSG {} :x", tags.join(";"), nick(at, 0))]
        },
    },
    Costly {
        name: "PRIVMSG, labeled",
        attackers: 250,
        nanoseconds: 3_900,
        prepare: |_| one("CAP REQ :message-tags echo-message labeled-response batch"),
        lines: |_| one("@label=x PRIVMSG #lobby :x"),
    },
    Costly {
        name: "WHO, labeled",
        attackers: 250,
        nanoseconds: 160_000,
        prepare: |_| one("CAP REQ :message-tags labeled-response batch server-time"),
        lines: |_| one("@label=x WHO #lobby"),
    },
    Costly {
        name: "TOPIC: masks",
        attackers: 250,
        nanoseconds: 8_100,
        prepare: |_| enter("#m", 1),
        lines: |_| vec![format!("TOPIC #m0 :{}", "x".repeat(300))],
    },
    Costly {
        name: "NAMES",
        attackers: 250,
        nanoseconds: 21_000,
        prepare: nothing,
        lines: |_| vec![format!("NAMES #lobby,{}", rooms("#m", 9))],
    },
    Costly {
        name: "MONITOR + and C",
        attackers: 250,
        nanoseconds: 29_000,
        prepare: nothing,
        lines: |_| {
            let nicks: Vec<String> = (0..100).map(|at| format!("n{at:03}")).collect();
            vec![
                format!("MONITOR + {}", nicks.join(",")),
                "MONITOR C".to_owned(),
            ]
        },
    },
    Costly {
        name: "MONITOR S",
        attackers: 250,
        nanoseconds: 5_600,
        prepare: |_| {
            let nicks: Vec<String> = (0..60).map(|at| format!("p{at:05}")).collect();
            vec![format!("MONITOR + {}", nicks.join(","))]
        },
        lines: |_| one("MONITOR S"),
    },
    Costly {
        name: "MONITOR -",
        attackers: 250,
        nanoseconds: 7_200,
        prepare: nothing,
        lines: |_| vec![format!("MONITOR - {}", vec!["a"; 240].join(","))],
    },
    Costly {
        name: "NICK, watched by 250",
        attackers: 250,
        nanoseconds: 2_300,
        prepare: |_| {
            let nicks: Vec<String> = (0..5).flat_map(|at| [nick(at, 1), nick(at, 2)]).collect();
            vec![
                format!("MONITOR + {}", nicks.join(",")),
                "PART #lobby".to_owned(),
            ]
        },
        lines: |at| {
            (1..3)
                .map(|turn| format!("NICK {}", nick(at, turn)))
                .collect()
        },
    },
    Costly {
        name: "WHOWAS",
        attackers: 250,
        nanoseconds: 500,
        prepare: nothing,
        lines: |_| one("WHOWAS absent"),
    },
    Costly {
        name: "WHOIS",
        attackers: 250,
        nanoseconds: 5_000,
        prepare: |at| enter(&format!("#w{at}x"), 48),
        lines: |at| vec![format!("WHOIS {}", nick(at, 0))],
    },
    Costly {
        name: "KICK",
        attackers: 250,
        nanoseconds: 3_400,
        prepare: |at| vec![format!("JOIN #k{at}")],
        lines: |at| {
            let nicks: Vec<String> = (0..10).map(|at| format!("p{at:05}")).collect();
            vec![format!("KICK #k{at} {}", nicks.join(","))]
        },
    },
    Costly {
        name: "MODE b",
        attackers: 250,
        nanoseconds: 16_000,
        prepare: |_| enter("#m", 1),
        lines: |_| one("MODE #m0 b"),
    },
    Costly {
        name: "MODE +b and -b",
        attackers: 250,
        nanoseconds: 1_400,
        prepare: |at| {
            let mut lines = vec![format!("JOIN #c{at}")];
            let masks: Vec<String> = masks(false).take(96).collect();
            for four in masks.chunks(4) {
                lines.push(format!("MODE #c{at} +bbbb {}", four.join(" ")));
            }
            lines
        },
        lines: |at| {
            vec![
                format!("MODE #c{at} +bbbb n1 n2 n3 n4"),
                format!("MODE #c{at} -bbbb n1 n2 n3 n4"),
            ]
        },
    },
    Costly {
        name: "MODE: 480 letters",
        attackers: 250,
        nanoseconds: 16_000,
        prepare: |at| vec![format!("JOIN #c{at}")],
        lines: |at| vec![format!("MODE #c{at} {}", "+m-m".repeat(118))],
    },
    Costly {
        name: "INVITE",
        attackers: 250,
        nanoseconds: 820,
        prepare: |at| {
            if at == 0 {
                one("PART #lobby")
            } else {
                Vec::new()
            }
        },
        lines: |_| vec![format!("INVITE {} #lobby", nick(0, 0))],
    },
    Costly {
        name: "USERHOST and ISON",
        attackers: 250,
        nanoseconds: 4_800,
        prepare: nothing,
        lines: |at| {
            let nicks: Vec<String> = (0..70).map(|at| format!("p{at:05}")).collect();
            vec![
                format!("ISON {}", nicks.join(" ")),
                format!("USERHOST {}", vec![nick(at, 0); 5].join(" ")),
            ]
        },
    },
    Costly {
        name: "AWAY: in 49 rooms",
        attackers: 250,
        nanoseconds: 1_800,
        prepare: |_| enter("#r", 48),
        lines: |_| vec!["AWAY :x".to_owned(), "AWAY".to_owned()],
    },
    Costly {
        name: "SETNAME: in 49 rooms",
        attackers: 250,
        nanoseconds: 1_800,
        prepare: |_| enter("#r", 48),
        lines: |_| vec!["SETNAME :x".to_owned(), "SETNAME :y".to_owned()],
    },
    Costly {
        name: "CAP REQ",
        attackers: 250,
        nanoseconds: 1_000,
        prepare: |_| enter("#r", 48),
        lines: |_| vec![format!("CAP REQ :{}", "setname -setname ".repeat(28))],
    },
    Costly {
        name: "HELP",
        attackers: 250,
        nanoseconds: 5_600,
        prepare: nothing,
        lines: |_| one("HELP"),
    },
];
