// SPDX-License-Identifier: Apache-2.0
// Chooses the backend for this kernel.
#pragma once

#include <memory>
#include <string>

#include "io/backend.h"

namespace fanlight {

enum class BackendKind { automatic, uring, epoll };

// The result of `--backend` on this kernel.
struct BackendChoice {
  BackendKind kind;    // uring or epoll
  std::string reason;  // one line for the log: which and why
};

// Probes the kernel by making a ring and checking it for the required features. Throws
// std::system_error when `wanted` is uring and the kernel does not allow it.
BackendChoice choose_backend(BackendKind wanted);

// In the thread that will use it. `connections` is the most sockets it may have to serve: the
// completion queue is sized for two events of each. Throws std::system_error.
std::unique_ptr<Backend> make_backend(BackendKind kind, unsigned connections);

}  // namespace fanlight
