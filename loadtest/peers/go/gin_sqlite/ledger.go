package main

import (
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"io"
	"time"

	"github.com/mattn/go-sqlite3"

	"troupe/peers/given"
)

// How many payments may wait for the writer; more wait in their goroutines.
const queue = 4096

const settings = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;`

const tables = `
CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, amount_minor INTEGER NOT NULL,
  currency TEXT NOT NULL, reference TEXT NOT NULL, created_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger_entries (id INTEGER PRIMARY KEY, payment_id TEXT NOT NULL, account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, currency TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS idempotency (customer_id TEXT NOT NULL, key TEXT NOT NULL, payment_id TEXT NOT NULL,
  PRIMARY KEY (customer_id, key)) STRICT, WITHOUT ROWID;`

type wish struct {
	CustomerID  string `json:"customer_id"`
	AmountMinor int64  `json:"amount_minor"`
	Currency    string `json:"currency"`
	Reference   string `json:"reference"`
}

type recorded struct {
	ID string `json:"id"`
	wish
	Status        string `json:"status"`
	RefundedMinor int64  `json:"refunded_minor"`
	CreatedAt     string `json:"created_at"`
}

type outcome struct {
	payment  recorded
	keyTaken bool
	err      error
}

type order struct {
	key    string
	wish   wish
	answer chan outcome // holds one, so that the writer never waits for a client
}

// ledger is the writer: one goroutine with one connection of the driver, without database/sql between.
type ledger struct {
	connection                                        driver.Conn
	begin, commit, rollback                           driver.Stmt
	claimKey, findPayment, addPayment, addBothEntries driver.Stmt
}

func openLedger(path string) *ledger {
	connection, err := (&sqlite3.SQLiteDriver{}).Open(path)
	if err != nil {
		given.Fail(err)
	}
	l := &ledger{connection: connection}
	for _, text := range []string{settings, tables} {
		if _, err := connection.(driver.Execer).Exec(text, nil); err != nil { //nolint:staticcheck // what the driver has
			given.Fail(err)
		}
	}
	prepare := func(text string) driver.Stmt {
		statement, err := connection.Prepare(text)
		if err != nil {
			given.Fail(err)
		}
		return statement
	}
	l.begin, l.commit, l.rollback = prepare("BEGIN IMMEDIATE"), prepare("COMMIT"), prepare("ROLLBACK")
	l.claimKey = prepare("INSERT INTO idempotency VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
	l.findPayment = prepare(`SELECT p.id, p.amount_minor, p.currency, p.reference, p.created_at FROM idempotency i
		JOIN payments p ON p.id = i.payment_id WHERE i.customer_id = ?1 AND i.key = ?2`)
	l.addPayment = prepare("INSERT INTO payments VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
	l.addBothEntries = prepare(`INSERT INTO ledger_entries (payment_id, account, amount_minor, currency)
		VALUES (?1, 'customer:' || ?2, -?3, ?4), (?1, 'merchant:sales', ?3, ?4)`)
	return l
}

func run(statement driver.Stmt, values ...driver.Value) (int64, error) {
	result, err := statement.Exec(values) //nolint:staticcheck // without a context: nobody gives up
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Ids begin with the time, so that new rows go to the end of their table.
func newID(now time.Time) string {
	var bytes [16]byte
	binary.BigEndian.PutUint64(bytes[:8], uint64(now.UnixMicro()))
	rand.Read(bytes[8:])
	return "pay_" + hex.EncodeToString(bytes[:])
}

func (l *ledger) pay(o order, now time.Time) outcome {
	id, w := newID(now), o.wish
	changed, err := run(l.claimKey, w.CustomerID, o.key, id)
	if err != nil {
		return outcome{err: err}
	}
	if changed == 0 {
		return l.repeat(o)
	}
	created := now.UTC().Format("2006-01-02T15:04:05.000000Z")
	if _, err := run(l.addPayment, id, w.CustomerID, w.AmountMinor, w.Currency, w.Reference, created); err != nil {
		return outcome{err: err}
	}
	if _, err := run(l.addBothEntries, id, w.CustomerID, w.AmountMinor, w.Currency); err != nil {
		return outcome{err: err}
	}
	return outcome{payment: recorded{id, w, "captured", 0, created}}
}

// The key has been used: the same request gets what it got, another one is refused.
func (l *ledger) repeat(o order) outcome {
	rows, err := l.findPayment.Query([]driver.Value{o.wish.CustomerID, o.key}) //nolint:staticcheck // as above
	if err != nil {
		return outcome{err: err}
	}
	defer rows.Close()
	row := make([]driver.Value, 5)
	if err := rows.Next(row); err == io.EOF {
		return outcome{keyTaken: true}
	} else if err != nil {
		return outcome{err: err}
	}
	if row[1] != o.wish.AmountMinor || row[2] != o.wish.Currency || row[3] != o.wish.Reference {
		return outcome{keyTaken: true}
	}
	return outcome{payment: recorded{row[0].(string), o.wish, "captured", 0, row[4].(string)}}
}

// write takes what waits, up to `most` payments, in one transaction, and answers after its commit. With `most` 1 each
// payment has a commit of its own.
func (l *ledger) write(orders <-chan order, most int) {
	group := make([]order, 0, most)
	outcomes := make([]outcome, 0, most)
	for first := range orders {
		group = append(group[:0], first)
		for waits := true; waits && len(group) < most; {
			select {
			case next := <-orders:
				group = append(group, next)
			default:
				waits = false
			}
		}
		var err error
		outcomes, err = l.record(group, outcomes[:0])
		for i, o := range group {
			if err != nil {
				o.answer <- outcome{err: err}
			} else {
				o.answer <- outcomes[i]
			}
		}
	}
}

// record is one transaction: all of the group is recorded or, with an error, nothing of it.
func (l *ledger) record(group []order, outcomes []outcome) ([]outcome, error) {
	if _, err := run(l.begin); err != nil {
		return outcomes, err
	}
	now := time.Now()
	for _, o := range group {
		done := l.pay(o, now)
		if done.err != nil {
			run(l.rollback)
			return outcomes, done.err
		}
		outcomes = append(outcomes, done)
	}
	if _, err := run(l.commit); err != nil {
		run(l.rollback)
		return outcomes, err
	}
	return outcomes, nil
}

// readBalance counts the payments and adds them and all entries up.
func readBalance(path string) (count, total, entries int64, err error) {
	database, err := sql.Open("sqlite3", path)
	if err != nil {
		return 0, 0, 0, err
	}
	defer database.Close()
	err = database.QueryRow("SELECT count(*), coalesce(sum(amount_minor), 0) FROM payments WHERE currency = 'GBP'").
		Scan(&count, &total)
	if err == nil {
		err = database.QueryRow("SELECT coalesce(sum(amount_minor), 0) FROM ledger_entries WHERE currency = 'GBP'").
			Scan(&entries)
	}
	return count, total, entries, err
}
