#include "platform/server/files.hpp"

#include "platform/http/file_part.hpp"
#include "platform/http/response_writer.hpp"
#include "tests/platform/server/scratch_tree.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using server::test::scratch_tree;

namespace {

class no_service final : public server::call_site {
 public:
  actor::envelope& envelope() override { return envelope_; }
  base::result<void> send(actor::service_slot&, caf::message) override {
    return base::fail(base::errc::internal, "files need no service");
  }

 private:
  actor::envelope envelope_;
};

using field_list = std::vector<std::pair<std::string, std::string>>;

/// The endpoint at /static/ and requests to it.
struct served {
  explicit served(const scratch_tree& scratch, const server::file_options& options = {})
      : endpoint(server::files(scratch.inside(), options).value()) {}

  http::response get(const std::string& tail, const field_list& fields = {}, http::method method = http::method::get,
                     const std::string& query = "") const {
    std::vector<http::header_field> views;
    for (const auto& [name, value] : fields) views.push_back({name, value});
    const std::string path = "/static/" + tail;
    http::request request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.fields = views;
    request.parameters = {{"path"}, {tail}, 1};
    no_service site;
    return std::move(*endpoint->start(site, request));
  }

  std::shared_ptr<server::endpoint> endpoint;
};

std::string body_of(const http::response& r) {
  if (!r.file) return std::string(r.body.view());
  std::string text(r.file->length(), '\0');
  CHECK(::pread(r.file->fd(), text.data(), text.size(), static_cast<off_t>(r.file->first())) ==
        static_cast<ssize_t>(text.size()));
  return text;
}

std::string field_of(const http::response& r, std::string_view name) { return std::string(r.field(name).value_or("")); }

} // namespace

TEST_CASE("a file is answered with its type, validators and bytes") {
  const scratch_tree scratch;
  scratch.write("page.html", "<p>hello");
  const served files(scratch);
  const auto r = files.get("page.html");
  CHECK(r.status == 200);
  CHECK(r.content_type == "text/html; charset=utf-8");
  CHECK(r.content_length() == 8);
  CHECK(body_of(r) == "<p>hello");
  CHECK(field_of(r, "Last-Modified") == "Sun, 09 Sep 2001 01:46:40 GMT");
  CHECK(field_of(r, "ETag").starts_with("\"8-de0b6b3a7640000-"));
  CHECK(field_of(r, "Accept-Ranges") == "bytes");
  CHECK(field_of(r, "Cache-Control") == "no-cache");
  CHECK(field_of(r, "X-Content-Type-Options") == "nosniff");
  CHECK(field_of(r, "Vary") == "Accept-Encoding");
  const auto head = files.get("page.html", {}, http::method::head);
  CHECK(head.content_length() == 8);
  CHECK(head.own_fields() == r.own_fields());
}

TEST_CASE("an empty file has an empty body") {
  const scratch_tree scratch;
  scratch.write("empty.txt", "");
  const auto r = served(scratch).get("empty.txt", {{"Range", "bytes=-5"}});
  CHECK(r.status == 200);
  CHECK(r.content_length() == 0);
}

TEST_CASE("a directory is its index under the path with a slash, and the other redirects there") {
  const scratch_tree scratch;
  scratch.write("index.html", "top");
  scratch.write("docs/index.html", "docs");
  scratch.write("a b/caf\xC3\xA9/index.html", "odd");
  scratch.write("bare/x.txt", "x");
  std::filesystem::create_directory(scratch.inside() / "strange");
  std::filesystem::create_directory(scratch.inside() / "strange/index.html");
  const served files(scratch);
  CHECK(body_of(files.get("")) == "top");
  CHECK(body_of(files.get("docs/")) == "docs");
  const auto to_docs = files.get("docs", {}, http::method::get, "a=1&b");
  CHECK(to_docs.status == 301);
  CHECK(field_of(to_docs, "Location") == "/static/docs/?a=1&b");
  CHECK(field_of(files.get("a b/caf\xC3\xA9"), "Location") == "/static/a%20b/caf%C3%A9/");
  for (const auto* path : {"bare/", "strange/", "missing/", "docs//", "/", "//", "/docs", "page.html/", "docs/index.html/"}) {
    CAPTURE(path);
    CHECK(files.get(path).status == 404);
  }
}

