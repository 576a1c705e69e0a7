#pragma once

#include "platform/base/map_by_text.hpp"
#include "platform/base/result.hpp"
#include "services/catalog/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

namespace troupe::catalog {

/// A replica's products in memory, and how often each has been asked for since it was last said. Entries are
/// shared with the other replicas until one of them is in demand. Thread: its owner.
class product_index {
 public:
  /// An entry is copied for this replica alone at so many views between two `take_views`, and so many are at
  /// most.
  static constexpr std::uint32_t views_to_own = 64;
  static constexpr std::size_t most_own = 4096;
  /// Views of one product that one `take_views` yields at most; the rest waits for the next.
  static constexpr std::uint32_t most_views = 1'000'000;

  /// Replaces everything; views that nobody has taken are lost. Cost: O(products) when they come in the order of
  /// their ids.
  void load(const catalog_snapshot& snapshot);
  /// Replaces or adds these.
  void apply(const catalog_change& change);

  /// Finds a product and counts the view. `if_none_match`: the field's value, empty when there was none.
  /// Errors: not_found. Cost: one look-up; no allocation of its own but when an entry is copied.
  [[nodiscard]] base::result<product_view> view(std::string_view id, std::string_view if_none_match);

  /// Finds many; counts no views.
  [[nodiscard]] product_set find_all(const v1::BatchGetProductsRequest& request) const;

  /// Gives `take` the products with greater ids than this one, byte by byte, in their order, until it says false.
  /// Counts no view. Lifetime of the entries: until the next load or change. Cost: O(log products), and O(1) for
  /// each.
  template <class Take>
  void walk_after(std::string_view id, Take&& take) const {
    for (auto at = ordered_.upper_bound(id); at != ordered_.end(); ++at) {
      if (!take(*(*at)->second.entry)) return;
    }
  }

  /// Whether views have been counted that nobody has taken.
  [[nodiscard]] bool has_views() const noexcept { return !viewed_.empty(); }

  struct viewed_product {
    std::string_view id; ///< lifetime: until the next load
    std::uint32_t views = 0;
  };
  /// At most `most` products that have been viewed, with their views since they were last taken.
  [[nodiscard]] std::vector<viewed_product> take_views(std::size_t most);

  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
  /// How many products a look-up compares at most. Cost: O(products).
  [[nodiscard]] std::size_t longest_look_up() const { return base::longest_bucket(slots_); }

 private:
  struct slot {
    entry_ptr entry;
    std::uint32_t views = 0;
    bool is_own = false;
  };
  using slot_map = base::map_by_text<slot>;
  struct by_id {
    using is_transparent = void;
    static std::string_view id(const slot_map::value_type* node) noexcept { return node->first; }
    static std::string_view id(std::string_view text) noexcept { return text; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return id(a) < id(b);
    }
  };

  slot_map slots_;
  std::set<const slot_map::value_type*, by_id> ordered_; // all of them
  std::vector<slot_map::value_type*> viewed_; // those with views > 0; the map's nodes stay where they are
  std::size_t own_ = 0;
};

} // namespace troupe::catalog
