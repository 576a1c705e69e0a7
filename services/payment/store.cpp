#include "services/payment/store.hpp"

#include "platform/base/log.hpp"
#include "services/payment/currency.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace troupe::payment {

namespace {

using base::errc;

// The tree of slots is the one that is read everywhere: 32 MB hold that of 1.5 million operations.
constexpr std::string_view page_cache = "PRAGMA cache_size=-32768";
constexpr std::size_t most_cached_accounts = 65'536;
// Slots are hashes of 64 bits under a secret: two keys never meet in practice, and if they do the next slot
// is free.
constexpr int most_probes = 64;
// Folding goes faster than gathering, so that a generation is in the table before the next one is full.
constexpr std::size_t folds_per_operation = 3;

std::int64_t stored(std::uint64_t word) noexcept { return static_cast<std::int64_t>(word); }

v1::Outcome created(std::string body, std::string location, bool replayed) {
  v1::Outcome outcome;
  outcome.set_status(201);
  outcome.set_body(std::move(body));
  outcome.set_location(std::move(location));
  outcome.set_replayed(replayed);
  return outcome;
}

verdict refuse(errc code, std::string why) { return {{}, base::fail(code, std::move(why))}; }

verdict refuse_other_request() {
  return refuse(errc::unprocessable, "the Idempotency-Key was used for another request: choose a new key");
}

} // namespace

ledger_store::ledger_store(store::database database, store_secrets secrets, row_buffers rows,
                           statements prepared, options o)
    : database_(std::move(database)), secrets_(secrets), rows_(std::move(rows)), run_(std::move(prepared)),
      options_(std::move(o)), index_(options_.slot_generation) {}

base::result<ledger_store::row_buffers> ledger_store::lend_rows(store::database& database) {
  const auto rows = [](std::size_t columns) { return std::make_shared<store::row_buffer>(columns); };
  row_buffers lent{rows(11), rows(4), rows(2)};
  if (auto done = database.lend("new_operations", lent.operations); done.has_error()) return done.error();
  if (auto done = database.lend("new_entries", lent.entries); done.has_error()) return done.error();
  if (auto done = database.lend("folded_slots", lent.slots); done.has_error()) return done.error();
  return lent;
}

base::result<ledger_store::statements> ledger_store::prepare(store::database& database) {
  statements s;
  const std::pair<store::statement*, std::string_view> all[] = {
      {&s.newest, "SELECT coalesce(max(number), 0) FROM operations"},
      {&s.account, "SELECT id FROM accounts WHERE name = ?1"},
      {&s.add_account, "INSERT INTO accounts(name) VALUES (?1)"},
      {&s.slot, "SELECT operation FROM slots WHERE slot = ?1"},
      {&s.operation,
       "SELECT kind, key, random, customer, target, amount, currency, note, created_at FROM operations "
       "WHERE number = ?1"},
      // "OR ROLLBACK", for a failure ends the group anyway, and undoing the statement alone would cost a copy
      // of every page that it changes.
      {&s.add_operations,
       "INSERT OR ROLLBACK INTO operations(number, kind, slot, key, random, customer, target, amount, "
       "currency, note, created_at) SELECT * FROM new_operations"},
      {&s.add_entries, "INSERT OR ROLLBACK INTO entries(operation, account, amount, currency) "
                       "SELECT * FROM new_entries"},
      {&s.payment,
       "SELECT kind, random, customer, amount, refunded, currency FROM operations WHERE number = ?1"},
      {&s.add_refunded, "UPDATE operations SET refunded = refunded + ?2 WHERE number = ?1"},
      {&s.fold, "INSERT OR IGNORE INTO slots(slot, operation) SELECT * FROM folded_slots"},
      {&s.note_fold, "UPDATE slots_progress SET through = max(through, ?1) WHERE id = 1"},
  };
  for (const auto& [target, sql] : all) {
    auto made = database.prepare(sql);
    if (made.has_error()) return made.error();
    *target = std::move(*made);
  }
  return s;
}

base::result<ledger_store> ledger_store::open(const std::filesystem::path& file, options o) {
  auto database = store::database::open(file, store::database::access::read_write);
  if (database.has_error()) return database.error();
  return open(std::move(*database), std::move(o));
}

