//! hyper at its best: a current-thread runtime and a listener of its own for each thread. And the product pages in the form
//! in which hyper's answers take them.

use bytes::Bytes;
use given::{Given, Products, fail};
use hyper::body::{Body, Incoming};
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::error::Error;
use std::net::TcpListener;
use std::thread;

type Failure = Box<dyn Error + Send + Sync>;

/// Entity-tag and JSON of a product, by its id.
pub type Pages = HashMap<&'static str, (HeaderValue, Bytes)>;

/// Checked once, so that a request need not.
pub fn pages(products: &'static Products) -> &'static Pages {
    let tag = |etag: &'static str| HeaderValue::from_str(etag).unwrap_or_else(|error| fail(error));
    let pages = products.iter().map(|(id, product)| (id.as_str(), (tag(&product.etag), product.json.clone())));
    Box::leak(Box::new(pages.collect()))
}

async fn accept<S, B>(listener: TcpListener, service: S)
where
    S: HttpService<Incoming, ResBody = B, Error: Into<Failure>, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Failure>> + Send + 'static,
{
    let listener = tokio::net::TcpListener::from_std(listener).unwrap_or_else(|error| fail(error));
    let mut http = http1::Builder::new();
    http.pipeline_flush(true).title_case_headers(true);
    loop {
        // A connection that died in the backlog, or no descriptor for it: the others go on.
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service.clone()));
    }
}

/// Serves on all threads, each with a service of its own; never returns.
pub fn serve<S, B>(given: &Given, service: impl Fn() -> S + Sync)
where
    S: HttpService<Incoming, ResBody = B, Error: Into<Failure>, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Failure>> + Send + 'static,
{
    let listeners: Vec<TcpListener> = (0..given.threads).map(|_| given.shared_listener()).collect();
    thread::scope(|scope| {
        for listener in listeners {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
                runtime.unwrap_or_else(|error| fail(error)).block_on(accept(listener, service()));
            });
        }
    });
}
