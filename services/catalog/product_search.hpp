#pragma once

#include "platform/store/sqlite.hpp"
#include "platform/store/tokenizer.hpp"
#include "services/catalog/search_plan.hpp"

#include <filesystem>
#include <string>

namespace troupe::catalog {

/// Searches the store on a connection of its own that only reads. Blocking. Thread: one at a time.
class product_search {
 public:
  /// Errors: unavailable with what to do; the store must have been made by its writer.
  [[nodiscard]] static base::result<product_search> open(const std::filesystem::path& data_dir);

  /// One page of the matches among what has been committed. The query is cut into words as the index cuts its
  /// texts; all must occur, and the last, up to 20 characters, may be the beginning of one of name or id;
  /// `search_limits` say how far. Without words there is no match. No character has a meaning of its own, but for
  /// `beginning_mark`, with which a word is one of an index of beginnings. Matches are ranked a thousand at a time, in the order in
  /// which the products were first stored, so a page may be short though another follows.
  /// Errors: invalid_argument: more than 10 words; as `store::statement::step`.
  /// Cost: that of ranking a thousand matches at most; of words that hardly ever occur together, that of
  /// passing over the products that hold one of them.
  [[nodiscard]] base::result<v1::SearchProductsReply> run(const search_plan& plan);

 private:
  product_search(store::database opened, store::tokenizer cutter) noexcept
      : database_(std::move(opened)), tokenizer_(std::move(cutter)) {}

  [[nodiscard]] base::result<v1::SearchProductsReply> match(const search_plan& plan, const std::string& expression);

  store::database database_;
  store::tokenizer tokenizer_;
  store::statement matching_;
};

} // namespace troupe::catalog
