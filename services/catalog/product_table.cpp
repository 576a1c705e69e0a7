#include "services/catalog/product_table.hpp"

#include "services/catalog/search_plan.hpp"

#include <array>
#include <string>
#include <utility>

namespace troupe::catalog {

namespace {

// The index has no texts of its own: it reads those of the table, and the triggers must give it the old ones
// to forget a row. Source: https://www.sqlite.org/fts5.html section 4.4.3. What the words of id and name begin
// with is a column: FTS5's own beginnings would be those of the description's words too, six entries for a word
// of five letters where one does, and for a beginning that is in no index it merges the lists of all words that
// begin so, before it gives the first row. Only the opening of a description is indexed. Both bound what it costs
// to write long texts (platform/http/README.md has the figures).
constexpr std::array<store::migration, 3> migrations{{{1, R"sql(
  CREATE TABLE products(
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK(amount_minor >= 0),
    currency TEXT NOT NULL,
    stock INTEGER NOT NULL CHECK(stock >= 0),
    version INTEGER NOT NULL CHECK(version >= 1),
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE VIRTUAL TABLE product_texts USING fts5(
    id, name, description,
    content='products', content_rowid='number', tokenize='unicode61 remove_diacritics 2', prefix='1 2 3'
  );
  CREATE TRIGGER product_texts_insert AFTER INSERT ON products BEGIN
    INSERT INTO product_texts(rowid, id, name, description)
    VALUES(new.number, new.id, new.name, new.description);
  END;
  CREATE TRIGGER product_texts_delete AFTER DELETE ON products BEGIN
    INSERT INTO product_texts(product_texts, rowid, id, name, description)
    VALUES('delete', old.number, old.id, old.name, old.description);
  END;
  CREATE TRIGGER product_texts_update AFTER UPDATE ON products
  WHEN old.id <> new.id OR old.name <> new.name OR old.description <> new.description BEGIN
    INSERT INTO product_texts(product_texts, rowid, id, name, description)
    VALUES('delete', old.number, old.id, old.name, old.description);
    INSERT INTO product_texts(rowid, id, name, description)
    VALUES(new.number, new.id, new.name, new.description);
  END;
)sql"},
                                                       {2, R"sql(
  DROP TABLE product_texts;
  CREATE VIRTUAL TABLE product_texts USING fts5(
    id, name, description,
    content='products', content_rowid='number', tokenize='unicode61 remove_diacritics 2',
    prefix='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20'
  );
  INSERT INTO product_texts(product_texts) VALUES('rebuild');
)sql"},
                                                       {3, R"sql(
  DROP TRIGGER product_texts_insert;
  DROP TRIGGER product_texts_delete;
  DROP TRIGGER product_texts_update;
  DROP TABLE product_texts;
  ALTER TABLE products ADD COLUMN beginnings TEXT NOT NULL DEFAULT '';
  ALTER TABLE products ADD COLUMN opening TEXT GENERATED ALWAYS AS (substr(description, 1, 2000)) VIRTUAL;
  UPDATE products SET beginnings = word_beginnings(name, 20, 40, char(0x10FFFD)) || ' ' || word_beginnings(id, 20, 20, char(0x10FFFD));
  CREATE VIRTUAL TABLE product_texts USING fts5(
    id, name, opening, beginnings,
    content='products', content_rowid='number', tokenize='unicode61 remove_diacritics 2'
  );
  INSERT INTO product_texts(product_texts) VALUES('rebuild');
  CREATE TRIGGER product_texts_insert AFTER INSERT ON products BEGIN
    INSERT INTO product_texts(rowid, id, name, opening, beginnings)
    VALUES(new.number, new.id, new.name, new.opening, new.beginnings);
  END;
  CREATE TRIGGER product_texts_delete AFTER DELETE ON products BEGIN
    INSERT INTO product_texts(product_texts, rowid, id, name, opening, beginnings)
    VALUES('delete', old.number, old.id, old.name, old.opening, old.beginnings);
  END;
  CREATE TRIGGER product_texts_update AFTER UPDATE ON products
  WHEN old.id <> new.id OR old.name <> new.name OR old.opening <> new.opening
    OR old.beginnings <> new.beginnings BEGIN
    INSERT INTO product_texts(product_texts, rowid, id, name, opening, beginnings)
    VALUES('delete', old.number, old.id, old.name, old.opening, old.beginnings);
    INSERT INTO product_texts(rowid, id, name, opening, beginnings)
    VALUES(new.number, new.id, new.name, new.opening, new.beginnings);
  END;
)sql"}}};
static_assert(search_limits::prefix_characters == 20 && search_limits::name_beginnings == 40 &&
              search_limits::id_beginnings == 20 && search_limits::opening_characters == 2000 &&
              beginning_mark == "\xF4\x8F\xBF\xBD"); // as in the SQL here

constexpr std::string_view write_sql = R"sql(
  INSERT INTO products(id, name, description, amount_minor, currency, stock, version, updated_at, beginnings)
  VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, word_beginnings(?2, 20, 40, char(0x10FFFD)) || ' ' || word_beginnings(?1, 20, 20, char(0x10FFFD)))
  ON CONFLICT(id) DO UPDATE SET
    name = excluded.name, description = excluded.description, amount_minor = excluded.amount_minor,
    currency = excluded.currency, stock = excluded.stock, version = excluded.version,
    updated_at = excluded.updated_at, beginnings = excluded.beginnings
)sql";

} // namespace

std::filesystem::path store_file(const std::filesystem::path& data_dir) {
  return data_dir / "catalog.sqlite";
}

v1::Product product_at(const store::statement& row) {
  v1::Product product;
  product.set_id(std::string(row.text_at(0)));
  product.set_name(std::string(row.text_at(1)));
  product.set_description(std::string(row.text_at(2)));
  product.mutable_price()->set_amount_minor(row.integer_at(3));
  product.mutable_price()->set_currency(std::string(row.text_at(4)));
  product.set_stock(row.integer_at(5));
  product.set_version(row.integer_at(6));
  product.set_updated_at(std::string(row.text_at(7)));
  return product;
}

base::result<product_table> product_table::open(const std::filesystem::path& data_dir) {
  auto opened = store::database::open(store_file(data_dir), store::database::access::read_write);
  if (opened.has_error()) return opened.error();
  if (auto added = opened->add_word_beginnings(); added.has_error()) return added.error();
  auto migrated = opened->migrate(migrations);
  if (migrated.has_error()) return migrated.error();

  product_table table(std::move(*opened));
  const auto select = "SELECT " + std::string(product_columns) + " FROM products p";
  const std::array<std::pair<store::statement*, std::string>, 5> statements{{
      {&table.all_, select},
      {&table.one_, select + " WHERE p.id = ?1"},
      {&table.count_, "SELECT count(*) FROM products"},
      {&table.write_, std::string(write_sql)},
      {&table.data_version_, "PRAGMA data_version"},
  }};
  for (const auto& [place, sql] : statements) {
    auto prepared = table.database_.prepare(sql);
    if (prepared.has_error()) return prepared.error();
    *place = std::move(*prepared);
  }
  return table;
}

base::result<void> product_table::read_all(const std::function<void(v1::Product&&)>& take) {
  all_.bind_all();
  for (;;) {
    const auto row = all_.step();
    if (row.has_error()) return row.error();
    if (!*row) break;
    take(product_at(all_));
  }
  all_.reset();
  return {};
}

base::result<std::optional<v1::Product>> product_table::find(std::string_view id) {
  const auto row = one_.bind_all(id).step();
  if (row.has_error()) return row.error();
  std::optional<v1::Product> found;
  if (*row) found = product_at(one_);
  one_.reset();
  return found;
}

base::result<std::int64_t> product_table::count() {
  const auto row = count_.bind_all().step();
  if (row.has_error()) return row.error();
  const auto number = count_.integer_at(0);
  count_.reset();
  return number;
}

base::result<void> product_table::write(const v1::Product& p) {
  return write_
      .bind_all(p.id(), p.name(), p.description(), p.price().amount_minor(), p.price().currency(), p.stock(),
                p.version(), p.updated_at())
      .run();
}

base::result<std::int64_t> product_table::others_commits() {
  const auto row = data_version_.bind_all().step();
  if (row.has_error()) return row.error();
  const auto number = data_version_.integer_at(0);
  data_version_.reset();
  return number;
}

} // namespace troupe::catalog
