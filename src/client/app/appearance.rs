//! Decides on colors and on how much to show, from the options and the environment.

use std::io::{self, IsTerminal};
use std::sync::Once;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::client::config::file::Config;
use crate::client::config::options::{ClientOptions, ColorChoice};
use crate::client::session::CertificateFacts;
use crate::client::terminal::stderr;
use crate::client::ui::questions::certificate_lines;
use crate::client::view::{Renderer, Verbosity};
use crate::common::time_zone::local_time_zone;

/// The renderer for what happened earlier or elsewhere: the log, and the events of another session.
pub(super) fn replay_renderer(options: &ClientOptions, config: &Config) -> Renderer {
    let color = has_color(options.color(), &io::stdout());
    renderer(color, verbosity(options, true), config)
}

/// The renderer of a session. `edits` says whether the editor draws the screen, `interactive`
/// whether a user types the lines.
pub(super) fn session_renderer(
    options: &ClientOptions,
    config: &Config,
    edits: bool,
    interactive: bool,
) -> Renderer {
    let color = has_color(options.color(), &io::stdout()) && (edits || !interactive);
    renderer(color, verbosity(options, interactive), config)
}

fn renderer(color: bool, verbosity: Verbosity, config: &Config) -> Renderer {
    Renderer::new(
        color,
        verbosity,
        time_zone(),
        config.display_settings.clone(),
    )
}

/// Reports a warning on standard error, in red where that has colors.
pub(super) fn report_warning(message: &str, options: &ClientOptions, config: &Config) {
    let color = has_color(options.color(), &io::stderr());
    let renderer = renderer(color, verbosity(options, true), config);
    let line = stderr::format_report(None, message);
    stderr::write_report(&renderer.warning(line.trim_end()));
}

/// Shows on standard error what the certificate of a server says of itself.
pub(super) fn describe_certificate(facts: &CertificateFacts) {
    let zone = time_zone();
    let date = |seconds| match Timestamp::from_second(seconds) {
        Ok(time) => time.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string(),
        Err(_) => "?".to_owned(),
    };
    for line in certificate_lines(facts, date) {
        stderr::report(&line);
    }
}

/// Whether to use colors: <https://no-color.org>, <https://bixense.com/clicolors>.
fn has_color(choice: ColorChoice, output: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_on = |name: &str| is_set(name) && std::env::var_os(name).is_some_and(|v| v != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_on("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => {
            output.is_terminal() && std::env::var_os("CLICOLOR").is_none_or(|v| v != "0")
        }
    }
}

fn verbosity(options: &ClientOptions, interactive: bool) -> Verbosity {
    match (options.quiet, options.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ if interactive => Verbosity::Normal,
        _ => Verbosity::Script,
    }
}

/// The time zone in which times are shown. An unknown zone in `TZ` is reported once; then times are
/// in UTC.
pub(super) fn time_zone() -> TimeZone {
    static REPORT: Once = Once::new();
    let unknown = |_| {
        if let Some(name) = std::env::var_os("TZ") {
            REPORT.call_once(|| {
                let name = name.display();
                stderr::report(&format!(
                    "TZ={name} is not a known time zone. Times are shown in UTC."
                ));
            });
        }
        TimeZone::UTC
    };
    local_time_zone().unwrap_or_else(unknown)
}