base::result<ledger_store> ledger_store::open(store::database database, options o) {
  if (auto done = database.execute(page_cache); done.has_error()) return done.error();
  if (auto done = database.migrate(migrations()); done.has_error()) return done.error();
  const store_secrets fresh{{o.random(), o.random()}, {o.random(), o.random()}};
  if (auto done = write_secrets(database, fresh); done.has_error()) return done.error();
  const auto secrets = read_secrets(database);
  if (secrets.has_error()) return secrets.error();
  auto rows = lend_rows(database);
  if (rows.has_error()) return rows.error();
  auto prepared = prepare(database);
  if (prepared.has_error()) return prepared.error();
  ledger_store opened(std::move(database), *secrets, std::move(*rows), std::move(*prepared), std::move(o));
  if (auto done = opened.load_slots(); done.has_error()) return done.error();
  return opened;
}

base::result<void> ledger_store::load_slots() {
  auto unfolded = database_.prepare("SELECT number, slot FROM operations "
                                    "WHERE number > (SELECT through FROM slots_progress)");
  if (unfolded.has_error()) return unfolded.error();
  auto newest = run_.newest.bind_all().step();
  if (newest.has_error()) return newest.error();
  newest_ = run_.newest.integer_at(0);
  run_.newest.reset();
  std::vector<held_slot> slots;
  unfolded->bind_all();
  for (;;) {
    const auto row = unfolded->step();
    if (row.has_error()) return row.error();
    if (!*row) break;
    slots.push_back({static_cast<std::uint64_t>(unfolded->integer_at(1)), unfolded->integer_at(0)});
  }
  index_ = key_index(options_.slot_generation);
  index_.load(std::move(slots), newest_);
  return {};
}

base::result<void> ledger_store::begin(base::unix_micros now) {
  if (auto done = database_.begin(); done.has_error()) return done;
  const auto row = run_.newest.bind_all().step();
  if (row.has_error()) return row.error();
  const auto newest = run_.newest.integer_at(0);
  run_.newest.reset();
  if (newest != newest_) {
    // Another process has written, or a commit that was reported as failed had reached the disk.
    base::log::warn("payment_store_reloaded", {{"expected", newest_}, {"found", newest}});
    if (auto done = load_slots(); done.has_error()) return done;
  }
  last_ = newest_;
  written_ = newest_;
  group_ = 0;
  if (now != now_ || now_text_.empty()) {
    now_ = now;
    now_text_ = base::to_rfc3339(now);
  }
  return {};
}

base::result<std::int64_t> ledger_store::account_of(const std::string& customer_id) {
  if (const auto found = accounts_.find(customer_id); found != accounts_.end()) return found->second;
  scratch_.assign("customer:").append(customer_id);
  const auto row = run_.account.bind_all(scratch_).step();
  if (row.has_error()) return row.error();
  std::int64_t id = 0;
  if (*row) {
    id = run_.account.integer_at(0);
    run_.account.reset();
  } else {
    run_.account.reset();
    if (auto done = run_.add_account.bind_all(scratch_).run(); done.has_error()) return done.error();
    id = database_.last_insert_rowid();
  }
  if (accounts_.size() >= most_cached_accounts) accounts_.clear();
  accounts_.emplace(customer_id, id);
  return id;
}

base::result<std::optional<std::int64_t>> ledger_store::holder_of(std::uint64_t slot) {
  if (const auto recent = index_.find(slot)) return recent;
  const auto row = run_.slot.bind_all(stored(slot)).step();
  if (row.has_error()) return row.error();
  std::optional<std::int64_t> holder;
  if (*row) holder = run_.slot.integer_at(0);
  run_.slot.reset();
  return holder;
}

