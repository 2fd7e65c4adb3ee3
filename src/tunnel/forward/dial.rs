//! Opens a stream to a port of a pod through the API server.

use crate::client::error::ConnectError;
use crate::client::fetch::encode;
use crate::client::http::refusal;
use crate::client::{Connection, Fault};
use crate::forward::cause::Cause;
use crate::forward::pick::Choice;
use crate::tunnel::forward::channel::{self, Incoming, Outgoing, PROTOCOL};
use http::{Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The path of a pod's port-forward.
fn path(choice: &Choice) -> String {
    format!(
        "/api/v1/namespaces/{}/pods/{}/portforward?ports={}",
        encode(choice.pod.namespace_str()),
        encode(&choice.pod.name),
        choice.port
    )
}

/// A stream that the API server has opened. Whether the pod takes the connection is not known yet: the protocol
/// only tells of a refusal, and some time after the opening.
pub(super) struct Stream {
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
    /// How long it took to open.
    pub(super) took: Duration,
}

/// Opens a stream; credentials that are refused are renewed once.
pub(super) async fn dial(
    connection: &Connection,
    choice: &Choice,
    within: Duration,
) -> Result<Stream, Cause> {
    let begun = Instant::now();
    let dialling = async {
        match upgrade(connection, choice, within).await {
            Err(Fault::Unauthorised) if connection.renew().await.unwrap_or(false) => {
                upgrade(connection, choice, within).await
            }
            other => other,
        }
    };
    let upgraded = match tokio::time::timeout(within, dialling).await {
        Err(_) => return Err(Cause::TimedOut),
        Ok(Err(fault)) => return Err(cause_of(fault)),
        Ok(Ok(upgraded)) => upgraded,
    };
    let (outgoing, incoming) = channel::open(upgraded, choice.port).await;
    Ok(Stream {
        outgoing,
        incoming,
        took: begun.elapsed(),
    })
}

async fn upgrade(
    connection: &Connection,
    choice: &Choice,
    within: Duration,
) -> Result<hyper::upgrade::Upgraded, Fault> {
    let mut client = connection.client();
    let soon = Timestamp::now() + SignedDuration::from_secs(60);
    if client.valid_until().is_some_and(|until| soon > until) {
        connection.renew().await.map_err(Fault::Connection)?;
        client = connection.client();
    }
    let key = generate_key();
    let request = Request::get(path(choice))
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key)
        .header(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL)
        .body(Body::empty())
        .map_err(|error| Fault::Garbled(error.to_string()))?;
    let sent = client.send(request).await;
    let response = sent.map_err(|error| Fault::Connection(connection.site().judge(&error)))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refusal(connection.site(), response, within).await);
    }
    check(&response, &key)?;
    let upgraded = hyper::upgrade::on(response).await;
    upgraded.map_err(|error| Fault::Connection(connection.site().judge(&error)))
}

/// RFC 6455 §4.1: the server must show that it understood the request.
fn check(response: &Response<Body>, key: &str) -> Result<(), Fault> {
    let is = |name: header::HeaderName, wanted: &str| {
        let value = response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    };
    let accept = derive_accept_key(key.as_bytes());
    let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    if !is(header::UPGRADE, "websocket") || accepted.is_none_or(|value| value != accept.as_str()) {
        return Err(Fault::Garbled(
            "its WebSocket handshake is wrong".to_owned(),
        ));
    }
    if !is(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
        return Err(Fault::Garbled(format!("it does not offer {PROTOCOL}")));
    }
    Ok(())
}

/// What a fault of the client means to a forward.
pub(super) fn cause_of(fault: Fault) -> Cause {
    match fault {
        Fault::Connection(ConnectError::TimedOut { .. }) => Cause::TimedOut,
        Fault::Connection(error) if error.wants_login() => Cause::Unauthorized(error.to_string()),
        Fault::Connection(error) => Cause::Unreachable(error.to_string()),
        Fault::Unauthorised => Cause::Unauthorized(String::new()),
        Fault::Forbidden(message) => Cause::of_status(403, &message),
        Fault::NotFound(message) => Cause::of_status(404, &message),
        Fault::Expired => Cause::of_status(410, ""),
        Fault::Busy(_) => Cause::TooBusy,
        Fault::Refused(code, message) => Cause::of_status(code, &message),
        Fault::Garbled(what) => Cause::Protocol(what),
    }
}
