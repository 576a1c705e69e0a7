//! The study's raw Tokio program: looks for the end of a head and writes a constant. No method, no path, no version.

use given::study::{CLOSED, HEAD_LIMIT, KEPT, find, wants_close};
use given::{Given, fail};
use std::io::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn serve(mut stream: TcpStream) -> Result<()> {
    let mut buffer = [0; 512];
    let mut request: Vec<u8> = Vec::new();
    loop {
        let size = stream.read(&mut buffer).await?;
        if size == 0 || request.len() > HEAD_LIMIT {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..size]);
        while let Some(end) = find(&request, b"\r\n\r\n") {
            let closes = wants_close(&request[..end + 2]);
            stream.write_all(if closes { CLOSED } else { KEPT }).await?;
            if closes {
                return Ok(());
            }
            request.drain(..end + 4);
        }
    }
}

async fn accept(given: &Given) -> Result<()> {
    let listener = TcpListener::bind(given.address()).await?;
    loop {
        // A connection that died in the backlog, or no descriptor for it: the others go on.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    }
}

fn main() {
    let given = Given::from_arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(given.threads)
        .max_io_events_per_tick(5120)
        .enable_all()
        .build()
        .unwrap_or_else(|error| fail(error));
    runtime.block_on(accept(&given)).unwrap_or_else(|error| fail(error));
}
