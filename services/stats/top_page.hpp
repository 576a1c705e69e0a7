#pragma once

#include "platform/base/bytes.hpp"
#include "services/stats/messages.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::stats {

/// The ranking of one metric and window as JSON, put together from what the shards say and kept until one of
/// them says something else. Memory: twice the text, which is at most 43 KB. Thread: its owner.
class top_page {
 public:
  /// The text of a `v1::TopReply`. `request`: checked. `parts`: one of each shard, always in the same order;
  /// each product is in one at most, so the best of all are among the best of each.
  /// Cost: a copy of the text, 1 us for one of 5 KB; about 10 us more when a shard's list is another than last time.
  [[nodiscard]] base::shared_bytes text(const v1::TopRequest& request, const std::vector<top_part>& parts);

 private:
  void take(const std::vector<top_part>& parts);

  std::vector<ranked_list> lists_; // of the shards, from which these were made:
  std::string items_;              // elements of the array
  std::vector<std::size_t> ends_;  // of the elements in it
  std::string scratch_;
};

} // namespace troupe::stats
