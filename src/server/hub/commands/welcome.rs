//! The welcome after registration, which users can request again: the numerics 001 to 005, LUSERS
//! and MOTD.

use super::room_modes::{CHANMODES, CHANMODES_WITH_ACCOUNTS, ROOM_MODES, ROOM_MODES_WITH_ACCOUNTS};
use super::user_modes::USER_MODES;
use crate::server::hub::state::people::{HOST_BYTES_MAX, USER_BYTES_MAX};
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{ConnectionId, Hub, Reply};
use crate::wire::message::BODY_BYTES_MAX;
use crate::wire::request::{MODES_MAX, USERHOST_MAX};

/// Tokens in one `005` line: with the nick and the text at most 15 parameters.
const TOKENS_A_LINE: usize = 13;
/// Program and version, as users see it.
pub(super) const VERSION: &str = concat!("chatroomd-", env!("CARGO_PKG_VERSION"));

impl Hub {
    /// The welcome burst. Modern IRC, "Connection Registration".
    pub(super) fn welcome(&self, to: ConnectionId) {
        let (name, network) = (&self.settings.name, &self.settings.network);
        let nick = self.nick_or_star(to);
        let created = seconds_as_date(self.started.unix.as_secs());
        let rest = format_args!(":Welcome to {network}, {nick}");
        self.reply_with(to, Reply::Welcome, rest);
        let rest = format_args!(":Your host is {name}, running {VERSION}");
        self.reply_with(to, Reply::YourHost, rest);
        let rest = format_args!(":This server was started {created}");
        self.reply_with(to, Reply::Created, rest);
        let room_modes = match self.accounts {
            Some(_) => ROOM_MODES_WITH_ACCOUNTS,
            None => ROOM_MODES,
        };
        let rest = format_args!("{name} {VERSION} {USER_MODES} {room_modes}");
        self.reply_with(to, Reply::MyInfo, rest);
        let tokens = self.isupport();
        let tokens: Vec<_> = tokens.split(' ').collect();
        for tokens in tokens.chunks(TOKENS_A_LINE) {
            self.reply_about(to, Reply::Isupport, tokens.join(" "));
        }
        self.lusers(to);
        self.motd(to);
    }

    /// The `005` tokens. Each of them is a promise that the server keeps. Modern IRC, "RPL_ISUPPORT
    /// Parameters".
    ///
    /// `NAMES` is not in `TARGMAX`, although it accepts a list: by RFC 2812 a list has one end, and by
    /// Modern IRC each room has one, so a client that has to tell them apart asks for one room.
    fn isupport(&self) -> String {
        let (limits, network) = (&self.settings.limits, &self.settings.network);
        let history_tokens = match self.store {
            Some(_) => {
                let lines = limits.history_lines;
                format!(" CHATHISTORY={lines} MSGREFTYPES=msgid,timestamp")
            }
            None => String::new(),
        };
        format!(
            "AWAYLEN={away} BOT=B CASEMAPPING=ascii CHANLIMIT=#:{rooms} \
             CHANMODES={chanmodes} CHANNELLEN={room_name} CHANTYPES=# ELIST=CMNTU \
             EXCEPTS=e EXTBAN=,{extbans} HOSTLEN={HOST_BYTES_MAX} INVEX=I KEYLEN={key} \
             KICKLEN={reason} LINELEN={BODY_BYTES_MAX} MAXLIST=beI:{masks} \
             MODES={MODES_MAX} MONITOR={nicks} NAMELEN={real_name} \
             NETWORK={network} NICKLEN={nick} PREFIX=(ov)@+ STATUSMSG=@+ \
             TARGMAX=JOIN:{targets},KICK:{targets},LIST:{targets},NOTICE:{targets},\
             PART:{targets},PRIVMSG:{targets},TAGMSG:{targets},\
             USERHOST:{USERHOST_MAX},WHOIS:1,WHOWAS:1 \
             TOPICLEN={topic} USERLEN={USER_BYTES_MAX} UTF8ONLY WHOX{history}",
            away = limits.away_bytes,
            chanmodes = match self.accounts {
                Some(_) => CHANMODES_WITH_ACCOUNTS,
                None => CHANMODES,
            },
            extbans = match self.accounts {
                // IRCv3 account-extban.
                Some(_) => "am ACCOUNTEXTBAN=a",
                None => "m",
            },
            history = history_tokens,
            key = limits.key_bytes,
            masks = limits.masks_per_room,
            nick = limits.nick_bytes,
            nicks = limits.monitored_nicks,
            real_name = limits.real_name_bytes,
            reason = limits.reason_bytes,
            room_name = limits.room_name_bytes,
            rooms = limits.rooms_per_person,
            targets = limits.targets,
            topic = limits.topic_bytes,
        )
    }

    pub(super) fn motd(&self, to: ConnectionId) {
        let (name, motd) = (&self.settings.name, &self.settings.motd);
        if motd.is_empty() {
            return self.reply(to, Reply::NoMotd);
        }
        let start = format_args!(":- {name} message of the day -");
        self.reply_with(to, Reply::MotdStart, start);
        for line in motd {
            self.reply_with(to, Reply::Motd, format_args!(":{line}"));
        }
        self.reply(to, Reply::EndOfMotd);
    }

    /// The numbers of users and rooms. With one server, all users are local.
    pub(super) fn lusers(&self, to: ConnectionId) {
        let (people, here) = (&self.people, self.people.registered);
        let (invisible, most) = (people.invisible, people.registered_max);
        let visible = here - invisible;
        let rest =
            format_args!(":There are {visible} users and {invisible} invisible on 1 servers");
        self.reply_with(to, Reply::LuserClient, rest);
        for (reply, count) in [
            (Reply::LuserOp, people.operators),
            (Reply::LuserUnknown, people.connected - here),
            (Reply::LuserChannels, self.rooms.slab.len()),
        ] {
            self.reply_about(to, reply, count);
        }
        let rest = format_args!(":I have {here} clients and 0 servers");
        self.reply_with(to, Reply::LuserMe, rest);
        for (reply, whose) in [(Reply::LocalUsers, "local"), (Reply::GlobalUsers, "global")] {
            let rest = format_args!("{here} {most} :Current {whose} users {here}, max {most}");
            self.reply_with(to, reply, rest);
        }
    }
}
