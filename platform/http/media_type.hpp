#pragma once

#include "platform/http/content_type.hpp"

#include <map>
#include <string>
#include <string_view>

namespace troupe::http {

/// Media types by the ending of a file's name. Immutable once made. Thread: any.
class media_types {
 public:
  /// The few types that a web page needs: what there is when the system has no table.
  media_types();

  /// Adds a table in the form of /etc/mime.types: a type, then its endings; '#' begins a comment. What is malformed is
  /// left out. The first type of an ending stays within a table, and a table's stays over the built-in ones.
  void add(std::string_view table);

  /// The built-in types, then those of the file if it can be read and has at most 4 MiB.
  [[nodiscard]] static media_types load(const std::string& file = "/etc/mime.types");

  /// The value of Content-Type for a file of that name, by the text after its last '.', in any case of letters;
  /// "application/octet-stream" for what is not known. Text has "; charset=utf-8". Lifetime: the object's.
  [[nodiscard]] content_type of(std::string_view file_name) const;

  [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> types_; // by ending in lower case
};

/// Whether bodies of that Content-Type become markedly smaller by compression: text, JSON, XML, scripts, SVG,
/// WebAssembly. Parameters do not matter.
[[nodiscard]] bool is_compressible(std::string_view type) noexcept;

} // namespace troupe::http
