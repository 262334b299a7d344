// SPDX-License-Identifier: Apache-2.0
// PasswordDesk: passwords on their way from the shards to the threads that verify them, and back.
//
// A hash takes tens of milliseconds, in which a shard would send hundreds of frames: so a shard
// leaves the credentials here, and is answered through its Mailbox. Neither side waits for the
// other; a shard may abandon what it has left at any time.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "core/mailbox.h"
#include "http/auth/basic_credentials.h"
#include "http/auth/keyed_digest.h"
#include "http/auth/rights.h"
#include "io/peer_address.h"

namespace fanlight {

class PasswordDesk;

enum class PasswordOutcome : uint8_t {
  right,
  wrong,        // or there is no such user
  unavailable,  // the server is stopping, or libcrypt has failed
};

// What is to be verified, and whose attempt it is. Valid while it is being asked.
struct PasswordOrder {
  BasicCredentials credentials;
  Digest digest{};  // of the credentials, for the cache
  PeerAddress client;
};

// One login, on its way. Owned by the desk.
// Thread: everything in it is under the desk's lock, except that the credentials belong to the
// thread that verifies them, and the outcome to the shard once it is answered.
class PasswordCheck : public Message {
 public:
  // Called on the shard's thread, out of its mailbox; the check is over when it returns.
  using Answered = void (*)(void* owner, PasswordOutcome outcome, const Rights& rights) noexcept;

  BasicCredentials credentials() const noexcept {
    return {{user_.data(), user_size_}, {password_.data(), password_size_}};
  }
  const Digest& digest() const noexcept { return digest_; }
  const PeerAddress& client() const noexcept { return client_; }

 private:
  friend class PasswordDesk;
  enum class State : uint8_t { free, waiting, serving, answered };

  PasswordDesk* desk_ = nullptr;
  State state_ = State::free;
  uint64_t ticket_ = 0;  // the smallest is served first
  Mailbox* reply_to_ = nullptr;
  void* owner_ = nullptr;  // nullptr: abandoned
  Answered answered_ = nullptr;
  PasswordOutcome outcome_ = PasswordOutcome::unavailable;
  Rights rights_;
  Digest digest_{};
  PeerAddress client_;
  size_t user_size_ = 0;
  size_t password_size_ = 0;
  std::array<char, kUserBytesMax> user_{};
  std::array<char, kLoginPasswordBytesMax> password_{};
};

// Owns: the places, all of fixed size.
// Thread: ask() by any shard, abandon() by the one that asked; wait_for_next(), take_next() and
//   answer() by any thread that verifies; stop() by any.
// Invariants: the lock is held for a copy; a password is overwritten as soon as it is verified or
//   abandoned; no check is open when the desk is destroyed.
class PasswordDesk {
 public:
  static constexpr size_t kPlacesMax = 64;

  PasswordDesk();
  PasswordDesk(const PasswordDesk&) = delete;
  PasswordDesk& operator=(const PasswordDesk&) = delete;
  ~PasswordDesk();

  // --- shards ---

  // `reply_to` calls `answered` with `owner` once, unless the check is abandoned first. nullptr
  // when all places are taken, or after stop().
  PasswordCheck* ask(const PasswordOrder& order, Mailbox& reply_to, void* owner,
                     PasswordCheck::Answered answered) noexcept;
  // `answered` will not be called. Not after it was called.
  void abandon(PasswordCheck& check) noexcept;

  // --- threads that verify ---

  // The one that has waited for longest, which is then to be answered; nullptr: none waits.
  PasswordCheck* take_next() noexcept;
  // The same, but waits for one; nullptr after stop().
  PasswordCheck* wait_for_next() noexcept;
  void answer(PasswordCheck& check, PasswordOutcome outcome, const Rights& rights) noexcept;

  // Answers all that wait, `unavailable`; takes no more.
  void stop() noexcept;

 private:
  PasswordCheck* next_waiting() noexcept;
  void finish(PasswordCheck& check, PasswordOutcome outcome, const Rights& rights) noexcept;
  void release(PasswordCheck& check) noexcept;
  static void deliver(Message& message) noexcept;

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  bool stopped_ = false;
  uint64_t tickets_ = 0;
  std::array<PasswordCheck, kPlacesMax> checks_;
};

}  // namespace fanlight
