//! The numeric replies, one row each: name, number, text.
//!
//! Names are those of the RFCs without their prefix (`ERR_NICKNAMEINUSE` is `NicknameInUse`). The
//! text is the last parameter; a row without text has one that depends on the request.

macro_rules! replies {
    ($($name:ident $number:literal $words:literal)*) => {
        /// A numeric reply of a server. RFC 2812, 5; Modern IRC, "Numerics".
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Reply {
            $(#[doc = concat!("`", stringify!($number), "` ", $words)] $name,)*
        }

        impl Reply {
            /// The number, written in place of a command with three digits.
            pub fn number(self) -> u16 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// The text for a person.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                }
            }

            /// The row with this number; when two replies share one, the first.
            pub fn from_number(number: u16) -> Option<Self> {
                ALL.iter().copied().find(|reply| reply.number() == number)
            }
        }

        /// Every row, in the order of the table.
        pub const ALL: &[Reply] = &[$(Reply::$name,)*];
    };
}

replies! {
    Welcome               1 ""
    YourHost              2 ""
    Created               3 ""
    MyInfo                4 ""
    Isupport              5 "are supported by this server"
    StatsUptime         242 ""
    StatsKline          216 ""
    EndOfStats          219 "End of STATS report"
    UserModeIs          221 ""
    Userhost            302 ""
    Ison                303 ""
    Away                301 ""
    Unaway              305 "You are no longer marked as being away"
    NowAway             306 "You have been marked as being away"
    WhoisUser           311 ""
    WhoisServer         312 ""
    WhoisOperator       313 "is an IRC operator"
    WhowasUser          314 ""
    WhoisIdle           317 "seconds idle, signon time"
    WhoisChannels       319 ""
    WhoisBot            335 "is a bot"
    WhoisCertificate    276 "has client certificate fingerprint"
    WhoisHost           378 ""
    WhoisSecure         671 "is using a secure connection"
    EndOfWhois          318 "End of WHOIS list"
    EndOfWho            315 "End of WHO list"
    ListStart           321 "Users  Name"
    List                322 ""
    ListEnd             323 "End of LIST"
    ChannelModeIs       324 ""
    CreationTime        329 ""
    NoTopic             331 "No topic is set"
    Topic               332 ""
    TopicWhoTime        333 ""
    InviteList          336 ""
    EndOfInviteList     337 "End of INVITE list"
    Inviting            341 ""
    InvexList           346 ""
    EndOfInvexList      347 "End of channel invite exception list"
    ExceptList          348 ""
    EndOfExceptList     349 "End of channel exception list"
    Version             351 ""
    WhoReply            352 ""
    NamReply            353 ""
    WhoxReply           354 ""
    EndOfLinks          365 "End of LINKS list"
    EndOfNames          366 "End of NAMES list"
    BanList             367 ""
    EndOfBanList        368 "End of channel ban list"
    EndOfWhowas         369 "End of WHOWAS"
    Info                371 ""
    EndOfInfo           374 "End of INFO list"
    Motd                372 ""
    MotdStart           375 ""
    EndOfMotd           376 "End of MOTD"
    YoureOper           381 "You are now an IRC operator"
    Rehashing           382 "Rehashing"
    Time                391 ""
    LoggedIn            900 ""
    LoggedOut           901 "You are now logged out"
    SaslSuccess         903 "You are now logged in"
    SaslFail            904 "Wrong account name or password"
    SaslTooLong         905 "This SASL message is too long"
    SaslAborted         906 "SASL authentication aborted"
    SaslMechanisms      908 "are the available SASL mechanisms"
    WhoisAccount        330 "is logged in as"
    LuserClient         251 ""
    LuserOp             252 "operator(s) online"
    LuserUnknown        253 "unknown connection(s)"
    LuserChannels       254 "channels formed"
    LuserMe             255 ""
    LocalUsers          265 ""
    GlobalUsers         266 ""
    TooManyMatches      416 "Too many matches: the list is not complete"
    UnknownError        400 ""
    NoSuchNick          401 "No such nick"
    NoSuchServer        402 "No such server"
    NoSuchChannel       403 "No such channel"
    CannotSendToChan    404 ""
    TooManyChannels     405 "You are on too many channels"
    WasNoSuchNick       406 "No user had this nick"
    TooManyTargets      407 "Too many targets"
    NoOrigin            409 "No origin specified"
    InvalidCapCommand   410 "Invalid CAP command"
    NoRecipient         411 ""
    NoTextToSend        412 "No text to send"
    BadMask             415 "Invalid mask"
    InputTooLong        417 "Input line was too long"
    UnknownCommand      421 "Unknown command"
    NoMotd              422 "There is no message of the day"
    NoNicknameGiven     431 "No nickname given"
    ErroneousNickname   432 ""
    NicknameInUse       433 "This nick is in use"
    BanOnChan           435 "You cannot change your nick while you are muted on a channel"
    NickTooFast         438 ""
    UserNotInChannel    441 "This user is not on that channel"
    NotOnChannel        442 "You are not on that channel"
    UserOnChannel       443 "is already on channel"
    NotRegistered       451 "You have not registered"
    NeedMoreParams      461 "Not enough parameters"
    AlreadyRegistered   462 "You are already registered"
    PasswdMismatch      464 "Password missing or incorrect"
    YoureBannedCreep    465 ""
    InvalidUsername     468 "Your username is not valid"
    ChannelIsFull       471 "Cannot join channel (+l): it is full"
    UnknownMode         472 "is not a mode of this server"
    InviteOnlyChan      473 "Cannot join channel (+i): invite only"
    BannedFromChan      474 "Cannot join channel (+b): you are banned"
    BadChannelKey       475 "Cannot join channel (+k): wrong key"
    BadChanMask         476 "Invalid channel name"
    NeedReggedNick      477 "Cannot join channel (+R): log in to an account first"
    BanListFull         478 "The list of this channel is full"
    ThrottleExceeded    480 ""
    NoPrivileges        481 "Permission denied: you are not an operator of this server"
    ChanOpPrivsNeeded   482 "You are not an operator of that channel"
    UnknownModeFlag     501 "Unknown user mode"
    UsersDontMatch      502 "Cannot change mode for other users"
    HelpNotFound        524 "No help on this subject"
    InvalidKey          525 "Invalid key"
    InvalidModeParam    696 ""
    HelpStart           704 ""
    HelpText            705 ""
    EndOfHelp           706 "End of HELP"
    MonitorOnline       730 ""
    MonitorOffline      731 ""
    MonitorList         732 ""
    EndOfMonitorList    733 "End of MONITOR list"
    MonitorListFull     734 "Monitor list is full"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rows_share_a_number() {
        for reply in ALL {
            assert_eq!(Reply::from_number(reply.number()), Some(*reply));
        }
        assert_eq!(Reply::from_number(999), None);
    }
}
