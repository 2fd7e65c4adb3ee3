//! Opens a stream to a port of a pod through the API server.

use crate::client::error::ConnectError;
use crate::client::fetch::encode;
use crate::client::http::refusal;
use crate::client::{Connection, Fault};
use crate::forward::cause::Cause;
use crate::forward::pick::Choice;
use crate::tunnel::forward::pair::Tunnel;
use crate::tunnel::forward::pool::Pool;
use crate::tunnel::forward::stream::Stream;
use crate::tunnel::forward::{channel, pair, websocket};
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

/// How long an idle tunnel may take to show that it still lives, before a new one is opened.
const REVIVAL: Duration = Duration::from_secs(2);

/// Opens a stream, over a tunnel that waits where there is one.
pub(super) async fn dial(
    connection: &Connection,
    pool: &Pool,
    choice: &Choice,
    within: Duration,
) -> Result<Stream, Cause> {
    while let Some(mut tunnel) = pool.take(choice).await {
        let begun = Instant::now();
        // Nothing has been sent yet: one that has died unnoticed does no harm.
        if tunnel
            .connect(choice.port, within.min(REVIVAL))
            .await
            .is_ok()
        {
            return Ok(Stream::of_tunnel(tunnel, begun.elapsed(), true));
        }
    }
    dial_anew(connection, choice, within).await
}

/// Opens a stream over a WebSocket of its own; credentials that are refused are renewed once.
async fn dial_anew(
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
    let (upgraded, transport) = match tokio::time::timeout(within, dialling).await {
        Err(_) => return Err(Cause::TimedOut),
        Ok(Err(fault)) => return Err(cause_of(fault)),
        Ok(Ok(upgraded)) => upgraded,
    };
    let socket = websocket::open(upgraded).await;
    if transport == Transport::Channel {
        let halves = channel::over(socket, choice.port);
        return Ok(Stream::of_channel(halves, begun.elapsed()));
    }
    let mut tunnel = Tunnel::over(socket);
    tunnel.connect(choice.port, within).await?;
    Ok(Stream::of_tunnel(tunnel, begun.elapsed(), false))
}

/// What runs in the WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Tunnel,
    Channel,
}

async fn upgrade(
    connection: &Connection,
    choice: &Choice,
    within: Duration,
) -> Result<(hyper::upgrade::Upgraded, Transport), Fault> {
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
        .header(
            header::SEC_WEBSOCKET_PROTOCOL,
            format!("{}, {}", pair::PROTOCOL, channel::PROTOCOL),
        )
        .body(Body::empty())
        .map_err(|error| Fault::Garbled(error.to_string()))?;
    let sent = client.send(request).await;
    let response = sent.map_err(|error| Fault::Connection(connection.site().judge(&error)))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refusal(connection.site(), response, within).await);
    }
    let transport = check(&response, &key)?;
    match hyper::upgrade::on(response).await {
        Ok(upgraded) => Ok((upgraded, transport)),
        Err(error) => Err(Fault::Connection(connection.site().judge(&error))),
    }
}

/// RFC 6455 §4.1: the server must show that it understood the request, and picks one of the protocols offered.
fn check(response: &Response<Body>, key: &str) -> Result<Transport, Fault> {
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
    if is(header::SEC_WEBSOCKET_PROTOCOL, pair::PROTOCOL) {
        Ok(Transport::Tunnel)
    } else if is(header::SEC_WEBSOCKET_PROTOCOL, channel::PROTOCOL) {
        Ok(Transport::Channel)
    } else {
        Err(Fault::Garbled(format!(
            "it offers neither {} nor {}",
            pair::PROTOCOL,
            channel::PROTOCOL
        )))
    }
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
