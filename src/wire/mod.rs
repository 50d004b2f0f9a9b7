//! What travels between client and server: lines of bytes, and what they mean in IRC.
//!
//! Both sides are built on this folder; it knows neither of them, no socket and no clock.
//! IRC is read here as the Modern IRC Client Protocol document tells it, with the message tags of
//! IRCv3. `lines` cuts the stream, `message` takes a line apart, `request` and `reply` say what a
//! line from a client or from a server means, `name` decides which names are the same.

pub mod encoding;
pub mod isupport;
pub mod lines;
pub mod mask;
pub mod message;
pub mod name;
pub mod outgoing;
pub mod reply;
pub mod request;

pub use lines::{Line, Lines};
pub use message::{Message, MessageError};
pub use name::{FoldedName, Nick, RoomName};
pub use reply::Reply;
pub use request::{Request, RequestError};
