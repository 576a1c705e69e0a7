//! hyper by itself: a match on method and path.

use bytes::Bytes;
use given::Given;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use per_core::Pages;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let kind = request.headers().get(CONTENT_TYPE).cloned();
    let mut response = Response::new(Full::new(request.into_body().collect().await?.to_bytes()));
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    Ok(response)
}

async fn serve(request: Request<Incoming>, pages: &Pages) -> Result<Response<Full<Bytes>>, hyper::Error> {
    if request.method() == Method::POST && request.uri().path() == "/echo" {
        return echo(request).await;
    }
    Ok(answer(&request, pages))
}

fn main() {
    let given = Given::from_arguments();
    let pages = per_core::pages(given.products());
    per_core::serve(&given, || service_fn(move |request| serve(request, pages)));
}
