//! The `portolan` binary: hands the arguments to [`portolan::cli`] and ends with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Only panics are reported through it; what a user did wrong is one sentence.
    let hooked = color_eyre::install();
    debug_assert!(hooked.is_ok());
    ExitCode::from(portolan::cli::run(std::env::args_os()))
}
