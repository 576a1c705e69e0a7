//! Raw Tokio at its best: a current-thread runtime and a listener for each thread, heads parsed by httparse, prepared
//! answers, all answers of a read in one write. Gives Troupe's bytes.

mod answers;
mod connection;

use answers::Answers;
use given::{Given, fail};
use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use tokio::task::LocalSet;

async fn accept(listener: TcpListener, answers: Rc<RefCell<Answers>>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap_or_else(|error| fail(error));
    let ticking = answers.clone();
    tokio::task::spawn_local(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            ticking.borrow_mut().set_date();
        }
    });
    let buffers = Rc::new(RefCell::new(connection::Buffers::default()));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::task::spawn_local(connection::serve(stream, answers.clone(), buffers.clone()));
    }
}

fn main() {
    let given = Given::from_arguments();
    let products = given.products();
    let listeners: Vec<TcpListener> = (0..given.threads).map(|_| given.shared_listener()).collect();
    thread::scope(|scope| {
        for listener in listeners {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let answers = Rc::new(RefCell::new(Answers::new(products)));
                LocalSet::new().block_on(&runtime.unwrap_or_else(|error| fail(error)), accept(listener, answers));
            });
        }
    });
}
