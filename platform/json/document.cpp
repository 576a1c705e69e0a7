#include "platform/json/document.hpp"

#include "platform/json/text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace troupe::json {

namespace {

/// Builds the value in place: every value goes where its array or object will keep it, so that a key that is
/// there already shows at once.
class builder : public handler {
 public:
  bool on_object_begin(error_code&) { return open(boost::json::object()); }
  bool on_array_begin(error_code&) { return open(boost::json::array()); }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_end(std::size_t, error_code&) { return close(); }

  bool on_key(text_view last, std::size_t, error_code& ec) {
    const auto key = whole(last);
    const auto [member, is_new] =
        open_.back()->get_object().emplace(text_view(key.data(), key.size()), nullptr);
    if (!is_new)
      return refuse({base::errc::invalid_argument, "the key " + quoted(key) + " occurs twice"}, ec);
    slot_ = &member->value();
    return true;
  }

  bool on_string(text_view last, std::size_t, error_code&) {
    const auto text = whole(last);
    return put(boost::json::string(text_view(text.data(), text.size())));
  }
  bool on_int64(std::int64_t number, text_view, error_code&) { return put(number); }
  bool on_uint64(std::uint64_t number, text_view, error_code&) { return put(number); }
  bool on_double(double estimate, text_view digits, error_code& ec) {
    const double number = to_double({digits.data(), digits.size()}, estimate);
    if (!std::isfinite(number)) return refuse({base::errc::invalid_argument, "the number is too large"}, ec);
    return put(number);
  }
  bool on_bool(bool value, error_code&) { return put(value); }
  bool on_null(error_code&) { return put(nullptr); }

  boost::json::value take() { return std::move(root_); }

 private:
  bool put(boost::json::value value) {
    if (open_.empty()) {
      slot_ = &root_;
    } else if (open_.back()->is_array()) {
      slot_ = &open_.back()->get_array().emplace_back(nullptr);
    }
    *slot_ = std::move(value);
    return true;
  }
  bool open(boost::json::value value) {
    put(std::move(value));
    open_.push_back(slot_);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  boost::json::value root_;
  // A container does not move while one inside it is open.
  std::vector<boost::json::value*> open_;
  boost::json::value* slot_ = nullptr;
};

} // namespace

base::result<boost::json::value> parse(std::string_view text, document_limits limits) {
  boost::json::parse_options options;
  options.max_depth = std::clamp<std::size_t>(limits.depth, 1, 64);
  boost::json::basic_parser<builder> parser(options);
  boost::json::error_code ec;
  const auto used = parser.write_some(false, text.data(), text.size(), ec);
  if (const auto& why = parser.handler().refusal()) return not_valid(used, why->detail);
  if (!ec && used < text.size()) ec = boost::json::error::extra_data;
  if (ec) return explain(ec, text, used, options.max_depth);
  return parser.handler().take();
}

} // namespace troupe::json
