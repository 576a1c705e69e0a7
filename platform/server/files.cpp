#include "platform/server/files.hpp"

#include "platform/base/bytes.hpp"
#include "platform/base/clock.hpp"
#include "platform/http/accept_encoding.hpp"
#include "platform/http/conditional.hpp"
#include "platform/http/file_part.hpp"
#include "platform/http/media_type.hpp"
#include "platform/http/range.hpp"
#include "platform/http/target.hpp"
#include "platform/policy/in_flight_place.hpp"
#include "platform/server/file_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace troupe::server {

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::string_view index_name = "index.html";

// A change within the kernel's time stamp of the last one shows in neither size nor time, so a tag that young is no proof of sameness.
// Source: RFC 9110 section 8.8.1.
constexpr std::int64_t settles_after_ns = 2 * second_ns;

// A part of a file that is as short costs less read into the answer than sent from its descriptor, and holds none meanwhile.
constexpr std::size_t read_whole = 16 * 1024;

std::string tag_of(const file_tree::entry& e, bool is_settled) {
  std::string tag = is_settled ? "\"" : "W/\"";
  const auto append = [&tag](std::uint64_t number) {
    std::array<char, 16> digits{};
    tag.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr);
  };
  append(e.size);
  tag += '-';
  append(static_cast<std::uint64_t>(e.modified_ns));
  tag += '-';
  append(e.inode);
  return tag += '"';
}

class file_endpoint final : public endpoint {
 public:
  file_endpoint(file_tree tree, const file_options& options)
      : tree_(std::move(tree)), types_(http::media_types::load()),
        open_(std::make_shared<policy::in_flight_limit>(options.most_open)) {
    common_fields_.add("Cache-Control", options.max_age.count() > 0 ? "public, max-age=" + std::to_string(options.max_age.count()) : "no-cache");
    body_fields_ = common_fields_;
    body_fields_.add("Accept-Ranges", "bytes");
    body_fields_.add("X-Content-Type-Options", "nosniff"); // what a file is, its name says
  }

  std::optional<http::response> start(call_site& site, const http::request& request) const override {
    const auto& trace = site.envelope().trace;
    auto answer = answer_to(request, trace);
    if (answer.has_error()) return http::problem(answer.error(), trace.request_id());
    return std::move(*answer);
  }

  http::response finish(const caf::message&) const override { return {}; }

  bool holds_while_sent() const override { return true; }

 private:
  base::result<http::response> answer_to(const http::request& request, const actor::trace_context& trace) const {
    const auto path = request.parameter("path");
    const bool is_slashed = path.empty() || path.ends_with('/');
    auto name = std::string(path);
    if (is_slashed) name += index_name;
    auto found = tree_.find(name);
    if (found.has_error()) return found.error();
    if (!found->is_directory) return serve(request, name, std::move(*found), trace);
    if (is_slashed) return base::fail(base::errc::not_found, "there is no such file");
    return redirect(request);
  }

  // To the same path with a slash behind it. The path has one slash in front: two would name another host.
  static base::result<http::response> redirect(const http::request& request) {
    std::string location;
    http::append_path(location, request.path);
    if (location.starts_with("//")) return base::fail(base::errc::not_found, "there is no such file");
    location += '/';
    if (!request.query.empty()) (location += '?') += request.query;
    http::response r;
    r.status = 301;
    r.add_field("Location", location);
    return r;
  }

