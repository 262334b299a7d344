// SPDX-License-Identifier: Apache-2.0
// TlsCertificate: the certificate in force, which can be replaced while the server runs.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "io/tls/tls_context.h"
#include "io/tls/tls_session.h"

namespace fanlight {

// Owns: the newest TlsContext; connections keep what they need of the one that they began with.
// Thread: reload() main's, begin() any; the lock is held while an SSL is made, some microseconds.
class TlsCertificate {
 public:
  // As TlsContext's, and throws as it does. `in_kernel`: connections ask for kernel TLS.
  TlsCertificate(std::string certificate, std::string key, bool in_kernel)
      : certificate_(std::move(certificate)),
        key_(std::move(key)),
        in_kernel_(in_kernel),
        current_(std::make_unique<TlsContext>(certificate_, key_)) {}

  // Reads both files again. When it throws, the old pair stays in force.
  void reload() {
    auto next = std::make_unique<TlsContext>(certificate_, key_);
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }

  // Has a session begin with the pair in force: see TlsSession::begin().
  bool begin(TlsSession& session, int kernel_fd) const noexcept {
    const std::lock_guard lock(mutex_);
    return session.begin(current_->get(), kernel_fd);
  }

  // Whether connections ask for kernel TLS.
  bool in_kernel() const noexcept { return in_kernel_; }

 private:
  const std::string certificate_;
  const std::string key_;
  const bool in_kernel_;
  mutable std::mutex mutex_;  // guards current_
  std::unique_ptr<TlsContext> current_;
};

}  // namespace fanlight
