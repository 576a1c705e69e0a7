#pragma once

#include "platform/base/keyed_hash.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::payment {

/// What the ledger records. Stored, so the numbers never change.
enum class operation_kind : std::uint8_t { payment = 1, refund = 2, credit = 3 };

/// Where an operation is recorded: its number in the ledger, and random bits that are stored with it.
struct operation_place {
  std::int64_t number = 0; ///< counts from 1 in the order of the commits
  std::uint64_t random = 0;

  friend bool operator==(const operation_place&, const operation_place&) = default;
};

/// "pay_", "ref_" or "crd_" and 32 lower-case hexadecimal digits (36 bytes). The digits hide the number, so
/// that an id neither tells how many operations there are nor lets anybody guess another one, and yet leads
/// to it without an index.
[[nodiscard]] std::string seal_id(const base::hash_secret& secret, operation_kind kind,
                                  const operation_place& place);

/// The place that an id stands for, or nullopt when it is not in the form of `seal_id` for this kind. Any
/// text may come: the place is an operation's only if its number is recorded with the same kind and random
/// bits.
[[nodiscard]] std::optional<operation_place> open_id(const base::hash_secret& secret, operation_kind kind,
                                                     std::string_view id) noexcept;

/// Whether a text has the form of `seal_id` for this kind.
[[nodiscard]] bool is_id(operation_kind kind, std::string_view id) noexcept;

} // namespace troupe::payment