  base::result<http::response> serve(const http::request& request, const std::string& name, file_tree::entry entry,
                                     const actor::trace_context& trace) const {
    http::response r;
    r.content_type = types_.of(name);
    bool is_packed = false;
    const bool may_be_packed = http::is_compressible(r.content_type);
    if (may_be_packed && http::accepts_gzip(request)) {
      auto packed = tree_.find(name + ".gz");
      if (packed.has_value() && !packed->is_directory && packed->modified_ns >= entry.modified_ns) {
        entry = std::move(*packed);
        is_packed = true;
      }
    }
    const auto now = base::wall_now();
    const bool is_settled = entry.modified_ns + settles_after_ns <= now * 1000;
    const auto tag = tag_of(entry, is_settled);
    // Never later than Date. Source: RFC 9110 section 8.8.2.1.
    const auto modified = std::min(entry.modified_ns / second_ns, now / second_us);
    const http::representation current{.etag = tag, .last_modified = modified};
    const auto outcome = http::evaluate(http::preconditions_of(request), current, true, now);
    if (outcome == http::precondition_outcome::failed)
      return base::fail(base::errc::precondition_failed, "the file is another than the request's preconditions allow");

    r.add_field("ETag", tag);
    r.add_field("Last-Modified", base::to_http_date(modified * second_us));
    if (may_be_packed) r.add_field("Vary", "Accept-Encoding");
    if (outcome == http::precondition_outcome::not_modified) {
      r.status = 304;
      r.content_type = {};
      r.shared_fields = common_fields_;
      return r;
    }
    const auto choice = choose(request, current, entry.size, now);
    if (choice.kind == http::range_kind::unsatisfiable) {
      auto refusal = http::problem(416, "the file ends before this range", trace.request_id());
      refusal.add_field("Content-Range", http::content_range(choice, entry.size));
      return refusal;
    }
    if (choice.kind == http::range_kind::part) {
      r.status = 206;
      r.add_field("Content-Range", http::content_range(choice, entry.size));
    }
    if (is_packed) r.add_field("Content-Encoding", "gzip");
    r.shared_fields = body_fields_;
    return attach(std::move(r), std::move(entry), choice);
  }

  // What is to be sent; of the whole, `length` is the file's.
  static http::range_choice choose(const http::request& request, const http::representation& current, std::uint64_t size,
                                   base::unix_micros now) {
    http::range_choice choice;
    const auto range = request.only_field("Range");
    if (range && request.method == http::method::get) {
      const auto condition = request.field("If-Range");
      if (!condition || http::range_counts(*condition, current, now)) choice = http::choose_range(*range, size);
    }
    if (choice.kind == http::range_kind::whole) choice.length = size;
    return choice;
  }

  base::result<http::response> attach(http::response r, file_tree::entry entry, const http::range_choice& choice) const {
    if (choice.length <= read_whole) return with_text(std::move(r), entry, choice);
    policy::in_flight_place place(*open_);
    if (!place) return base::fail(base::errc::unavailable, "too many files are on their way at once");
    const auto leave = [open = open_](const http::file_part* part) {
      delete part;
      open->leave();
    };
    const auto* part = new http::file_part(entry.file.fd(), choice.first, choice.length);
    static_cast<void>(entry.file.release());
    place.keep();
    r.file = std::shared_ptr<const http::file_part>(part, leave); // calls `leave` when there is no memory
    return r;
  }

  static base::result<http::response> with_text(http::response r, const file_tree::entry& entry, const http::range_choice& choice) {
    std::array<char, read_whole> text;
    const auto got = ::pread(entry.file.fd(), text.data(), choice.length, static_cast<off_t>(choice.first));
    if (got != static_cast<ssize_t>(choice.length)) return base::fail(base::errc::unavailable, "the file could not be read to its end");
    r.body = base::shared_bytes(std::string_view(text.data(), choice.length));
    return r;
  }

  file_tree tree_;
  http::media_types types_;
  std::shared_ptr<policy::in_flight_limit> open_; // outlives the endpoint in answers that are on their way
  http::prepared_fields common_fields_;
  http::prepared_fields body_fields_;
};

} // namespace

base::result<std::shared_ptr<endpoint>> files(const std::filesystem::path& directory, const file_options& options) {
  auto tree = file_tree::open(directory);
  if (tree.has_error()) return tree.error();
  return std::shared_ptr<endpoint>(std::make_shared<file_endpoint>(std::move(*tree), options));
}

} // namespace troupe::server