TEST_CASE("a redirect never names another host") {
  const scratch_tree scratch;
  scratch.write("example.org/index.html", "x");
  const auto endpoint = server::files(scratch.inside()).value();
  no_service site;
  // As if files were served at "/", and by a router that had let two slashes pass.
  for (const auto& [path, tail] : {std::pair{"//example.org", "example.org"}, {"//example.org", "/example.org"}}) {
    http::request request;
    request.path = path;
    request.parameters = {{"path"}, {tail}, 1};
    const auto r = endpoint->start(site, request);
    CHECK(r->status == 404);
    CHECK_FALSE(r->field("Location"));
  }
}

TEST_CASE("RFC 9110 13.2.2: preconditions decide before the body") {
  const scratch_tree scratch;
  scratch.write("a.txt", "0123456789");
  const served files(scratch, {.max_age = std::chrono::seconds(60)});
  const auto tag = field_of(files.get("a.txt"), "ETag");
  const std::string date = "Sun, 09 Sep 2001 01:46:40 GMT";
  struct example {
    field_list fields;
    std::uint16_t status;
  };
  for (const auto& [fields, status] : std::vector<example>{
           {{{"If-None-Match", tag}}, 304},
           {{{"If-None-Match", "W/" + tag}}, 304},
           {{{"If-None-Match", "*"}}, 304},
           {{{"If-None-Match", "\"x\""}}, 200},
           {{{"If-Modified-Since", date}}, 304},
           {{{"If-Modified-Since", "Sun, 09 Sep 2001 01:46:39 GMT"}}, 200},
           {{{"If-None-Match", "\"x\""}, {"If-Modified-Since", date}}, 200},
           {{{"If-Match", tag}}, 200},
           {{{"If-Match", "\"x\""}}, 412},
           {{{"If-Unmodified-Since", date}}, 200},
           {{{"If-Unmodified-Since", "Sun, 09 Sep 2001 01:46:39 GMT"}}, 412},
           {{{"If-None-Match", tag}, {"Range", "bytes=0-1"}}, 304},
           {{{"If-Match", "\"x\""}, {"Range", "bytes=0-1"}}, 412},
       }) {
    const auto r = files.get("a.txt", fields);
    CAPTURE(fields.front().first, fields.front().second, fields.size());
    CHECK(r.status == status);
    if (status != 304) continue;
    CHECK_FALSE(r.file);
    CHECK(field_of(r, "ETag") == tag);
    CHECK(field_of(r, "Cache-Control") == "public, max-age=60");
    CHECK(field_of(r, "Vary") == "Accept-Encoding");
    CHECK(r.content_type.empty());
  }
}

TEST_CASE("RFC 9110 14.2: ranges of a file") {
  const scratch_tree scratch;
  scratch.write("a.bin", "0123456789");
  const served files(scratch);
  const auto tag = field_of(files.get("a.bin"), "ETag");
  const auto part = files.get("a.bin", {{"Range", "bytes=2-4"}});
  CHECK(part.status == 206);
  CHECK(body_of(part) == "234");
  CHECK(field_of(part, "Content-Range") == "bytes 2-4/10");
  CHECK(field_of(part, "ETag") == tag);
  CHECK(body_of(files.get("a.bin", {{"Range", "bytes=-1"}})) == "9");
  CHECK(body_of(files.get("a.bin", {{"Range", "bytes=2-4"}, {"If-Range", tag}})) == "234");
  CHECK(body_of(files.get("a.bin", {{"Range", "bytes=2-4"}, {"If-Range", "Sun, 09 Sep 2001 01:46:40 GMT"}})) == "234");
  const auto none = files.get("a.bin", {{"Range", "bytes=10-"}});
  CHECK(none.status == 416);
  CHECK(field_of(none, "Content-Range") == "bytes */10");
  CHECK(none.content_type == "application/problem+json");
  for (const field_list& fields : std::vector<field_list>{{{"Range", "bytes=2-4"}, {"If-Range", "\"x\""}},
                                                          {{"Range", "bytes=2-4"}, {"If-Range", "W/" + tag}},
                                                          {{"Range", "bytes=10-"}, {"If-Range", "\"x\""}},
                                                          {{"Range", "bytes=0-1,4-5"}},
                                                          {{"Range", "bytes=2-4"}, {"Range", "bytes=5-6"}},
                                                          {{"Range", "lines=2-4"}}}) {
    const auto whole = files.get("a.bin", fields);
    CAPTURE(fields.front().second, fields.back().second);
    CHECK(whole.status == 200);
    CHECK(whole.content_length() == 10);
  }
  const auto head = files.get("a.bin", {{"Range", "bytes=2-4"}}, http::method::head);
  CHECK(head.status == 200);
  CHECK(head.content_length() == 10);
}

