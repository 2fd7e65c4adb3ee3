//! Credentials: plugins are run once, off the terminal; one that insists on asking is run while the screen is away.

use crate::client::error::ConnectError;
use crate::client::fault::{Plugin, Site, last_words};
use crate::client::text::one_line;
use crate::client::transport;
use jiff::Timestamp;
use kube::client::AuthError;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use kube::{Client, Config};
use serde::Deserialize;
use std::process::Stdio;
use std::time::Duration;

/// How long a credential plugin may take when nobody is asked anything.
pub const PLUGIN_PATIENCE: Duration = Duration::from_mins(1);

/// What is to be told of the plugin of a user, if it has one.
pub(crate) fn plugin_of(user: &AuthInfo) -> Option<Plugin> {
    let exec = user.exec.as_ref()?;
    Some(Plugin {
        command: one_line(exec.command.as_deref().unwrap_or_default()),
        hint: one_line(exec.install_hint.as_deref().unwrap_or_default()),
        may_prompt: exec.interactive_mode != Some(ExecInteractiveMode::Never),
    })
}

/// In whose hands the terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// A screen may be up: nothing may touch the terminal.
    Taken,
    /// The credential plugin may ask.
    Free,
}

/// Builds the client of a configuration whose credentials have been [obtained](obtain).
pub(crate) async fn build(config: Config, site: &Site) -> Result<Client, ConnectError> {
    // Certificates are read from files, and the gcp provider runs a program: synchronously.
    let building = tokio::task::spawn_blocking(move || transport::client(config));
    match tokio::time::timeout(PLUGIN_PATIENCE, building).await {
        Ok(Ok(Ok(client))) => Ok(client),
        Ok(Ok(Err(error))) => Err(judge_build(&error, site)),
        Ok(Err(_)) => Err(ConnectError::Credentials {
            context: site.context.clone(),
            why: String::from("building the client failed"),
        }),
        Err(_) => Err(slow(site)),
    }
}

fn slow(site: &Site) -> ConnectError {
    let command = site.plugin.as_ref().map(|plugin| plugin.command.clone());
    ConnectError::PluginSlow {
        command: command.unwrap_or_default(),
        within: PLUGIN_PATIENCE,
    }
}

fn judge_build(error: &kube::Error, site: &Site) -> ConnectError {
    let broken = |why: &str| ConnectError::ContextBroken {
        context: site.context.clone(),
        why: why.to_owned(),
    };
    match error {
        kube::Error::ProxyProtocolUnsupported { .. }
        | kube::Error::ProxyProtocolDisabled { .. } => ConnectError::Proxy {
            proxy: site.proxy.clone().unwrap_or_default(),
            server: site.server.clone(),
            why: String::from("its protocol is not one of http, https, socks5"),
        },
        kube::Error::RustlsTls(_) => {
            broken("its client certificate, key or certificate authority is not valid PEM")
        }
        kube::Error::InferKubeconfig(_) => broken("its client certificate or key cannot be read"),
        other => site.judge(other),
    }
}

#[derive(Deserialize)]
struct Credential {
    status: Option<CredentialStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

impl CredentialStatus {
    fn is_usable(&self) -> bool {
        self.token.is_some()
            || self.client_certificate_data.is_some() && self.client_key_data.is_some()
    }
}

/// Runs the credential plugin of a configuration, once, and puts what it answers in its place. Answers when that
/// runs out, where the plugin says so.
///
/// kube itself would run it several times for each client, with the terminal in its hands.
pub(crate) async fn obtain(
    config: &mut Config,
    site: &Site,
    terminal: Terminal,
) -> Result<Option<Timestamp>, ConnectError> {
    let Some(exec) = config.auth_info.exec.clone() else {
        return Ok(None);
    };
    if terminal == Terminal::Taken && exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(ConnectError::PluginNeedsTerminal {
            command: one_line(exec.command.as_deref().unwrap_or_default()),
            context: site.context.clone(),
        });
    }
    let mut command = command(&exec, terminal);
    let started = command
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| site.judge(&AuthError::AuthExecStart(error)))?;
    let finished = started.wait_with_output();
    let output = match terminal {
        Terminal::Free => finished.await,
        Terminal::Taken => tokio::time::timeout(PLUGIN_PATIENCE, finished)
            .await
            .map_err(|_| slow(site))?,
    };
    let output = output.map_err(|error| site.judge(&AuthError::AuthExecStart(error)))?;
    let failed = |stderr: String| ConnectError::PluginFailed {
        command: one_line(exec.command.as_deref().unwrap_or_default()),
        status: output.status.to_string(),
        stderr,
        may_prompt: exec.interactive_mode != Some(ExecInteractiveMode::Never),
    };
    if !output.status.success() {
        return Err(failed(last_words(&output.stderr)));
    }
    let status = parse(&output.stdout)
        .filter(CredentialStatus::is_usable)
        .ok_or_else(|| failed(String::from("its output holds no credentials")))?;
    let until = status
        .expiration_timestamp
        .as_deref()
        .and_then(|text| text.parse().ok());
    take(&mut config.auth_info, status);
    Ok(until)
}

/// JSON as a rule; YAML is as good to kubectl.
fn parse(stdout: &[u8]) -> Option<CredentialStatus> {
    let text = std::str::from_utf8(stdout).ok()?;
    let credential = serde_json::from_str::<Credential>(text)
        .ok()
        .or_else(|| serde_saphyr::from_str::<Credential>(text).ok())?;
    credential.status
}

fn command(exec: &ExecConfig, terminal: Terminal) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(exec.command.as_deref().unwrap_or_default());
    command.args(exec.args.iter().flatten());
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            command.env(name, value);
        }
    }
    match terminal {
        Terminal::Free => command.stdin(Stdio::inherit()).stderr(Stdio::inherit()),
        Terminal::Taken => command.stdin(Stdio::null()).stderr(Stdio::piped()),
    };
    let mut spec = serde_json::json!({ "interactive": terminal == Terminal::Free });
    if exec.provide_cluster_info
        && let (Some(cluster), Some(spec)) = (&exec.cluster, spec.as_object_mut())
        && let Ok(cluster) = serde_json::to_value(cluster)
    {
        spec.insert(String::from("cluster"), cluster);
    }
    let info = serde_json::json!({
        "kind": "ExecCredential",
        "apiVersion": exec.api_version,
        "spec": spec,
    });
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    command
}

fn take(user: &mut AuthInfo, status: CredentialStatus) {
    user.exec = None;
    if let Some(token) = status.token {
        user.token = Some(token.into());
    }
    if let (Some(certificate), Some(key)) = (status.client_certificate_data, status.client_key_data)
    {
        // The plugin answers PEM; a kubeconfig holds base64 of it.
        user.client_certificate_data = Some(encode(certificate.as_bytes()));
        user.client_key_data = Some(encode(key.as_bytes()).into());
    }
}

fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for i in 0..4_usize {
            let six = usize::try_from((bits >> (18 - 6 * i)) & 0x3f).unwrap_or(0);
            let letter = ALPHABET.get(six).copied().unwrap_or(b'=');
            out.push(if i <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encode;
    use crate::client::expiry::base64;

    #[test]
    fn base64_there_and_back() {
        assert_eq!(encode(b"Man"), "TWFu");
        assert_eq!(encode(b"Ma"), "TWE=");
        assert_eq!(encode(b"M"), "TQ==");
        assert_eq!(encode(b""), "");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(base64(&encode(&all)), Some(all));
    }
}
