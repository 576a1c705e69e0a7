#include "services/catalog/product_search.hpp"

#include "services/catalog/page_token.hpp"
#include "services/catalog/product_table.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::catalog {

namespace {

// A word in the id says most about a product, then one in its name, or what one of those begins with. One match more than are ranked tells that
// there is a further block of them. Columns are read for the page's rows only.
constexpr std::string_view best_matches = R"sql(
  WITH block AS MATERIALIZED (
    SELECT rowid AS number, relevance(product_texts, 10.0, 5.0, 1.0, 5.0) AS score
    FROM product_texts WHERE product_texts MATCH ?1 AND rowid > ?2 ORDER BY rowid LIMIT ?3 + 1),
  next AS MATERIALIZED (
    SELECT CASE WHEN count(*) > ?3 THEN max(number) END AS number FROM block),
  page AS MATERIALIZED (
    SELECT q.number AS number, q.id AS id, block.score AS score
    FROM block CROSS JOIN products q ON q.number = block.number
    WHERE block.number < (SELECT ifnull(number, block.number + 1) FROM next)
    ORDER BY score, q.id LIMIT ?4 OFFSET ?5)
)sql";

/// Quoted, because AND, OR, NOT and NEAR are operators otherwise; no word holds a quote.
/// Source: https://www.sqlite.org/fts5.html section 3.
void append_word(std::string& out, std::string_view mark, std::string_view word) {
  out += '"';
  out += mark;
  out += word;
  out += '"';
}

std::string expression_of(const std::vector<store::tokenizer::word>& words) {
  std::string out;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    append_word(out, {}, words[i].text);
    out += " AND ";
  }
  const auto& last = words.back();
  const bool may_be_beginning = last.characters <= search_limits::prefix_characters;
  if (may_be_beginning) {
    out += '(';
    append_word(out, beginning_mark, last.text);
    out += " OR ";
  }
  append_word(out, {}, last.text);
  if (may_be_beginning) out += ')';
  return out;
}

} // namespace

base::result<product_search> product_search::open(const std::filesystem::path& data_dir) {
  auto opened = store::database::open(store_file(data_dir), store::database::access::read_only);
  if (opened.has_error()) return opened.error();
  if (auto added = opened->add_relevance(); added.has_error()) return added.error();
  auto tokenizer = store::tokenizer::open(*opened);
  if (tokenizer.has_error()) return tokenizer.error();
  product_search search(std::move(*opened), std::move(*tokenizer));
  const std::string columns(product_columns);
  auto matching = search.database_.prepare(
      std::string(best_matches) + "SELECT " + columns +
      ", (SELECT number FROM next) FROM page JOIN products p ON p.number = page.number ORDER BY page.score, page.id");
  if (matching.has_error()) return matching.error();
  search.matching_ = std::move(*matching);
  return search;
}

base::result<v1::SearchProductsReply> product_search::match(const search_plan& plan, const std::string& expression) {
  v1::SearchProductsReply reply;
  matching_.bind_all(expression, plan.after_number, search_limits::ranked, plan.page_size + 1, plan.offset);
  std::string next;
  for (;;) {
    const auto row = matching_.step();
    if (row.has_error()) return row.error();
    if (!*row) break;
    if (reply.items_size() == plan.page_size) {
      next = matches_position(plan.after_number, plan.offset + plan.page_size);
      break;
    }
    *reply.add_items() = product_at(matching_);
    constexpr int behind_the_product = 8;
    if (!matching_.null_at(behind_the_product))
      next = matches_position(matching_.integer_at(behind_the_product) - 1, 0);
  }
  matching_.reset();
  if (!next.empty()) reply.set_next_page_token(make_page_token(plan.query, next));
  return reply;
}

base::result<v1::SearchProductsReply> product_search::run(const search_plan& plan) {
  const auto words = tokenizer_.words(plan.query);
  if (words.has_error()) return words.error();
  if (words->empty()) return v1::SearchProductsReply{};
  if (words->size() > search_limits::words)
    return base::fail(base::errc::invalid_argument, "q: must have at most 10 words");
  return match(plan, expression_of(*words));
}

} // namespace troupe::catalog
