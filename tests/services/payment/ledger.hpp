#pragma once

#include "services/payment/reader.hpp"
#include "services/payment/store.hpp"
#include "tests/platform/store/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <utility>

namespace troupe::payment::test {

inline constexpr base::unix_micros noon = 1'795'348'800'123'456; // 2026-11-22T12:00:00.123456Z

/// Random bits that are the same in every run.
inline random_bits repeatable(std::uint64_t seed = 1) {
  return [generator = std::mt19937_64(seed)]() mutable { return generator(); };
}

inline ledger_store open_store(const std::filesystem::path& file, std::size_t slot_generation = 250'000) {
  auto opened = ledger_store::open(
      file, {.random = repeatable(std::random_device{}()), .slot_generation = slot_generation});
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

inline ledger_reader open_reader(const std::filesystem::path& file) {
  auto opened = ledger_reader::open(file);
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

inline v1::CreatePaymentRequest a_payment(std::int64_t amount = 13912, const std::string& customer = "17850",
                                          const std::string& currency = "GBP") {
  v1::CreatePaymentRequest request;
  request.set_customer_id(customer);
  request.set_amount_minor(amount);
  request.set_currency(currency);
  request.set_reference("536365");
  return request;
}

inline v1::CreateCreditRequest a_credit(std::int64_t amount = 165, const std::string& customer = "17850") {
  v1::CreateCreditRequest request;
  request.set_customer_id(customer);
  request.set_amount_minor(amount);
  request.set_currency("GBP");
  request.set_reference("C536379");
  return request;
}

inline v1::CreateRefundRequest a_refund(const std::string& payment_id, std::int64_t amount) {
  v1::CreateRefundRequest request;
  request.set_payment_id(payment_id);
  request.set_amount_minor(amount);
  request.set_reason("broken");
  return request;
}

inline base::result<verdict> apply(ledger_store& store, const v1::CreatePaymentRequest& r,
                                   const std::string& key) {
  return store.pay(r, key);
}
inline base::result<verdict> apply(ledger_store& store, const v1::CreateCreditRequest& r,
                                   const std::string& key) {
  return store.credit(r, key);
}
inline base::result<verdict> apply(ledger_store& store, const v1::CreateRefundRequest& r,
                                   const std::string& key) {
  return store.refund(r, key);
}

/// One request in a group of its own, which must be recorded.
template <class Request>
verdict alone(ledger_store& store, const Request& request, const std::string& key,
              base::unix_micros now = noon) {
  REQUIRE(store.begin(now).has_value());
  auto said = apply(store, request, key);
  REQUIRE(said.has_value());
  REQUIRE(store.commit().has_value());
  return std::move(*said);
}

/// The value of a string member of a flat JSON object of ours.
inline std::string member(const std::string& json, const std::string& name) {
  const auto begin = json.find("\"" + name + "\":\"");
  REQUIRE(begin != std::string::npos);
  const auto from = begin + name.size() + 4;
  return json.substr(from, json.find('"', from) - from);
}

inline std::string id_of(const verdict& said) {
  REQUIRE_FALSE(said.refusal);
  return member(said.outcome.body(), "id");
}

inline base::errc refusal_of(const verdict& said) {
  REQUIRE(said.refusal);
  return said.refusal->code;
}

/// A table's content as one number each: rows, and a sum over a column.
inline std::int64_t number_in(const std::filesystem::path& file, const std::string& sql) {
  auto database = store::database::open(file, store::database::access::read_only);
  REQUIRE(database.has_value());
  auto statement = database->prepare(sql);
  REQUIRE(statement.has_value());
  const auto row = statement->bind_all().step();
  REQUIRE(row.has_value());
  REQUIRE(*row);
  return statement->integer_at(0);
}

} // namespace troupe::payment::test
