// Payments with Gin and SQLite, as durable as Troupe's: WAL, synchronous FULL, answered after the commit.
// Usage: gin_sqlite PORT THREADS DATABASE MOST        MOST: payments in one commit, 1 for a commit each
package main

import (
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"troupe/peers/given"
)

func (w wish) fault() string {
	isCapital := func(r rune) bool { return r >= 'A' && r <= 'Z' }
	switch {
	case w.CustomerID == "" || len(w.CustomerID) > 64 || strings.ContainsFunc(w.CustomerID, unicode.IsControl):
		return "customer_id: must be 1 to 64 bytes without control characters"
	case w.AmountMinor < 1:
		return "amount_minor: must be at least 1"
	case len(w.Currency) != 3 || strings.TrimFunc(w.Currency, isCapital) != "":
		return "currency: must be three capital letters"
	case len(w.Reference) > 128:
		return "reference: must be at most 128 bytes long"
	}
	return ""
}

func problem(c *gin.Context, status int, detail string) {
	c.Header("Content-Type", "application/problem+json")
	c.JSON(status, gin.H{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
}

func pay(c *gin.Context, orders chan<- order) {
	if !strings.HasPrefix(c.ContentType(), "application/json") {
		problem(c, http.StatusUnsupportedMediaType, "the body must be application/json")
		return
	}
	o := order{key: c.GetHeader("Idempotency-Key"), answer: make(chan outcome, 1)}
	if o.key == "" || len(o.key) > 255 {
		problem(c, http.StatusBadRequest, "this request needs an Idempotency-Key field of 1 to 255 characters")
		return
	}
	if err := c.ShouldBindJSON(&o.wish); err != nil {
		problem(c, http.StatusBadRequest, err.Error())
		return
	}
	if fault := o.wish.fault(); fault != "" {
		problem(c, http.StatusBadRequest, fault)
		return
	}
	orders <- o
	switch done := <-o.answer; {
	case done.err != nil:
		problem(c, http.StatusServiceUnavailable, done.err.Error())
	case done.keyTaken:
		problem(c, http.StatusUnprocessableEntity, "the key was used for another request")
	default:
		c.Header("Content-Type", "application/json")
		c.Header("Location", "/v1/payments/"+done.payment.ID)
		c.JSON(http.StatusCreated, done.payment)
	}
}

func balance(c *gin.Context, path string) {
	count, total, entries, err := readBalance(path)
	if err != nil {
		problem(c, http.StatusServiceUnavailable, err.Error())
		return
	}
	payments := gin.H{"count": count, "amount_minor": total}
	c.JSON(http.StatusOK, gin.H{"currency": "GBP", "payments": payments, "entries_sum_minor": entries})
}

func main() {
	arguments := given.Read()
	if len(os.Args) != 5 {
		given.Fail("expected PORT THREADS DATABASE MOST")
	}
	most, err := strconv.Atoi(os.Args[4])
	if err != nil || most < 1 {
		given.Fail("MOST must be a number of at least 1")
	}
	runtime.GOMAXPROCS(arguments.Threads + 1) // One for the writer, which waits for the disk.
	orders := make(chan order, queue)
	go openLedger(arguments.Path).write(orders, most)

	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.POST("/v1/payments", func(c *gin.Context) { pay(c, orders) })
	router.GET("/v1/ledger/balance", func(c *gin.Context) { balance(c, arguments.Path) })
	given.Fail(http.Serve(arguments.Listen(), router))
}
