#include "platform/actor/request_batch.hpp"

#include "platform/actor/compatibility.hpp"

#include <caf/detail/invoke_result_visitor.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace troupe::actor {

namespace {

// The request at hand, which the actor sees as the message that it handles, and the answers so far.
class gatherer final : public caf::detail::invoke_result_visitor {
 public:
  explicit gatherer(caf::scheduled_actor& self) : self_(self), carrier_(self.current_mailbox_element()) {}
  ~gatherer() override { self_.current_mailbox_element(carrier_); } // also when a handler throws
  gatherer(const gatherer&) = delete;
  gatherer& operator=(const gatherer&) = delete;

  using caf::detail::invoke_result_visitor::operator();
  void operator()(caf::error& error) override { add(caf::make_message(std::move(error))); }
  void operator()(caf::message& answer) override { add(std::move(answer)); }

  void begin(std::uint64_t number) {
    number_ = number;
    if (!request_.sender) request_.sender = carrier_->sender; // a promise has taken it
    request_.mid = request_id(number);
    self_.current_mailbox_element(&request_);
  }
  void send_alone() {
    if (!carrier_->sender) return;
    for (auto& [number, content] : gathered.answers)
      carrier_->sender->get()->enqueue(make_element(self_.ctrl(), request_id(number).response_id(), std::move(content)),
                                       self_.context());
    gathered.answers.clear();
  }

  answer_batch gathered;

 private:
  void add(caf::message content) {
    if (!request_.mid.is_answered()) gathered.answers.push_back({number_, std::move(content)});
  }

  caf::scheduled_actor& self_;
  caf::mailbox_element* carrier_;
  caf::mailbox_element request_;
  std::uint64_t number_ = 0;
};

} // namespace

answer_batch take_batch(caf::scheduled_actor& self, caf::behavior& behavior, request_batch& batch, const base::time_point& handler_began) {
  gatherer answers(self);
  answers.gathered.answers.reserve(batch.requests.size());
  base::time_point since; // the first that is gathered was begun
  for (auto& [number, content] : batch.requests) {
    answers.begin(number);
    const bool is_quitting = self.getf(caf::abstract_actor::is_shutting_down_flag);
    if (is_quitting || !behavior(answers, content)) {
      auto refusal = caf::make_error(is_quitting ? caf::sec::request_receiver_down : caf::sec::unexpected_message);
      answers(refusal);
    }
    if (since == base::time_point()) since = handler_began;
    if (handler_began - since > longest_gathering) {
      answers.send_alone();
      since = {};
    }
  }
  return std::move(answers.gathered);
}

} // namespace troupe::actor
