//! Payments with axum and SQLite, as durable as Troupe's: WAL, synchronous FULL, answered after the commit.
//! Usage: axum_sqlite PORT THREADS DATABASE MOST        MOST: payments in one commit, 1 for a commit each

mod ledger;
mod payment;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use given::{Given, fail};
use hyper_util::service::TowerToHyperService;
use ledger::{Order, Outcome};
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Clone)]
struct Service {
    orders: mpsc::Sender<Order>,
    path: PathBuf,
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let body = serde_json::json!({"type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(),
        "detail": detail});
    (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

async fn pay(State(service): State<Service>, fields: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| fields.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !text("content-type").starts_with("application/json") {
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
    }
    let key = text("idempotency-key");
    if key.is_empty() || key.len() > 255 {
        return problem(StatusCode::BAD_REQUEST, "this request needs an Idempotency-Key field of 1 to 255 characters");
    }
    let wish = match serde_json::from_slice::<payment::Wish>(&body) {
        Ok(wish) => wish,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if let Some(fault) = wish.fault() {
        return problem(StatusCode::BAD_REQUEST, fault);
    }
    let (answer, outcome) = oneshot::channel();
    // Either fails only when the writer has given up the order.
    let _ = service.orders.send(Order { key: key.to_owned(), wish, answer }).await;
    match outcome.await {
        Ok(Outcome::Recorded(payment)) => {
            let location = format!("/v1/payments/{}", payment.id);
            let fields = [(CONTENT_TYPE, "application/json"), (LOCATION, location.as_str())];
            let body = serde_json::to_vec(&payment).unwrap_or_default();
            (StatusCode::CREATED, fields, body).into_response()
        }
        Ok(Outcome::KeyTaken) => problem(StatusCode::UNPROCESSABLE_ENTITY, "the key was used for another request"),
        Ok(Outcome::Unavailable(detail)) => problem(StatusCode::SERVICE_UNAVAILABLE, &detail),
        Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "the payment was not recorded"),
    }
}

async fn balance(State(service): State<Service>) -> Response {
    match tokio::task::spawn_blocking(move || ledger::balance(&service.path)).await {
        Ok(Ok((count, total, entries))) => {
            let body = serde_json::json!({"currency": "GBP", "payments": {"count": count, "amount_minor": total},
                "entries_sum_minor": entries});
            ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.to_string()).into_response()
        }
        _ => problem(StatusCode::SERVICE_UNAVAILABLE, "the ledger cannot be read"),
    }
}

fn main() {
    let given = Given::from_arguments();
    let Some(path) = given.path.as_deref().map(PathBuf::from) else { fail("expected PORT THREADS DATABASE MOST") };
    let orders = ledger::start(&path, given.most.max(1));
    let service = Service { orders, path };
    per_core::serve(&given, || {
        let router = Router::new().route("/v1/payments", post(pay)).route("/v1/ledger/balance", get(balance));
        TowerToHyperService::new(router.with_state(service.clone()))
    });
}
