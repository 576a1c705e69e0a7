//! The writer: one thread with one connection. Takes what waits, up to `most` payments, in one transaction, and answers
//! after its commit. With `most` 1 each payment has a commit of its own.

use crate::payment::{Recorded, Wish};
use given::fail;
use rusqlite::{Connection, OptionalExtension, Result, Statement, TransactionBehavior, params};
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};

/// How many payments may wait for the writer; more wait in their connections.
const QUEUE: usize = 4096;

const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;";

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, amount_minor INTEGER NOT NULL,
      currency TEXT NOT NULL, reference TEXT NOT NULL, created_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS ledger_entries (id INTEGER PRIMARY KEY, payment_id TEXT NOT NULL, account TEXT NOT NULL,
      amount_minor INTEGER NOT NULL, currency TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS idempotency (customer_id TEXT NOT NULL, key TEXT NOT NULL, payment_id TEXT NOT NULL,
      PRIMARY KEY (customer_id, key)) STRICT, WITHOUT ROWID;";

pub enum Outcome {
    Recorded(Recorded),
    KeyTaken,
    Unavailable(String),
}

pub struct Order {
    pub key: String,
    pub wish: Wish,
    pub answer: oneshot::Sender<Outcome>,
}

struct Statements<'a> {
    claim_key: Statement<'a>,
    find: Statement<'a>,
    add_payment: Statement<'a>,
    add_entries: Statement<'a>,
}

impl<'a> Statements<'a> {
    fn new(connection: &'a Connection) -> Result<Self> {
        Ok(Self {
            claim_key: connection.prepare("INSERT INTO idempotency VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?,
            find: connection.prepare(
                "SELECT p.id, p.amount_minor, p.currency, p.reference, p.created_at FROM idempotency i
                 JOIN payments p ON p.id = i.payment_id WHERE i.customer_id = ?1 AND i.key = ?2",
            )?,
            add_payment: connection.prepare("INSERT INTO payments VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?,
            add_entries: connection.prepare(
                "INSERT INTO ledger_entries (payment_id, account, amount_minor, currency)
                 VALUES (?1, 'customer:' || ?2, -?3, ?4), (?1, 'merchant:sales', ?3, ?4)",
            )?,
        })
    }

    fn pay(&mut self, key: &str, wish: Wish, id: String, now: &str) -> Result<Outcome> {
        let customer = wish.customer_id.as_str();
        if self.claim_key.execute(params![customer, key, id])? == 0 {
            return self.repeat(key, wish);
        }
        let (amount, currency) = (wish.amount_minor, wish.currency.as_str());
        self.add_payment.execute(params![id, customer, amount, currency, wish.reference, now])?;
        self.add_entries.execute(params![id, customer, amount, currency])?;
        Ok(Outcome::Recorded(Recorded::new(id, wish, now.to_owned())))
    }

    /// The key has been used: the same request gets what it got, another one is refused.
    fn repeat(&mut self, key: &str, wish: Wish) -> Result<Outcome> {
        let read = |row: &rusqlite::Row| {
            let same = row.get::<_, i64>(1)? == wish.amount_minor
                && row.get::<_, String>(2)? == wish.currency
                && row.get::<_, String>(3)? == wish.reference;
            Ok(same.then_some((row.get(0)?, row.get(4)?)))
        };
        let found = self.find.query_row(params![wish.customer_id, key], read).optional()?.flatten();
        Ok(found.map_or(Outcome::KeyTaken, |(id, created_at)| Outcome::Recorded(Recorded::new(id, wish, created_at))))
    }
}

/// Ids begin with the time, so that new rows go to the end of their table.
fn new_id(random: &RandomState, number: &mut u64) -> String {
    *number += 1;
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as u64);
    format!("pay_{micros:016x}{:016x}", random.hash_one(*number))
}

fn write(mut orders: mpsc::Receiver<Order>, connection: &Connection, most: usize) -> Result<()> {
    let mut run = Statements::new(connection)?;
    let random = RandomState::new();
    let mut number = 0;
    let mut group = Vec::with_capacity(most);
    while orders.blocking_recv_many(&mut group, most) > 0 {
        let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
        let mut answers = Vec::with_capacity(group.len());
        let mut commit = || {
            let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            for order in group.drain(..) {
                let id = new_id(&random, &mut number);
                answers.push((order.answer, Outcome::Unavailable(String::new())));
                let outcome = run.pay(&order.key, order.wish, id, &now)?;
                if let Some(last) = answers.last_mut() {
                    last.1 = outcome;
                }
            }
            transaction.commit()
        };
        let failure = commit().err().map(|error| error.to_string());
        group.clear(); // Those behind a failed one: their clients are told when the senders are dropped.
        for (answer, outcome) in answers {
            // A client that has left is not told.
            let _ = answer.send(failure.clone().map_or(outcome, Outcome::Unavailable));
        }
    }
    Ok(())
}

/// Opens or creates the file and starts the writer.
pub fn start(path: &Path, most: usize) -> mpsc::Sender<Order> {
    let (orders, waiting) = mpsc::channel(QUEUE);
    let open = || -> Result<Connection> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SETTINGS)?;
        connection.execute_batch(TABLES)?;
        Ok(connection)
    };
    let connection = open().unwrap_or_else(|error| fail(error));
    thread::spawn(move || write(waiting, &connection, most).unwrap_or_else(|error| fail(error)));
    orders
}

/// How many payments there are, what they add up to, and the sum of all entries, which is 0.
pub fn balance(path: &Path) -> Result<(i64, i64, i64)> {
    let connection = Connection::open(path)?;
    let payments = "SELECT count(*), coalesce(sum(amount_minor), 0) FROM payments WHERE currency = 'GBP'";
    let entries = "SELECT coalesce(sum(amount_minor), 0) FROM ledger_entries WHERE currency = 'GBP'";
    let (count, total) = connection.query_row(payments, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((count, total, connection.query_row(entries, [], |row| row.get(0))?))
}
