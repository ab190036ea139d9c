//! A proxy between client and server that can lose what the server answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub struct Proxy {
    pub port: u16,
    /// The next answer that ends a transaction is not passed on: the connection ends instead.
    pub loses_next: Arc<AtomicBool>,
}

impl Proxy {
    /// `server`: host and port.
    pub async fn start(server: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let loses_next = Arc::new(AtomicBool::new(false));
        let lost = Arc::clone(&loses_next);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // While there is no server, there is no connection either.
                if let Ok(server) = TcpStream::connect(&server).await {
                    tokio::spawn(carry(client, server, Arc::clone(&lost)));
                }
            }
        });
        Proxy { port, loses_next }
    }
}

/// Returns, and so ends both connections, when one side ends or an answer is lost.
async fn carry(client: TcpStream, server: TcpStream, loses_next: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asked = async move { tokio::io::copy(&mut from_client, &mut to_server).await };
    let answered = async move {
        let (mut buffer, mut withheld) = (vec![0; 65_536], Vec::new());
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if !loses_next.load(Ordering::SeqCst) {
                if to_client.write_all(&buffer[..length]).await.is_err() {
                    break;
                }
                continue;
            }
            withheld.extend_from_slice(&buffer[..length]);
            let ended = |state| withheld.ends_with(&[b'Z', 0, 0, 0, 5, state]);
            let is_done = |tag: &[u8]| withheld.windows(tag.len()).any(|bytes| bytes == tag);
            if ended(b'I') && (is_done(b"SELECT ") || is_done(b"COMMIT")) {
                // It is committed, and the client will never hear of it.
                loses_next.store(false, Ordering::SeqCst);
                break;
            }
            if ended(b'I') || ended(b'T') {
                let _ = to_client.write_all(&std::mem::take(&mut withheld)).await;
            }
        }
    };
    tokio::select! { _ = asked => {}, _ = answered => {} }
}
