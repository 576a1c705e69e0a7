#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::store {

/// Rows of integers and text that statements read as a table (see `database::lend`), so that one statement
/// takes many rows: INSERT INTO payments SELECT * FROM new_payments. What costs much for a row alone (binding
/// its values, starting the statement, finding the end of the table) is done once.
/// Values are copied. Memory: 16 bytes a value and the text; `clear` keeps it for the next rows.
/// Thread: that of the database it is lent to; no statement that reads it may be between two steps while it
/// changes.
class row_buffer {
 public:
  explicit row_buffer(std::size_t columns) : columns_(columns) {}

  /// Adds a row. Throws std::logic_error unless there are as many values as columns.
  template <class... Values>
  void add(const Values&... values) {
    if (sizeof...(values) != columns_) throw std::logic_error("a row has a value too many or too few");
    (put(values), ...);
    ++rows_;
  }

  void clear() noexcept {
    cells_.clear();
    text_.clear();
    rows_ = 0;
  }

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

  struct value {
    bool is_text = false;
    std::int64_t number = 0;
    std::string_view text; ///< lives until the buffer changes
  };
  /// Row and column count from 0 and must be there.
  [[nodiscard]] value at(std::size_t row, std::size_t column) const noexcept {
    const auto& c = cells_[row * columns_ + column];
    if (c.size == cell::integer) return {false, c.number, {}};
    return {true, 0, std::string_view(text_).substr(static_cast<std::size_t>(c.number), c.size)};
  }

 private:
  struct cell {
    static constexpr auto integer = static_cast<std::size_t>(-1);
    std::int64_t number = 0; // or where its text begins
    std::size_t size = integer;
  };

  template <std::signed_integral Integer>
  void put(Integer number) {
    cells_.push_back({number, cell::integer});
  }
  void put(std::string_view text) {
    cells_.push_back({static_cast<std::int64_t>(text_.size()), text.size()});
    text_ += text;
  }

  std::size_t columns_;
  std::size_t rows_ = 0;
  std::vector<cell> cells_;
  std::string text_;
};

} // namespace troupe::store
