// SPDX-License-Identifier: Apache-2.0
// PasswordPool: the threads that verify passwords.
#pragma once

#include <array>
#include <thread>

#include "http/auth/auth.h"

namespace fanlight {

// Owns: the threads, of low priority, so that frames go first. Borrows the rest.
// Thread: made, stopped and destroyed by main.
class PasswordPool {
 public:
  // With yescrypt each needs 16 MB while it works, at most 64 (user_table.h).
  static constexpr size_t kThreads = 2;

  // Throws std::system_error.
  explicit PasswordPool(Auth& auth);
  PasswordPool(const PasswordPool&) = delete;
  PasswordPool& operator=(const PasswordPool&) = delete;
  ~PasswordPool();

 private:
  void run() noexcept;
  void stop() noexcept;

  Auth& auth_;
  std::array<std::thread, kThreads> threads_;
};

}  // namespace fanlight
