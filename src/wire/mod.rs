//! The IRC protocol, for both sides: lines of bytes, and what they mean.
//!
//! It follows the Modern IRC Client Protocol document, with the message tags of IRCv3. `lines` cuts
//! the stream, `message` parses a line, `request` and `reply` have the tables of what clients and
//! servers send, `name` and `mask` decide which names are the same or match, `isupport` has the name
//! rules of another server, `encoding` decodes text, `sasl` is the exchange of a
//! login, `sts` says which connections must be encrypted, `once` is the tag of a message that must not
//! be relayed twice, and `outgoing` checks each line that is sent.
//!
//! It must not know either program, sockets or the clock. `client`, `server` and `common` import
//! it; it uses nothing of the crate.

pub mod encoding;
pub mod isupport;
pub mod lines;
pub mod mask;
pub mod message;
pub mod name;
pub mod once;
pub mod outgoing;
pub mod reply;
pub mod request;
pub mod sasl;
pub mod sts;

pub use lines::{Line, Lines};
pub use message::{Message, MessageError};
pub use name::{FoldedName, Nick, RoomName};
pub use reply::Reply;
pub use request::{Request, RequestError};
