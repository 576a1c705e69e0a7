#include "platform/http/router.hpp"

#include <stdexcept>

namespace troupe::http {

namespace {

constexpr std::string_view tail_mark = "...";

// "/a/b" -> "a" and the rest "/b"; "/" is one empty segment.
std::string_view take_segment(std::string_view& rest) noexcept {
  rest.remove_prefix(1);
  const auto end = rest.find('/');
  const auto segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return segment;
}

} // namespace

router::node& router::child(std::unique_ptr<node>& place, std::string& known_name, std::string_view name,
                            std::string_view pattern) {
  if (!place) {
    place = std::make_unique<node>();
    known_name = name;
  } else if (known_name != name) {
    throw std::invalid_argument("two names for one segment, the second in: " + std::string(pattern));
  }
  return *place;
}

router::node& router::insert(std::string_view pattern) {
  if (pattern.empty() || pattern.front() != '/')
    throw std::invalid_argument("route pattern must begin with '/': " + std::string(pattern));
  node* at = &root_;
  std::size_t parameters = 0;
  auto rest = pattern;
  while (!rest.empty()) {
    const auto segment = take_segment(rest);
    if (segment.starts_with('{')) {
      if (!segment.ends_with('}') || segment.size() < 3 || ++parameters > path_parameters::limit)
        throw std::invalid_argument("bad parameter in route pattern: " + std::string(pattern));
      auto name = segment.substr(1, segment.size() - 2);
      if (name.ends_with(tail_mark)) {
        name.remove_suffix(tail_mark.size());
        if (name.empty() || !rest.empty())
          throw std::invalid_argument("a tail has a name and ends its route pattern: " + std::string(pattern));
        at = &child(at->tail, at->tail_name, name, pattern);
      } else {
        at = &child(at->parameter, at->parameter_name, name, pattern);
      }
    } else {
      auto& child = at->literals[std::string(segment)];
      if (!child) child = std::make_unique<node>();
      at = child.get();
    }
  }
  at->is_end = true;
  if (parameters == 0 && !find_exact(pattern)) {
    if (exact_.size() <= pattern.size()) exact_.resize(pattern.size() + 1);
    exact_[pattern.size()].emplace_back(pattern, at);
  }
  return *at;
}

const router::node* router::find_exact(std::string_view path) const noexcept {
  if (path.size() >= exact_.size()) return nullptr;
  for (const auto& [pattern, end] : exact_[path.size()]) {
    if (pattern == path) return end;
  }
  return nullptr;
}

void router::add(method m, std::string_view pattern, std::size_t route) {
  auto& slot = insert(pattern).routes[static_cast<std::size_t>(m)];
  if (slot >= 0)
    throw std::invalid_argument("route is there twice: " + std::string(name(m)) + " " + std::string(pattern));
  slot = static_cast<std::int32_t>(route);
}

void router::add_any(std::string_view pattern, std::size_t route) {
  auto& end = insert(pattern);
  for (auto& slot : end.routes) {
    if (slot < 0) slot = static_cast<std::int32_t>(route);
  }
}

void router::add_get_alone(std::string_view pattern, std::size_t route) {
  add(method::get, pattern, route);
  insert(pattern).head_goes_with_get = false;
}

const router::node* router::find(const node& from, std::string_view rest, path_parameters& parameters) {
  if (rest.empty()) return from.is_end ? &from : nullptr;
  const auto tail = rest.substr(1);
  const auto segment = take_segment(rest);
  if (const auto literal = from.literals.find(segment); literal != from.literals.end()) {
    const auto count = parameters.count;
    if (const auto* found = find(*literal->second, rest, parameters)) return found;
    parameters.count = count;
  }
  if (from.parameter && !segment.empty() && parameters.count < path_parameters::limit) {
    const auto count = parameters.count;
    parameters.names[count] = from.parameter_name;
    parameters.values[count] = segment;
    parameters.count = count + 1;
    if (const auto* found = find(*from.parameter, rest, parameters)) return found;
    parameters.count = count;
  }
  if (from.tail && parameters.count < path_parameters::limit) {
    parameters.names[parameters.count] = from.tail_name;
    parameters.values[parameters.count] = tail;
    ++parameters.count;
    return from.tail.get();
  }
  return nullptr;
}

router::match_result router::match(method m, std::string_view path, path_parameters& parameters) const {
  parameters.count = 0;
  if (path.empty() || path.front() != '/') return {};
  const node* end = find_exact(path);
  if (!end) end = find(root_, path, parameters);
  if (!end) return {};
  const auto index = static_cast<std::size_t>(m);
  auto route = end->routes[index];
  if (route < 0 && m == method::head && end->head_goes_with_get) route = end->routes[static_cast<std::size_t>(method::get)];
  if (route >= 0) return {outcome::found, static_cast<std::size_t>(route), 0};
  std::uint16_t allowed = 0;
  for (std::size_t i = 0; i < method_count; ++i) {
    if (end->routes[i] >= 0) allowed |= static_cast<std::uint16_t>(1u << i);
  }
  if (end->head_goes_with_get && (allowed & (1u << static_cast<unsigned>(method::get)))) allowed |= 1u << static_cast<unsigned>(method::head);
  return {outcome::wrong_method, 0, allowed};
}

std::string router::allow_value(std::uint16_t allowed) {
  std::string out;
  for (std::size_t i = 0; i < method_count; ++i) {
    const auto text = name(static_cast<method>(i));
    if (!(allowed & (1u << i)) || text.empty()) continue;
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

} // namespace troupe::http
