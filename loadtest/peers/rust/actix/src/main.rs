//! actix-web with its own server: an acceptor that spreads the connections over one worker for each thread.

use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderValue};
use actix_web::http::{KeepAlive, StatusCode};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use given::{Given, Products, fail};
use std::collections::HashMap;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Pages = HashMap<&'static str, (HeaderValue, Bytes)>;

/// Checked once, so that a request need not.
fn pages(products: &'static Products) -> Pages {
    let page = |etag: &'static str| HeaderValue::from_str(etag).unwrap_or_else(|error| fail(error));
    products.iter().map(|(id, product)| (id.as_str(), (page(&product.etag), product.json.clone()))).collect()
}

fn answer(status: StatusCode, body: Bytes) -> HttpResponse<Bytes> {
    let mut response = HttpResponse::with_body(status, body);
    response.head_mut().set_camel_case_headers(true);
    response
}

async fn hello() -> HttpResponse<Bytes> {
    let mut response = answer(StatusCode::OK, Bytes::from_static(b"Hello"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

async fn product(id: web::Path<String>, pages: web::Data<&'static Pages>) -> HttpResponse<Bytes> {
    let Some((etag, json)) = pages.get(id.as_str()) else {
        return answer(StatusCode::NOT_FOUND, Bytes::new());
    };
    let mut response = answer(StatusCode::OK, json.clone());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(ETAG, etag.clone());
    response
}

async fn echo(request: HttpRequest, body: Bytes) -> HttpResponse<Bytes> {
    let mut response = answer(StatusCode::OK, body);
    if let Some(kind) = request.headers().get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    response
}

async fn run(given: &Given) -> std::io::Result<()> {
    let pages: &'static Pages = Box::leak(Box::new(pages(given.products())));
    HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(pages))
            .route("/hello", web::get().to(hello))
            .route("/echo", web::post().to(echo))
            .route("/v1/products/{id}", web::get().to(product))
    })
    .workers(given.threads)
    .keep_alive(KeepAlive::Os)
    .client_request_timeout(Duration::ZERO)
    .client_disconnect_timeout(Duration::ZERO)
    .tcp_nodelay(true)
    .max_connections(100_000)
    .disable_signals() // SIGTERM keeps its default action: an immediate end.
    .listen(given.shared_listener())?
    .run()
    .await
}

fn main() {
    let given = Given::from_arguments();
    let ended = actix_web::rt::System::new().block_on(run(&given));
    fail(ended.err().map_or_else(|| "ended by itself".to_owned(), |error| error.to_string()));
}
