#include "services/retail/csv.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::retail {

namespace {

bool is_blank(std::string_view text) { return text.empty() || text == "\r"; }

std::string limit_text() { return std::to_string(csv_reader::max_record_bytes) + " bytes"; }

} // namespace

base::result<bool> csv_reader::read(csv_record& out) {
  for (;;) {
    owned_line again;
    text_line first;
    if (!put_back_.empty()) {
      again = std::move(put_back_.front());
      put_back_.pop_front();
      first = {again.number, again.text, again.is_too_long};
    } else {
      auto line = source_->next();
      if (line.has_error()) return line.error();
      if (!*line) return false;
      first = **line;
    }
    out.line = first.number;
    out.problem.clear();
    if (first.is_too_long) {
      out.fields.clear();
      out.problem = "a line of at most " + limit_text();
      return true;
    }
    if (is_blank(first.text)) continue;
    if (auto done = read_from(first, out); done.has_error()) return done.error();
    return true;
  }
}

base::result<std::optional<csv_reader::owned_line>> csv_reader::continuation() {
  if (!put_back_.empty()) {
    auto line = std::move(put_back_.front());
    put_back_.pop_front();
    return std::optional(std::move(line));
  }
  const auto line = source_->next();
  if (line.has_error()) return line.error();
  if (!*line) return std::optional<owned_line>();
  return std::optional(owned_line{(*line)->number, std::string((*line)->text), (*line)->is_too_long});
}

base::result<void> csv_reader::read_from(const text_line& first, csv_record& out) {
  out.fields.clear();
  field_.clear();
  place_ = place::field_start;
  std::size_t size = first.text.size();
  std::vector<owned_line> taken;

  parse(first.text, out);
  while (out.is_well_formed() && place_ == place::quoted) {
    auto line = continuation();
    if (line.has_error()) return line.error();
    if (!*line) {
      out.problem = "a closing quote before the end of the file";
      break;
    }
    taken.push_back(std::move(**line));
    const auto& more = taken.back();
    size += 1 + more.text.size();
    if (more.is_too_long || size > max_record_bytes) {
      out.problem = "a closing quote within " + limit_text();
      break;
    }
    field_ += '\n';
    parse(more.text, out);
  }
  if (out.is_well_formed())
    out.fields.push_back(field_);
  else
    put_back_.insert(put_back_.begin(), std::make_move_iterator(taken.begin()),
                     std::make_move_iterator(taken.end()));
  return {};
}

void csv_reader::parse(std::string_view text, csv_record& out) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool is_line_end = c == '\r' && i + 1 == text.size();
    switch (place_) {
    case place::field_start:
    case place::unquoted:
      if (is_line_end) return;
      if (c == ',') {
        out.fields.push_back(std::exchange(field_, {}));
        place_ = place::field_start;
        ++i;
      } else if (c == '"') {
        if (place_ == place::unquoted) {
          out.problem = "a quote only around a whole field";
          return;
        }
        place_ = place::quoted;
        ++i;
      } else {
        auto stop = std::min(text.find_first_of(",\"", i), text.size());
        if (stop == text.size() && text.back() == '\r') --stop;
        field_.append(text, i, stop - i);
        place_ = place::unquoted;
        i = stop;
      }
      break;
    case place::quoted: {
      const auto stop = std::min(text.find('"', i), text.size());
      field_.append(text, i, stop - i);
      i = stop;
      if (i < text.size()) {
        place_ = place::after_quote;
        ++i;
      }
      break;
    }
    case place::after_quote:
      if (is_line_end) return;
      if (c == '"') {
        field_ += '"';
        place_ = place::quoted;
      } else if (c == ',') {
        out.fields.push_back(std::exchange(field_, {}));
        place_ = place::field_start;
      } else {
        out.problem = "a comma or a line end after a closing quote";
        return;
      }
      ++i;
      break;
    }
  }
}

} // namespace troupe::retail
