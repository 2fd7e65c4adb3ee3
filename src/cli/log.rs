//! The log: to a file, and only where one is asked for, because the screen and the answer must stay clean.

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::client::LOG_DIRECTIVES;
use std::fs::OpenOptions;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// Starts logging to `--log-file`, if it is given.
pub fn start(global: &Global) -> Result<(), Failure> {
    let Some(path) = &global.log_file else {
        return Ok(());
    };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let file = file.map_err(|error| {
        Failure::new(format!(
            "the log file {} cannot be written: {error}; pass another with --log-file",
            path.display()
        ))
    })?;
    let quiet = LOG_DIRECTIVES
        .iter()
        .filter_map(|text| text.parse::<Directive>().ok());
    let filter = quiet.fold(
        EnvFilter::new(global.log_level.word()),
        EnvFilter::add_directive,
    );
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file));
    // A second log in one process (tests) keeps the first.
    let _ = logging.try_init();
    Ok(())
}
