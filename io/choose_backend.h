// SPDX-License-Identifier: Apache-2.0
// Which backend serves on this kernel.
#pragma once

#include <memory>
#include <string>

#include "io/backend.h"

namespace fanlight {

enum class BackendKind { automatic, uring, epoll };

// What `--backend` leads to on this kernel.
struct BackendChoice {
  BackendKind kind;    // uring or epoll
  std::string reason;  // one line for the log: which and why
};

// Probes the kernel by making a ring and asking it for what is needed. Throws
// std::system_error when `wanted` is uring and the kernel does not let it.
BackendChoice choose_backend(BackendKind wanted);

// In the thread that will use it. `connections` is how many sockets it may have to serve: the
// completion queue is sized for two events of each. Throws std::system_error.
std::unique_ptr<Backend> make_backend(BackendKind kind, unsigned connections);

}  // namespace fanlight
