// SPDX-License-Identifier: Apache-2.0
#include "http/auth/password_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/auth/password_hasher.h"

namespace fanlight {

PasswordPool::PasswordPool(Auth& auth) : auth_(auth) {
  try {
    for (std::thread& thread : threads_) thread = std::thread([this] { run(); });
  } catch (...) {
    stop();
    throw;
  }
}

PasswordPool::~PasswordPool() {
  stop();
}

void PasswordPool::stop() noexcept {
  auth_.desk().stop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void PasswordPool::run() noexcept {
  // By the thread itself: the sandbox lets no thread write another one's name in /proc.
  ::pthread_setname_np(::pthread_self(), "passwords");
  // Linux applies it to the calling thread (setpriority(2)). If it is refused, nothing is lost.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
  PasswordHasher hasher;
  while (PasswordCheck* check = auth_.desk().wait_for_next()) auth_.carry_out(*check, hasher);
}

}  // namespace fanlight
