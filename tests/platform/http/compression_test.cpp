#include "platform/http/compression.hpp"

#include "platform/http/file_part.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>

#include <memory>
#include <string>

using namespace troupe::http;
namespace base = troupe::base;

namespace {

response page(std::size_t bytes = 5'000) { return json_response(200, std::string(bytes, 'x')); }

} // namespace

TEST_CASE("RFC 9110 8.4: a page is compressed for who accepts it, and says Vary to all", "[unit]") {
  gzip_encoder encoder(1);
  auto r = page();
  compress(r, encoder, true);
  CHECK(r.body.size() < 100);
  CHECK(r.field("Content-Encoding") == "gzip");
  CHECK(r.field("Vary") == "Accept-Encoding");
  auto plain = page();
  compress(plain, encoder, false);
  CHECK((plain.body.view() == page().body.view()));
  CHECK_FALSE(plain.field("Content-Encoding"));
  CHECK(plain.field("Vary") == "Accept-Encoding");
}

TEST_CASE("RFC 9110 8.8.1: the tag of what was compressed is weak, wherever it stands", "[unit]") {
  gzip_encoder encoder(1);
  auto r = page();
  r.add_field("Link", "\"v1\"");
  r.add_field("ETag", "\"v1\"");
  compress(r, encoder, true);
  CHECK(r.field("ETag") == "W/\"v1\"");
  CHECK(r.field("Link") == "\"v1\"");
  auto prepared = page();
  prepared.shared_fields.add("X", "1");
  prepared.shared_fields.add("ETag", "\"v2\"");
  const auto shared = prepared.shared_fields;
  compress(prepared, encoder, true);
  CHECK(prepared.field("ETag") == "W/\"v2\"");
  CHECK(prepared.field("X") == "1");
  CHECK(shared.view() == "X: 1\r\nETag: \"v2\"\r\n");
  auto weak = page();
  weak.add_field("ETag", "W/\"v3\"");
  compress(weak, encoder, true);
  CHECK(weak.field("ETag") == "W/\"v3\"");
  auto uncompressed = page();
  uncompressed.add_field("ETag", "\"v4\"");
  compress(uncompressed, encoder, false);
  CHECK(uncompressed.field("ETag") == "\"v4\"");
}

TEST_CASE("what is small, huge, encoded, partial or of no use is left alone", "[unit]") {
  gzip_encoder encoder(1);
  CHECK(may_be_compressed(page(least_compressed_bytes)));
  CHECK(may_be_compressed(page(most_compressed_bytes)));
  auto error = page();
  error.status = 404;
  CHECK(may_be_compressed(error));
  std::vector<response> others;
  others.push_back(page(least_compressed_bytes - 1));
  others.push_back(page(most_compressed_bytes + 1));
  others.emplace_back(page()).status = 206;
  others.emplace_back(page()).status = 204;
  others.emplace_back(page()).content_type = "image/png";
  others.emplace_back(page()).content_type = "";
  others.emplace_back(page()).add_field("content-encoding", "br");
  others.emplace_back(page()).add_field("Content-Range", "bytes 0-4/5");
  others.emplace_back(page()).is_streamed = true;
  others.emplace_back(page()).file = std::make_shared<file_part>(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0, 5'000);
  for (std::size_t i = 0; i < others.size(); ++i) {
    CAPTURE(i);
    auto& r = others[i];
    const std::string before(r.own_fields());
    CHECK_FALSE(may_be_compressed(r));
    compress(r, encoder, true);
    CHECK(r.own_fields() == before);
    CHECK((r.body.size() != page().body.size() || r.body.view() == page().body.view()));
  }
}

TEST_CASE("RFC 9110 15.4.5: a 304 has the Vary of the answer it stands for", "[unit]") {
  gzip_encoder encoder(1);
  response r;
  r.status = 304;
  r.add_field("ETag", "\"v1\"");
  compress(r, encoder, true);
  CHECK(r.field("Vary") == "Accept-Encoding");
  CHECK_FALSE(r.field("Content-Encoding"));
}
