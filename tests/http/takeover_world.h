// SPDX-License-Identifier: Apache-2.0
// TakeoverWorld: a shard in the simulation whose streams are passed on, to itself: what it passes
// on under one descriptor comes back under another one, as it would in another process.
#pragma once

#include <memory>
#include <vector>

#include "core/mailbox.h"
#include "core/waker.h"
#include "http/takeover/passing_order.h"
#include "tests/sim/shard_world.h"

namespace fanlight {

// Owns: the orders. Thread: one.
class TakeoverWorld {
 public:
  explicit TakeoverWorld(ShardWorld& shard) : shard_(shard) {
    order_->reply_to = &mailbox_;
    order_->cameras.assign(shard.state.cameras.size(), true);
  }

  PassingOrder& order() { return *order_; }

  // Has the shard carry out a step, within this time of its clock.
  void carry_out(PassingOrder::Step step, Duration limit = 1s) {
    begin(step);
    EXPECT_TRUE(shard_.run_until([this] { return is_done(); }, limit));
  }
  void begin(PassingOrder::Step step) {
    order_->step = step;
    order_->is_back = false;
    order_->link = shard_.state.links[0].get();
    order_->link->mailbox.post(*order_, [](Message& message) noexcept {
      auto& arrived = static_cast<PassingOrder&>(message);
      arrived.link->entry->carry_out(arrived);
    });
    shard_.world.backend().interrupt();
  }
  bool is_done() {
    mailbox_.deliver();
    return order_->is_back;
  }

  // What another process would be passed by `collect`, which the shard then lets go.
  std::vector<PassedStream> pass_on() {
    carry_out(PassingOrder::Step::collect);
    return pass_collected();
  }
  std::vector<PassedStream> pass_collected() {
    std::vector<PassedStream> passed;
    for (size_t i = 0; i < order_->count; ++i) {
      passed.push_back(order_->streams[i]);
      passed.back().fd = shard_.world.backend().share(passed.back().fd);
    }
    carry_out(PassingOrder::Step::confirm);
    return passed;
  }

  // Has the shard go on with them.
  void take(const std::vector<PassedStream>& streams) {
    CHECK(streams.size() <= StreamDelivery::kStreamsMax);
    delivery_->count = 0;
    for (const PassedStream& stream : streams) delivery_->streams[delivery_->count++] = stream;
    delivery_->is_back = false;
    delivery_->reply_to = &mailbox_;
    delivery_->link = shard_.state.links[0].get();
    delivery_->link->mailbox.post(*delivery_, [](Message& message) noexcept {
      auto& arrived = static_cast<StreamDelivery&>(message);
      for (size_t i = 0; i < arrived.count; ++i) arrived.link->entry->take(arrived.streams[i]);
      arrived.reply_to->post(arrived, [](Message& back) noexcept {
        static_cast<StreamDelivery&>(back).is_back = true;
      });
    });
    shard_.world.backend().interrupt();
    const auto is_back = [this] {
      mailbox_.deliver();
      return delivery_->is_back;
    };
    EXPECT_TRUE(shard_.run_until(is_back, 1s));
  }

 private:
  ShardWorld& shard_;
  Waker waker_;
  Mailbox mailbox_{waker_};
  std::unique_ptr<PassingOrder> order_ = std::make_unique<PassingOrder>();
  std::unique_ptr<StreamDelivery> delivery_ = std::make_unique<StreamDelivery>();
};

}  // namespace fanlight
