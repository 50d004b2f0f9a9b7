//! Stored inputs as text: one per line, with everything but ASCII letters escaped.

/// One input as a line.
pub(crate) fn pack(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// The input that was packed as this line.
pub(crate) fn unpack(line: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'x') => {
                    let digits: String = rest.by_ref().take(2).map(char::from).collect();
                    u8::from_str_radix(&digits, 16).expect("two digits after \\x")
                }
                Some(other) => other,
                None => panic!("an escape of nothing"),
            },
            byte => byte,
        });
    }
    bytes
}
