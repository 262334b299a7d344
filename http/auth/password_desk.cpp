// SPDX-License-Identifier: Apache-2.0
#include "http/auth/password_desk.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "core/check.h"

namespace fanlight {

PasswordDesk::PasswordDesk() {
  for (PasswordCheck& check : checks_) check.desk_ = this;
}

PasswordDesk::~PasswordDesk() {
  for (const PasswordCheck& check : checks_) CHECK(check.state_ == PasswordCheck::State::free);
}

// ---- shards ----

PasswordCheck* PasswordDesk::ask(const PasswordOrder& order, Mailbox& reply_to, void* owner,
                                 PasswordCheck::Answered answered) noexcept {
  const auto [user, password] = order.credentials;
  CHECK(user.size() <= kUserBytesMax && password.size() <= kLoginPasswordBytesMax && owner);
  const std::lock_guard lock(mutex_);
  const auto free = std::ranges::find(checks_, PasswordCheck::State::free, &PasswordCheck::state_);
  if (free == checks_.end() || stopped_) return nullptr;
  free->state_ = PasswordCheck::State::waiting;
  free->ticket_ = ++tickets_;
  free->reply_to_ = &reply_to;
  free->owner_ = owner;
  free->answered_ = answered;
  free->digest_ = order.digest;
  free->client_ = order.client;
  free->user_size_ = user.copy(free->user_.data(), free->user_.size());
  free->password_size_ = password.copy(free->password_.data(), free->password_.size());
  changed_.notify_one();
  return &*free;
}

void PasswordDesk::abandon(PasswordCheck& check) noexcept {
  const std::lock_guard lock(mutex_);
  CHECK(check.state_ != PasswordCheck::State::free && check.owner_ != nullptr);
  check.owner_ = nullptr;
  // Being verified, or answered: its current holder frees the place.
  if (check.state_ == PasswordCheck::State::waiting) release(check);
}

void PasswordDesk::deliver(Message& message) noexcept {
  auto& check = static_cast<PasswordCheck&>(message);
  // Abandoned by this same thread, or not at all.
  if (check.owner_ != nullptr) check.answered_(check.owner_, check.outcome_, check.rights_);
  const std::lock_guard lock(check.desk_->mutex_);
  check.desk_->release(check);
}

void PasswordDesk::release(PasswordCheck& check) noexcept {
  OPENSSL_cleanse(check.password_.data(), check.password_.size());
  check.state_ = PasswordCheck::State::free;
}

// ---- threads that verify ----

PasswordCheck* PasswordDesk::next_waiting() noexcept {
  PasswordCheck* first = nullptr;
  for (PasswordCheck& check : checks_) {
    if (check.state_ != PasswordCheck::State::waiting) continue;
    if (first == nullptr || check.ticket_ < first->ticket_) first = &check;
  }
  if (first != nullptr) first->state_ = PasswordCheck::State::serving;
  return first;
}

PasswordCheck* PasswordDesk::take_next() noexcept {
  const std::lock_guard lock(mutex_);
  return next_waiting();
}

PasswordCheck* PasswordDesk::wait_for_next() noexcept {
  std::unique_lock lock(mutex_);
  PasswordCheck* next = nullptr;
  changed_.wait(lock, [&] { return stopped_ || (next = next_waiting()) != nullptr; });
  return next;
}

void PasswordDesk::answer(PasswordCheck& check, PasswordOutcome outcome,
                          const Rights& rights) noexcept {
  const std::lock_guard lock(mutex_);
  CHECK(check.state_ == PasswordCheck::State::serving);
  finish(check, outcome, rights);
}

// Posts under the lock: a shard that abandons its check then knows that the answer is in its
// mailbox or will never be.
void PasswordDesk::finish(PasswordCheck& check, PasswordOutcome outcome,
                          const Rights& rights) noexcept {
  if (check.owner_ == nullptr) return release(check);
  OPENSSL_cleanse(check.password_.data(), check.password_.size());
  check.state_ = PasswordCheck::State::answered;
  check.outcome_ = outcome;
  check.rights_ = rights;
  check.reply_to_->post(check, &PasswordDesk::deliver);
}

void PasswordDesk::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (PasswordCheck& check : checks_) {
    if (check.state_ == PasswordCheck::State::waiting) {
      finish(check, PasswordOutcome::unavailable, {});
    }
  }
  changed_.notify_all();
}

}  // namespace fanlight