TEST_CASE("RFC 9110 8.8.1: a file that has just been changed has a weak tag and no ranges by it") {
  const scratch_tree scratch;
  const auto file = scratch.write("a.txt", "0123456789");
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  for (const auto seconds : {now, now + 1'000'000}) {
    scratch_tree::set_time(file, seconds);
    const served files(scratch);
    const auto r = files.get("a.txt");
    const auto tag = field_of(r, "ETag");
    CHECK(tag.starts_with("W/\""));
    CHECK(files.get("a.txt", {{"If-None-Match", tag}}).status == 304);
    CHECK(files.get("a.txt", {{"Range", "bytes=0-1"}, {"If-Range", tag}}).status == 200);
    CHECK(files.get("a.txt", {{"Range", "bytes=0-1"}, {"If-Range", field_of(r, "Last-Modified")}}).status == 200);
  }
}

TEST_CASE("a packed neighbour takes the file's place for clients that accept it, unless it is older") {
  const scratch_tree scratch;
  scratch.write("app.js", "plain text");
  const auto packed = scratch.write("app.js.gz", "packed");
  scratch.write("logo.png", "image");
  scratch.write("logo.png.gz", "packed");
  const served files(scratch);
  const field_list accepts{{"Accept-Encoding", "gzip"}};
  const auto r = files.get("app.js", accepts);
  CHECK(body_of(r) == "packed");
  CHECK(field_of(r, "Content-Encoding") == "gzip");
  CHECK(field_of(r, "Vary") == "Accept-Encoding");
  CHECK(r.content_type == "text/javascript; charset=utf-8");
  CHECK(field_of(r, "ETag") != field_of(files.get("app.js"), "ETag"));
  CHECK(files.get("app.js", {{"Accept-Encoding", "gzip"}, {"If-None-Match", field_of(r, "ETag")}}).status == 304);
  CHECK(body_of(files.get("app.js")) == "plain text");
  CHECK(body_of(files.get("app.js", {{"Accept-Encoding", "gzip;q=0"}})) == "plain text");
  CHECK(body_of(files.get("logo.png", accepts)) == "image");
  CHECK_FALSE(files.get("logo.png").field("Vary"));
  scratch_tree::set_time(packed, 999'999'999);
  const auto old = files.get("app.js", accepts);
  CHECK(body_of(old) == "plain text");
  CHECK_FALSE(old.field("Content-Encoding"));
}

TEST_CASE("files on their way are bounded, and one that has arrived makes room") {
  const scratch_tree scratch;
  scratch.write("a.txt", std::string(16 * 1024 + 1, 'x'));
  scratch.write("small.txt", std::string(16 * 1024, 'x'));
  const served files(scratch, {.most_open = 2});
  auto first = files.get("a.txt");
  const auto second = files.get("a.txt");
  const auto refused = files.get("a.txt");
  CHECK(refused.status == 503);
  CHECK(refused.field("Retry-After") == "1");
  CHECK(files.get("a.txt", {{"If-None-Match", "*"}}).status == 304); // takes no place
  const auto small = files.get("small.txt");                         // nor does this: it is read at once
  CHECK(small.status == 200);
  CHECK(body_of(small) == std::string(16 * 1024, 'x'));
  CHECK(body_of(files.get("a.txt", {{"Range", "bytes=1-10"}})) == "xxxxxxxxxx");
  first = {};
  CHECK(files.get("a.txt").status == 200);
}
