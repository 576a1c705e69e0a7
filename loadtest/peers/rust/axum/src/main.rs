//! axum's router on hyper.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use given::Given;
use hyper_util::service::TowerToHyperService;
use per_core::Pages;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

async fn hello() -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))], Bytes::from_static(b"Hello"))
}

async fn product(Path(id): Path<String>, State(pages): State<&'static Pages>) -> impl IntoResponse {
    let (etag, json) = pages.get(id.as_str()).ok_or(StatusCode::NOT_FOUND)?;
    let fields = [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (ETAG, etag.clone())];
    Ok::<_, StatusCode>((fields, json.clone()))
}

async fn echo(given: HeaderMap, body: Bytes) -> impl IntoResponse {
    let kind = given.get(CONTENT_TYPE).cloned().unwrap_or(HeaderValue::from_static("application/octet-stream"));
    ([(CONTENT_TYPE, kind)], body)
}

fn main() {
    let given = Given::from_arguments();
    let pages = per_core::pages(given.products());
    per_core::serve(&given, || {
        let router = Router::new()
            .route("/hello", get(hello))
            .route("/echo", post(echo))
            .route("/v1/products/{id}", get(product));
        TowerToHyperService::new(router.with_state(pages))
    });
}
