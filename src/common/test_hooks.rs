//! Failures that the tests cause on purpose in a running program.

/// Panics when `CHATROOM_TEST_PANIC` names this thread and the input is the line "panic". Release
/// builds never do.
pub fn panic_if_requested(thread: &str, input: &str) {
    let is_requested = || std::env::var("CHATROOM_TEST_PANIC").is_ok_and(|name| name == thread);
    if cfg!(debug_assertions) && input == "panic" && is_requested() {
        panic!("a test requested a panic in the {thread}");
    }
}
