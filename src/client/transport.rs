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
use tokio::net::TcpStream;
use tokio_util::bytes::{Buf as _, BytesMut};
use tokio_util::io::poll_read_buf;
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

/// A socket that is read ahead of those who ask for less. Holds no buffer while nothing comes: most connections of a
/// watcher, and of a forward, are idle.
struct Socket {
    stream: TokioIo<TcpStream>,
    kept: BytesMut,
}

impl Socket {
    fn over(stream: TokioIo<TcpStream>) -> Self {
        Self {
            stream,
            kept: BytesMut::new(),
        }
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<IoResult<()>> {
        let Self { stream, kept } = &mut *self;
        if kept.is_empty() {
            if into.remaining() >= READ {
                return Pin::new(stream).poll_read(context, into);
            }
            kept.reserve(READ);
            match poll_read_buf(Pin::new(stream.inner_mut()), context, kept) {
                Poll::Ready(Ok(_)) => {}
                not_read => {
                    *kept = BytesMut::new();
                    return not_read.map_ok(|_| ());
                }
            }
        }
        let taken = kept.len().min(into.remaining());
        into.put_slice(kept.get(..taken).unwrap_or_default());
        kept.advance(taken);
        if kept.is_empty() {
            *kept = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{READ, Socket};
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn every_byte_comes_once_however_much_is_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("its address");
        let sent: Vec<u8> = (0..u8::MAX).cycle().take(5 * READ + 7).collect();
        let all = sent.clone();
        let sending = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            for piece in all.chunks(1 << 13) {
                stream.write_all(piece).await.expect("a write");
            }
        });
        let stream = TcpStream::connect(address).await.expect("a connection");
        let mut ahead = TokioIo::new(Socket::over(TokioIo::new(stream)));
        let mut read = Vec::new();
        for size in [1, 5, 4096, 100, 2 * READ, 3].into_iter().cycle() {
            let mut buffer = vec![0; size];
            let length = ahead.read(&mut buffer).await.expect("a read");
            if length == 0 {
                break;
            }
            read.extend_from_slice(buffer.get(..length).expect("what was read"));
        }
        sending.await.expect("all sent");
        assert!(read == sent, "{} bytes of {}", read.len(), sent.len());
        assert_eq!(
            ahead.inner().kept.capacity(),
            0,
            "nothing is held while idle"
        );
    }
}
