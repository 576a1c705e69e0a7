//! axum's router on hyper: a current-thread runtime and a listener for each thread.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use given::{Given, Products, fail};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
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

async fn hello() -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))], Bytes::from_static(b"Hello"))
}

async fn product(Path(id): Path<String>, State(pages): State<&'static Pages>) -> impl IntoResponse {
    let (etag, json) = pages.get(id.as_str()).ok_or(StatusCode::NOT_FOUND)?;
    let fields = [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (ETAG, etag.clone())];
    Ok::<_, StatusCode>((fields, json.clone()))
}

async fn accept(listener: TcpListener, router: Router) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap_or_else(|error| fail(error));
    let mut http = http1::Builder::new();
    http.pipeline_flush(true).title_case_headers(true);
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone())));
    }
}

fn main() {
    let given = Given::from_arguments();
    let pages: &'static Pages = Box::leak(Box::new(pages(given.products())));
    let listeners: Vec<TcpListener> = (0..given.threads).map(|_| given.shared_listener()).collect();
    thread::scope(|scope| {
        for listener in listeners {
            scope.spawn(move || {
                let router =
                    Router::new().route("/hello", get(hello)).route("/v1/products/{id}", get(product)).with_state(pages);
                let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
                runtime.unwrap_or_else(|error| fail(error)).block_on(accept(listener, router));
            });
        }
    });
}
