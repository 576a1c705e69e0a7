//! hyper by itself: a current-thread runtime and a listener for each thread, a match on method and path.

use bytes::Bytes;
use given::{Given, Products, fail};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;
use std::net::TcpListener;
use std::thread;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Pages = HashMap<&'static str, (HeaderValue, Bytes)>;

/// Checked once, so that a request need not.
fn pages(products: &'static Products) -> Pages {
    let page = |etag: &'static str| HeaderValue::from_str(etag).unwrap_or_else(|error| fail(error));
    products.iter().map(|(id, product)| (id.as_str(), (page(&product.etag), product.json.clone()))).collect()
}

fn answer(request: &Request<Incoming>, pages: &Pages) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    let path = request.uri().path();
    if request.method() != Method::GET {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    } else if path == "/hello" {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        *response.body_mut() = Full::new(Bytes::from_static(b"Hello"));
    } else if let Some((etag, json)) = path.strip_prefix("/v1/products/").and_then(|id| pages.get(id)) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().insert(ETAG, etag.clone());
        *response.body_mut() = Full::new(json.clone());
    } else {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

async fn accept(listener: TcpListener, pages: &'static Pages) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap_or_else(|error| fail(error));
    let mut http = http1::Builder::new();
    http.pipeline_flush(true).title_case_headers(true);
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let serve = service_fn(move |request| ready(Ok::<_, Infallible>(answer(&request, pages))));
        tokio::spawn(http.serve_connection(TokioIo::new(stream), serve));
    }
}

fn main() {
    let given = Given::from_arguments();
    let pages: &'static Pages = Box::leak(Box::new(pages(given.products())));
    let listeners: Vec<TcpListener> = (0..given.threads).map(|_| given.shared_listener()).collect();
    thread::scope(|scope| {
        for listener in listeners {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
                runtime.unwrap_or_else(|error| fail(error)).block_on(accept(listener, pages));
            });
        }
    });
}
