//! Shows a URL in the user's browser.

use std::process::Stdio;
use tokio::process::Command;

/// The program that opens a URL: `$BROWSER` where it is set, else the system's.
fn program() -> String {
    let own = std::env::var("BROWSER").unwrap_or_default();
    // A list of programs is a custom that few follow: the first of it.
    let first = own.split(':').next().unwrap_or_default().trim().to_owned();
    if !first.is_empty() {
        return first;
    }
    if cfg!(target_os = "macos") {
        "open".to_owned()
    } else {
        "xdg-open".to_owned()
    }
}

/// Opens a URL that Portolan has made itself; says what was done, or why not and what the URL is. The program is
/// started without a shell and without the terminal.
pub(super) async fn show(url: String) -> Result<String, String> {
    let program = program();
    let mut command = Command::new(&program);
    command
        .arg(&url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.status().await {
        Ok(status) if status.success() => Ok(format!("opened {url}")),
        Ok(_) => Err(format!("{url} could not be opened by {program}")),
        Err(error) => Err(format!(
            "{url} is not opened: {program} cannot be run: {error}"
        )),
    }
}
