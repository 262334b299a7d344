// SPDX-License-Identifier: Apache-2.0
#include "io/choose_backend.h"

#include <fmt/core.h>

#include <system_error>

#include "io/epoll_backend.h"
#include "io/uring_backend.h"

namespace fanlight {

BackendChoice choose_backend(BackendKind wanted) {
  if (wanted == BackendKind::epoll) return {BackendKind::epoll, "epoll, as requested"};
  const UringSupport support = probe_uring();
  if (support.error == 0) return {BackendKind::uring, support.text};
  const std::error_code error(support.error, std::system_category());
  if (wanted == BackendKind::uring) throw std::system_error(error, support.text);
  return {BackendKind::epoll, fmt::format("epoll: {} ({})", support.text, error.message())};
}

std::unique_ptr<Backend> make_backend(BackendKind kind, unsigned connections) {
  if (kind == BackendKind::automatic) kind = choose_backend(kind).kind;
  if (kind == BackendKind::epoll) return std::make_unique<EpollBackend>(connections);
  return std::make_unique<UringBackend>(connections);
}

}  // namespace fanlight
