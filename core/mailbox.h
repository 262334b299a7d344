// SPDX-License-Identifier: Apache-2.0
// Mailbox: how one shard sends another a request.
//
// A message is an object of the sender; posting it lends it to the receiver, which gives it back
// by posting it to the sender's mailbox. Nothing is copied, locked or allocated.
#pragma once

#include <atomic>

#include "core/check.h"
#include "core/waker.h"

namespace fanlight {

// Base of messages. Owned by its maker; touched only by the owner of the mailbox it is posted to.
// Invariant: not in a mailbox when destroyed or posted again.
class Message {
 public:
  using Handler = void (*)(Message&) noexcept;
  Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { CHECK(!posted_); }

 private:
  friend class Mailbox;
  Handler handler_ = nullptr;
  Message* next_ = nullptr;
  bool posted_ = false;
};

// Owns: nothing but the order of its messages.
// Thread: post() from any; deliver() by the owner.
class Mailbox {
 public:
  explicit Mailbox(Waker& waker) : waker_(waker) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { CHECK(head_.load() == nullptr); }

  // Lends `message` to the mailbox's owner, which will call its handler.
  void post(Message& message, Message::Handler handler) noexcept {
    CHECK(!message.posted_);
    message.posted_ = true;
    message.handler_ = handler;
    message.next_ = head_.load(std::memory_order_relaxed);
    while (!head_.compare_exchange_weak(message.next_, &message, std::memory_order_release,
                                        std::memory_order_relaxed)) {
    }
    waker_.wake();
  }

  // Calls the handler of every message, newest first; each handler may post its message on.
  void deliver() noexcept {
    Message* message = head_.exchange(nullptr, std::memory_order_acquire);
    while (message != nullptr) {
      Message* next = message->next_;
      message->posted_ = false;
      message->handler_(*message);
      message = next;
    }
  }

 private:
  Waker& waker_;
  std::atomic<Message*> head_{nullptr};
};

}  // namespace fanlight
