//! One HTTP request to the API server: sent, judged, and its body read piece by piece, all under deadlines.

use crate::client::error::ConnectError;
use crate::client::fault::{Fault, Site};
use crate::client::text::one_line;
use ::http::{Request, Response, StatusCode, header};
use futures::future::poll_fn;
use hyper::body::{Body as _, Bytes};
use kube::Client;
use kube::client::Body;
use std::pin::Pin;
use std::time::Duration;

/// Longest body of a refusal that is read.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// How large a single answer that is held as a whole may be.
pub const LARGEST_WHOLE: usize = 64 * 1024 * 1024;

/// A body that is being read.
pub struct Pieces {
    body: Body,
    site: Site,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces")
            .field("server", &self.site.server)
            .finish_non_exhaustive()
    }
}

impl Pieces {
    /// The next piece; `None` at the end of the body. Silence longer than `idle` is a fault.
    pub async fn next(&mut self, idle: Duration) -> Result<Option<Bytes>, Fault> {
        loop {
            let frame = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx));
            match tokio::time::timeout(idle, frame).await {
                Err(_) => {
                    return Err(Fault::Connection(ConnectError::TimedOut {
                        server: self.site.server.clone(),
                        within: idle,
                    }));
                }
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(Fault::Connection(self.site.judge(&error))),
                Ok(Some(Ok(frame))) => {
                    // Trailers are no data.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The rest of the body, up to `most` bytes.
    pub async fn rest(mut self, most: usize, idle: Duration) -> Result<Vec<u8>, Fault> {
        let mut all = Vec::new();
        while let Some(piece) = self.next(idle).await? {
            if all.len() + piece.len() > most {
                return Err(Fault::Garbled(format!(
                    "the answer is longer than {most} bytes"
                )));
            }
            all.extend_from_slice(&piece);
        }
        Ok(all)
    }
}

/// Sends a request and waits for the head of its answer, at most `within`. Any status but success is a fault.
pub async fn send(
    client: &Client,
    site: &Site,
    request: Request<Vec<u8>>,
    within: Duration,
) -> Result<Pieces, Fault> {
    let answer = tokio::time::timeout(within, client.send(request.map(Body::from))).await;
    let response = match answer {
        Err(_) => {
            return Err(Fault::Connection(ConnectError::TimedOut {
                server: site.server.clone(),
                within,
            }));
        }
        Ok(Err(error)) => return Err(Fault::Connection(site.judge(&error))),
        Ok(Ok(response)) => response,
    };
    if response.status().is_success() {
        return Ok(Pieces {
            body: response.into_body(),
            site: site.clone(),
        });
    }
    Err(refusal(site, response, within).await)
}

/// A GET request for JSON.
pub fn get(path: &str, accept: &str) -> Result<Request<Vec<u8>>, Fault> {
    Request::get(path)
        .header(header::ACCEPT, accept)
        .body(Vec::new())
        .map_err(|error| Fault::Garbled(one_line(&error.to_string())))
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Status {
    message: Option<String>,
    details: Option<Details>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    retry_after_seconds: Option<u64>,
}

/// What an answer means that is not the one asked for; its body is read for the server's words.
pub async fn refusal(site: &Site, response: Response<Body>, within: Duration) -> Fault {
    let code = response.status();
    let header = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse::<u64>().ok());
    let pieces = Pieces {
        body: response.into_body(),
        site: site.clone(),
    };
    let body = pieces
        .rest(LONGEST_REFUSAL, within)
        .await
        .unwrap_or_default();
    let status = serde_json::from_slice::<Status>(&body).ok();
    let message = match &status {
        Some(status) => one_line(status.message.as_deref().unwrap_or_default()),
        // A page of a proxy or a load balancer: its title is not worth the risk of showing its markup.
        None if body.first() == Some(&b'<') => String::from("(an HTML page)"),
        None => one_line(&String::from_utf8_lossy(&body)),
    };
    let wait = status
        .and_then(|status| status.details)
        .and_then(|details| details.retry_after_seconds)
        .or(header)
        .map(Duration::from_secs);
    judge_status(code, message, wait)
}

/// What a refusal means by its code.
pub fn judge_status(code: StatusCode, message: String, wait: Option<Duration>) -> Fault {
    match code {
        StatusCode::UNAUTHORIZED => Fault::Unauthorised,
        StatusCode::FORBIDDEN => Fault::Forbidden(message),
        StatusCode::NOT_FOUND => Fault::NotFound(message),
        StatusCode::GONE => Fault::Expired,
        StatusCode::TOO_MANY_REQUESTS => Fault::Busy(wait),
        StatusCode::SERVICE_UNAVAILABLE if wait.is_some() => Fault::Busy(wait),
        other => Fault::Refused(other.as_u16(), message),
    }
}
