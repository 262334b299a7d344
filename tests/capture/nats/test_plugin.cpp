// SPDX-License-Identifier: Apache-2.0
// Replaces fanlight-nats.so.
#include <cerrno>
#include <system_error>

#include "capture/nats/nats_plugin.h"

namespace {

std::unique_ptr<fanlight::NatsLink> connect(const fanlight::NatsLogin& login) {
  throw std::system_error(EHOSTUNREACH, std::system_category(), "test: " + login.address.host);
}

}  // namespace

extern "C" const void* fanlight_nats_plugin() {
  static const fanlight::NatsPlugin plugin{FANLIGHT_VERSION, connect};
  return &plugin;
}