base::result<std::optional<ledger_store::recorded>> ledger_store::read_if_owner(std::int64_t number,
                                                                                const intent& wanted) {
  if (auto done = bring_to_tables(number); done.has_error()) return done.error();
  auto& row = run_.operation;
  const auto there = row.bind_all(number).step();
  if (there.has_error()) return there.error();
  if (!*there) return base::fail(errc::unavailable, "the payment store lacks an operation that it refers to");
  std::optional<recorded> owner;
  const bool same_scope =
      row.integer_at(4) == wanted.target && (wanted.target != 0 || row.integer_at(3) == wanted.customer);
  if (same_scope && row.text_at(1) == wanted.key) {
    owner = recorded{{number, static_cast<std::uint64_t>(row.integer_at(2))},
                     row.integer_at(8),
                     row.integer_at(0) == static_cast<std::int64_t>(wanted.kind) &&
                         row.integer_at(5) == wanted.amount && row.integer_at(6) == wanted.currency &&
                         row.text_at(7) == wanted.note};
  }
  row.reset();
  return owner;
}

base::result<ledger_store::slot_search> ledger_store::search(const intent& wanted) {
  const auto scope = static_cast<std::uint64_t>(wanted.target != 0 ? wanted.target : wanted.customer);
  scratch_.assign(1, wanted.target != 0 ? 'p' : 'c');
  for (int shift = 0; shift < 64; shift += 8) scratch_ += static_cast<char>(scope >> shift);
  scratch_ += wanted.key;
  auto slot = base::keyed_hash(secrets_.slots, scratch_);
  for (int probe = 0; probe < most_probes; ++probe, ++slot) {
    const auto holder = holder_of(slot);
    if (holder.has_error()) return holder.error();
    if (!*holder) return slot_search{slot, std::nullopt};
    const auto owner = read_if_owner(**holder, wanted);
    if (owner.has_error()) return owner.error();
    if (*owner) return slot_search{slot, *owner};
  }
  return base::fail(errc::internal, "no slot is free for an Idempotency-Key");
}

ledger_store::recorded ledger_store::write(const intent& wanted, std::uint64_t slot) {
  const operation_place place{last_ + 1, options_.random()};
  rows_.operations->add(place.number, static_cast<std::int64_t>(wanted.kind), stored(slot), wanted.key,
                        stored(place.random), wanted.customer, wanted.target, wanted.amount, wanted.currency,
                        wanted.note, now_);
  for (const auto& entry : postings(wanted.kind, wanted.customer, wanted.amount))
    rows_.entries->add(place.number, entry.account, entry.amount_minor, wanted.currency);
  index_.add({slot, place.number});
  last_ = place.number;
  ++group_;
  return recorded{place, now_, true};
}

/// Makes statements see this operation, if it is one of this group.
base::result<void> ledger_store::bring_to_tables(std::int64_t number) {
  if (number <= written_ || number > last_) return {};
  if (auto done = run_.add_operations.bind_all().run(); done.has_error()) return done;
  if (auto done = run_.add_entries.bind_all().run(); done.has_error()) return done;
  rows_.operations->clear();
  rows_.entries->clear();
  written_ = last_;
  return {};
}

std::string ledger_store::text_of(base::unix_micros when) const {
  return when == now_ ? now_text_ : base::to_rfc3339(when);
}

template <class Request>
base::result<verdict> ledger_store::transfer(operation_kind kind, const Request& request,
                                             std::string_view key) {
  const auto customer = account_of(request.customer_id());
  if (customer.has_error()) return customer.error();
  const intent wanted{.kind = kind,
                      .customer = *customer,
                      .amount = request.amount_minor(),
                      .currency = packed_currency(request.currency()),
                      .note = request.reference(),
                      .key = key};
  const auto place = search(wanted);
  if (place.has_error()) return place.error();
  if (place->found && !place->found->is_same) return refuse_other_request();
  const bool replayed = place->found.has_value();
  const auto operation = replayed ? *place->found : write(wanted, place->slot);

  const auto id = seal_id(secrets_.ids, kind, operation.place);
  const auto created_at = text_of(operation.created_at);
  if (kind == operation_kind::payment) {
    auto body = document(payment_view{.id = id,
                                      .customer_id = request.customer_id(),
                                      .amount_minor = request.amount_minor(),
                                      .currency = request.currency(),
                                      .reference = request.reference(),
                                      .refunded_minor = 0, // as it was answered first
                                      .created_at = created_at});
    return verdict{created(std::move(body), "/v1/payments/" + id, replayed), std::nullopt};
  }
  auto body = document(credit_view{.id = id,
                                   .customer_id = request.customer_id(),
                                   .amount_minor = request.amount_minor(),
                                   .currency = request.currency(),
                                   .reference = request.reference(),
                                   .created_at = created_at});
  return verdict{created(std::move(body), {}, replayed), std::nullopt};
}

