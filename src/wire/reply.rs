//! The numbered replies, one row each: name, number, words.
//!
//! Names are those of the RFCs without their prefix (`ERR_NICKNAMEINUSE` is `NicknameInUse`). The
//! words are what stands behind the last colon when the server has nothing more to say there; a
//! row without words is one whose last parameter is always made on the spot.

macro_rules! replies {
    ($($name:ident $number:literal $words:literal)*) => {
        /// What a server answers with a number. RFC 2812, 5; Modern IRC, "Numerics".
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Reply {
            $(#[doc = concat!("`", stringify!($number), "` ", $words)] $name,)*
        }

        impl Reply {
            /// The number that stands in place of a command, always written with three digits.
            pub fn number(self) -> u16 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// The words for a person.
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
    Userhost            302 ""
    Away                301 ""
    Unaway              305 "You are no longer marked as being away"
    NowAway             306 "You have been marked as being away"
    WhoisUser           311 ""
    WhoisServer         312 ""
    WhoisIdle           317 "seconds idle, signon time"
    WhoisChannels       319 ""
    EndOfWhois          318 "End of WHOIS list"
    EndOfWho            315 "End of WHO list"
    ListStart           321 "Users  Name"
    List                322 ""
    ListEnd             323 "End of LIST"
    NoTopic             331 "No topic is set"
    Topic               332 ""
    TopicWhoTime        333 ""
    Version             351 ""
    WhoReply            352 ""
    NamReply            353 ""
    EndOfNames          366 "End of NAMES list"
    Motd                372 ""
    MotdStart           375 ""
    EndOfMotd           376 "End of MOTD"
    Time                391 ""
    LuserClient         251 ""
    LuserOp             252 "operator(s) online"
    LuserUnknown        253 "unknown connection(s)"
    LuserChannels       254 "channels formed"
    LuserMe             255 ""
    LocalUsers          265 ""
    GlobalUsers         266 ""
    UnknownError        400 ""
    NoSuchNick          401 "No such nick"
    NoSuchServer        402 "No such server"
    NoSuchChannel       403 "No such channel"
    CannotSendToChan    404 "Cannot send to channel"
    TooManyChannels     405 "You have joined too many channels"
    TooManyTargets      407 "Too many targets"
    NoOrigin            409 "No origin specified"
    InvalidCapCommand   410 "Invalid CAP command"
    NoRecipient         411 ""
    NoTextToSend        412 "No text to send"
    InputTooLong        417 "Input line was too long"
    UnknownCommand      421 "Unknown command"
    NoMotd              422 "There is no message of the day"
    NoNicknameGiven     431 "No nickname given"
    ErroneousNickname   432 ""
    NicknameInUse       433 "Nickname is already in use"
    NotOnChannel        442 "You're not on that channel"
    NotRegistered       451 "You have not registered"
    NeedMoreParams      461 "Not enough parameters"
    AlreadyRegistered   462 "You may not reregister"
    PasswdMismatch      464 "Password incorrect"
    InvalidUsername     468 "Your username is not valid"
    BadChanMask         476 "Bad Channel Mask"
    ChanOpPrivsNeeded   482 "You're not a channel operator"
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
