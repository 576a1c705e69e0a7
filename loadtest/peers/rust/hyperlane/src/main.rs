//! Hyperlane 21.3.6 as its author measures it: low-security profile, nodelay off, the response built and sent in the route.

use framework::{
    APPLICATION_JSON, CLOSE, CONNECTION, CONTENT_TYPE, Context, ETAG, HttpStatus, HttpVersion, KEEP_ALIVE,
    RequestConfig, Server, ServerConfig, ServerHook, Status, Stream,
};
use given::{Given, Products, fail};
use std::sync::OnceLock;

static PRODUCTS: OnceLock<&'static Products> = OnceLock::new();

async fn send(stream: &mut Stream, ctx: &mut Context, status: usize, body: &[u8]) -> Status {
    let keeps = ctx.get_request().is_enable_keep_alive();
    let data = ctx
        .get_mut_response()
        .set_version(HttpVersion::Http1_1)
        .set_header(CONNECTION, if keeps { KEEP_ALIVE } else { CLOSE })
        .set_status_code(status)
        .set_reason_phrase(HttpStatus::phrase(status))
        .set_body(body)
        .build();
    if stream.try_send(data).await.is_err() {
        stream.set_closed(true);
        return Status::Reject;
    }
    Status::Continue
}

struct Hello;

impl ServerHook for Hello {
    async fn new(_: &mut Stream, _: &mut Context) -> Self {
        Self
    }

    async fn handle(self, stream: &mut Stream, ctx: &mut Context) -> Status {
        send(stream, ctx, 200, b"Hello").await
    }
}

struct ProductPage;

impl ServerHook for ProductPage {
    async fn new(_: &mut Stream, _: &mut Context) -> Self {
        Self
    }

    async fn handle(self, stream: &mut Stream, ctx: &mut Context) -> Status {
        let id = ctx.try_get_route_param("id").unwrap_or_default();
        match PRODUCTS.get().and_then(|products| products.get(&id)) {
            Some(product) => {
                ctx.get_mut_response().set_header(CONTENT_TYPE, APPLICATION_JSON).set_header(ETAG, &product.etag);
                send(stream, ctx, 200, &product.json).await
            }
            None => send(stream, ctx, 404, b"").await,
        }
    }
}

struct Echo;

impl ServerHook for Echo {
    async fn new(_: &mut Stream, _: &mut Context) -> Self {
        Self
    }

    async fn handle(self, stream: &mut Stream, ctx: &mut Context) -> Status {
        let body = ctx.get_request().get_body().clone();
        ctx.get_mut_response().set_header(CONTENT_TYPE, APPLICATION_JSON);
        send(stream, ctx, 200, &body).await
    }
}

/// What no route has taken.
struct NotFound;

impl ServerHook for NotFound {
    async fn new(_: &mut Stream, _: &mut Context) -> Self {
        Self
    }

    async fn handle(self, stream: &mut Stream, ctx: &mut Context) -> Status {
        send(stream, ctx, 404, b"").await
    }
}

async fn run(given: &Given) {
    let mut config = ServerConfig::default();
    config.set_address(Server::format_bind_address("127.0.0.1", given.port)).set_nodelay(Some(false));
    let mut server = Server::default();
    server
        .server_config(config)
        .request_config(RequestConfig::low_security())
        .route::<Hello>("/hello")
        .route::<Echo>("/echo")
        .route::<ProductPage>("/v1/products/{id}")
        .route::<NotFound>("/{path:.*}");
    match server.run().await {
        Ok(control) => control.wait().await,
        Err(error) => fail(format!("{error:?}")),
    }
}

fn main() {
    let given = Given::from_arguments();
    let _ = PRODUCTS.set(given.products());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(given.threads)
        .enable_all()
        .build()
        .unwrap_or_else(|error| fail(error));
    runtime.block_on(run(&given));
}