base::result<verdict> ledger_store::pay(const v1::CreatePaymentRequest& request, std::string_view key) {
  return transfer(operation_kind::payment, request, key);
}

base::result<verdict> ledger_store::credit(const v1::CreateCreditRequest& request, std::string_view key) {
  return transfer(operation_kind::credit, request, key);
}

base::result<std::optional<ledger_store::target_payment>>
ledger_store::find_payment(const operation_place& place) {
  if (auto done = bring_to_tables(place.number); done.has_error()) return done.error();
  auto& row = run_.payment;
  const auto there = row.bind_all(place.number).step();
  if (there.has_error()) return there.error();
  std::optional<target_payment> payment;
  if (*there && row.integer_at(0) == static_cast<std::int64_t>(operation_kind::payment) &&
      row.integer_at(1) == stored(place.random)) {
    payment = target_payment{row.integer_at(2), row.integer_at(3), row.integer_at(4), row.integer_at(5)};
  }
  row.reset();
  return payment;
}

base::result<verdict> ledger_store::refund(const v1::CreateRefundRequest& request, std::string_view key) {
  const auto target = open_id(secrets_.ids, operation_kind::payment, request.payment_id());
  if (!target) return refuse(errc::not_found, "no payment has this id");
  const auto payment = find_payment(*target);
  if (payment.has_error()) return payment.error();
  if (!*payment) return refuse(errc::not_found, "no payment has this id");
  const intent wanted{.kind = operation_kind::refund,
                      .customer = (*payment)->customer,
                      .target = target->number,
                      .amount = request.amount_minor(),
                      .currency = (*payment)->currency,
                      .note = request.reason(),
                      .key = key};
  const auto place = search(wanted);
  if (place.has_error()) return place.error();
  if (place->found && !place->found->is_same) return refuse_other_request();
  const bool replayed = place->found.has_value();
  recorded operation;
  if (replayed) {
    operation = *place->found;
  } else {
    auto allowed = check_refund((*payment)->amount, (*payment)->refunded, request.amount_minor());
    if (allowed.has_error()) return verdict{{}, std::move(allowed).error()};
    operation = write(wanted, place->slot);
    auto done = run_.add_refunded.bind_all(target->number, request.amount_minor()).run();
    if (done.has_error()) return done.error();
  }
  const auto id = seal_id(secrets_.ids, operation_kind::refund, operation.place);
  const auto created_at = text_of(operation.created_at);
  auto body = document(refund_view{.id = id,
                                   .payment_id = request.payment_id(),
                                   .amount_minor = request.amount_minor(),
                                   .currency = unpacked_currency(wanted.currency),
                                   .reason = request.reason(),
                                   .created_at = created_at});
  return verdict{created(std::move(body), {}, replayed), std::nullopt};
}

base::result<void> ledger_store::fold_slots() {
  const auto most = index_.is_full() ? std::numeric_limits<std::size_t>::max() : folds_per_operation * group_;
  const auto folded = index_.fold(most);
  if (folded.empty()) return {};
  rows_.slots->clear();
  for (const auto& held : folded) rows_.slots->add(stored(held.slot), held.operation);
  if (auto done = run_.fold.bind_all().run(); done.has_error()) return done;
  if (const auto through = index_.folded_through()) return run_.note_fold.bind_all(*through).run();
  return {};
}

base::result<void> ledger_store::commit() {
  auto done = bring_to_tables(last_);
  if (!done.has_error()) done = fold_slots();
  if (!done.has_error()) done = database_.commit();
  if (done.has_error()) {
    rollback();
    return done;
  }
  index_.keep();
  newest_ = last_;
  return {};
}

void ledger_store::rollback() noexcept {
  database_.rollback();
  index_.drop();
  rows_.operations->clear();
  rows_.entries->clear();
  accounts_.clear(); // some may have been added by the group
  last_ = newest_;
  group_ = 0;
}

} // namespace troupe::payment
