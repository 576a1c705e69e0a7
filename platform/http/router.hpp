#pragma once

#include "platform/http/request.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::http {

/// Maps method and path to a route number. Patterns: literal segments and `{name}` segments, as in "/v1/products/{id}", and at the end a
/// tail, as in "/static/{path...}", which takes all that follows the '/' (nothing, one or many segments). A literal wins over a name, and
/// a name over a tail. HEAD is answered by GET's route. Thread: built by one, then any may match (it never changes).
class router {
 public:

  enum class outcome : std::uint8_t { found, not_found, wrong_method };

  struct match_result {
    router::outcome outcome = outcome::not_found;
    std::size_t route = 0;
    std::uint16_t allowed = 0; ///< with wrong_method: bit per `method` that the path knows
  };

  /// Adds a route. Throws std::invalid_argument for a pattern that is malformed, or is there already for that method: a mistake
  /// of the program, found at its start.
  void add(method m, std::string_view pattern, std::size_t route);
  void add_any(std::string_view pattern, std::size_t route);
  /// As `add` for GET, but HEAD does not come with it: for what has no head alone, as the opening of a WebSocket.
  void add_get_alone(std::string_view pattern, std::size_t route);

  /// Finds the route of a normalised path and fills the parameters. Cost: one comparison a segment and literal; no allocation.
  /// Lifetime of the parameters' names: the router's; of their values: the path's.
  [[nodiscard]] match_result match(method m, std::string_view path, path_parameters& parameters) const;

  /// "GET, HEAD, PUT" for an `allowed` set.
  [[nodiscard]] static std::string allow_value(std::uint16_t allowed);

 private:
  struct node {
    std::map<std::string, std::unique_ptr<node>, std::less<>> literals;
    std::unique_ptr<node> parameter;
    std::string parameter_name;
    std::unique_ptr<node> tail;
    std::string tail_name;
    std::array<std::int32_t, method_count> routes;
    bool head_goes_with_get = true;
    bool is_end = false; // of a pattern; false: only an inner segment of longer ones
    node() { routes.fill(-1); }
  };
  node& insert(std::string_view pattern);
  static node& child(std::unique_ptr<node>& place, std::string& known_name, std::string_view name, std::string_view pattern);
  static const node* find(const node& from, std::string_view rest, path_parameters& parameters);
  [[nodiscard]] const node* find_exact(std::string_view path) const noexcept;

  node root_;
  // Patterns without parameters, by their length: there are few of each.
  std::vector<std::vector<std::pair<std::string, const node*>>> exact_;
};

} // namespace troupe::http
