#include "services/catalog/product_search.hpp"

#include "services/catalog/page_token.hpp"
#include "services/catalog/product_table.hpp"

#include <string>
#include <utility>

namespace troupe::catalog {

base::result<product_search> product_search::open(const std::filesystem::path& data_dir) {
  auto opened = store::database::open(store_file(data_dir), store::database::access::read_only);
  if (opened.has_error()) return opened.error();
  product_search search(std::move(*opened));
  const std::string columns(product_columns);
  auto listing = search.database_.prepare("SELECT " + columns +
                                          " FROM products p WHERE p.id > ?1 ORDER BY p.id LIMIT ?2");
  if (listing.has_error()) return listing.error();
  // A word in the id says most about a product, then one in its name. Columns are read for the page's rows
  // only.
  auto matching = search.database_.prepare(
      "WITH page AS MATERIALIZED ("
      "  SELECT q.number AS number, q.id AS id, bm25(product_texts, 10.0, 5.0, 1.0) AS score"
      "  FROM product_texts JOIN products q ON q.number = product_texts.rowid"
      "  WHERE product_texts MATCH ?1 ORDER BY score, q.id LIMIT ?2 OFFSET ?3) "
      "SELECT " +
      columns + " FROM page JOIN products p ON p.number = page.number ORDER BY page.score, page.id");
  if (matching.has_error()) return matching.error();
  search.listing_ = std::move(*listing);
  search.matching_ = std::move(*matching);
  return search;
}

base::result<v1::SearchProductsReply> product_search::run(const search_plan& plan) {
  v1::SearchProductsReply reply;
  if (plan.kind == search_plan::sort::nothing) return reply;
  const bool is_listing = plan.kind == search_plan::sort::listing;
  auto& rows = is_listing ? listing_ : matching_;
  const auto one_more = plan.page_size + 1; // tells whether there is a next page
  if (is_listing) {
    rows.bind_all(plan.after_id, one_more);
  } else {
    rows.bind_all(plan.expression, one_more, plan.offset);
  }
  bool has_more = false;
  for (;;) {
    const auto row = rows.step();
    if (row.has_error()) return row.error();
    if (!*row) break;
    has_more = reply.items_size() == plan.page_size;
    if (has_more) break;
    *reply.add_items() = product_at(rows);
  }
  rows.reset();
  if (has_more) {
    const auto position =
        is_listing ? reply.items(reply.items_size() - 1).id() : std::to_string(plan.offset + plan.page_size);
    reply.set_next_page_token(make_page_token(plan.query, position));
  }
  return reply;
}

} // namespace troupe::catalog
