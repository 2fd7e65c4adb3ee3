//! The HTTP client below kube's: the layers kube itself would put, over connections made for what runs here.
//!
//! kube's own connector leaves Nagle's algorithm on, so that a small write waits for the acknowledgement of the one
//! before it (up to 40 ms on a forwarded connection), and hands rustls the bare socket, which rustls reads 4 KiB at a
//! time. Here a write leaves at once, and reads go through a buffer.

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Builder;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::{Client, Config};
use std::io::{IoSlice, Result as IoResult};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tower::{BoxError, ServiceBuilder, ServiceExt as _};
use tower_http::decompression::DecompressionLayer;

/// What is read from a socket at once: two full TLS records.
const READ: usize = 32 * 1024;

/// The client of a configuration whose credentials are at hand. Reads the files that it names, synchronously.
///
/// Through a proxy kube's own connections are used.
pub(crate) fn client(config: Config) -> kube::Result<Client> {
    if config.proxy_url.is_some() {
        return Client::try_from(config);
    }
    let mut sockets = HttpConnector::new();
    sockets.enforce_http(false);
    sockets.set_nodelay(true);
    let buffered: fn(TokioIo<TcpStream>) -> Socket = Socket::over;
    let secured = config.rustls_https_connector_with_connector(sockets.map_response(buffered))?;
    let mut timed = TimeoutConnector::new(secured);
    timed.set_connect_timeout(config.connect_timeout);
    timed.set_read_timeout(config.read_timeout);
    timed.set_write_timeout(config.write_timeout);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(Builder::new(TokioExecutor::new()).build::<_, Body>(timed));
    Ok(ClientBuilder::new(service, config.default_namespace).build())
}

/// A connection that is read through a buffer.
struct Socket(TokioIo<BufReader<TcpStream>>);

impl Socket {
    fn over(io: TokioIo<TcpStream>) -> Self {
        let reader = BufReader::with_capacity(READ, io.into_inner());
        Self(TokioIo::new(reader))
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        self.0.inner().get_ref().connected()
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<IoResult<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
