//! Rocket 0.5.1 as in the study: routed, release profile, its default Shield fields, Date and Server; logging off.

use given::{Given, Products, fail};
use rocket::config::{Config, Ident, LogLevel, Shutdown};
use rocket::http::Header;
use rocket::{Responder, State, get, routes};

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
    let server = rocket::custom(config).manage(given.products()).mount("/", routes![hello, product]);
    let ended = rocket::execute(server.launch());
    fail(ended.err().map_or_else(|| "ended by itself".to_owned(), |error| error.to_string()));
}
