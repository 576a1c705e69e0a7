//! Rocket 0.5.1 as in the study: routed, release profile, its default Shield fields, Date and Server; logging off. Its hyper
//! ends a connection when the client asks for that, but does not say so, which wrk takes for an error: a fairing says it.

use given::{Given, Products, fail};
use rocket::config::{Config, Ident, LogLevel, Shutdown};
use rocket::fairing::AdHoc;
use rocket::http::{ContentType, Header};
use rocket::{Request, Responder, Response, State, get, post, routes};

#[get("/hello")]
fn hello() -> &'static str {
    "Hello"
}

#[derive(Responder)]
#[response(content_type = "json")]
struct Page {
    json: &'static [u8],
    etag: Header<'static>,
}

#[get("/v1/products/<id>")]
fn product(id: &str, products: &State<&'static Products>) -> Option<Page> {
    let product = products.get(id)?;
    Some(Page { json: &product.json, etag: Header::new("ETag", product.etag.as_str()) })
}

#[post("/echo", data = "<body>")]
fn echo(kind: &ContentType, body: Vec<u8>) -> (ContentType, Vec<u8>) {
    (kind.clone(), body)
}

/// RFC 9112, section 9.6: who ends the connection says so.
fn announce_end(request: &Request, response: &mut Response) {
    if request.headers().get_one("Connection").is_some_and(|wish| wish.eq_ignore_ascii_case("close")) {
        response.set_raw_header("Connection", "close");
    }
}

fn main() {
    let given = Given::from_arguments();
    let config = Config {
        address: given.address().ip(),
        port: given.port,
        workers: given.threads,
        keep_alive: 3600, // The study's connections never rest so long.
        ident: Ident::default(),
        log_level: LogLevel::Off,
        // SIGTERM keeps its default action: an immediate end.
        shutdown: Shutdown { ctrlc: false, signals: Default::default(), ..Shutdown::default() },
        ..Config::release_default()
    };
    let server = rocket::custom(config).manage(given.products()).mount("/", routes![hello, product, echo]).attach(
        AdHoc::on_response("end", |request, response| Box::pin(async move { announce_end(request, response) })),
    );
    let ended = rocket::execute(server.launch());
    fail(ended.err().map_or_else(|| "ended by itself".to_owned(), |error| error.to_string()));
}
